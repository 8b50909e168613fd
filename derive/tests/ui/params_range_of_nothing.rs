use overnight::Params;

#[derive(Params)]
struct Close {
    #[param(range = 5..=1)]
    threads: u32,
    #[param(range = -1..=-5)]
    degrees: i64,
}

fn main() {}
