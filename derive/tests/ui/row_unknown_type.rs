use overnight::Row;

#[derive(Row)]
struct Trade {
    id: i64,
    legs: Vec<String>,
}

fn main() {}
