use overnight::Params;

#[derive(Params)]
#[param(name = "close-day")]
struct Close {
    day: String,
}

fn main() {}
