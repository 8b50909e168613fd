use overnight::Params;

#[derive(Params)]
struct Close {
    #[param(secret, identifying = true)]
    pin: String,
}

fn main() {}
