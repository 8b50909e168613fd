use overnight::Params;

#[derive(Params)]
struct Close {
    #[param(range = 3)]
    threads: i64,
    #[param(range = 0..10)]
    copies: i64,
    #[param(range = ..)]
    rounds: i64,
}

fn main() {}
