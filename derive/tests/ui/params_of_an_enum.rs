use overnight::Params;

#[derive(Params)]
enum Mode {
    Full,
    Delta,
}

fn main() {}
