use overnight::Params;

#[derive(Params)]
#[allow(non_snake_case)]
struct Close {
    Day: String,
    #[param(name = "pay day")]
    date: String,
}

fn main() {}
