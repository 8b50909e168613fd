use overnight::Row;

#[derive(Row)]
struct Trade {
    job: String,
}

fn main() {}
