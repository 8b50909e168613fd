use overnight::Row;

#[derive(Row)]
struct Trade {
    id: i64,
    #[column(name = "id")]
    number: i64,
}

fn main() {}
