use overnight::Params;

#[derive(Params)]
struct Close {
    #[param(default = 3)]
    name: String,
}

fn main() {}
