use overnight::Params;

#[derive(Params)]
struct Close {
    #[param(check = is_even)]
    name: String,
}

fn is_even(number: &i64) -> Result<(), &'static str> {
    if number % 2 == 0 { Ok(()) } else { Err("is odd") }
}

fn main() {}
