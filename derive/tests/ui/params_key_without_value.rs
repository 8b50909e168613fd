use overnight::Params;

#[derive(Params)]
struct Close {
    #[param(default)]
    day: String,
    #[param(pattern = 3)]
    file: String,
}

fn main() {}
