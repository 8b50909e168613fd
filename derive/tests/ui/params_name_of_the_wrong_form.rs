use overnight::Params;

#[derive(Params)]
struct Close {
    Day: String,
    #[param(name = "pay day")]
    date: String,
}

fn main() {}
