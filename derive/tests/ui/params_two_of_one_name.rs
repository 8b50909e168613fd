use overnight::Params;

#[derive(Params)]
struct Close {
    day: String,
    #[param(name = "day")]
    date: String,
}

fn main() {}
