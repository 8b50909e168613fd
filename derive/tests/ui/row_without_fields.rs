use overnight::Row;

#[derive(Row)]
struct Trade {}

fn main() {}
