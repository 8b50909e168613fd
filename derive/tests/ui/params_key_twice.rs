use overnight::Params;

#[derive(Params)]
struct Close {
    #[param(secret, secret)]
    pin: String,
}

fn main() {}
