use overnight::Params;

#[derive(Params)]
struct Close {
    #[param(range = 1..=9)]
    name: String,
}

fn main() {}
