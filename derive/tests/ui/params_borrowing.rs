use overnight::Params;

#[derive(Params)]
struct Close<'a> {
    day: &'a str,
}

fn main() {}
