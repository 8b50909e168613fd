use overnight::Row;

#[derive(Row)]
struct Trade(i64, String);

fn main() {}
