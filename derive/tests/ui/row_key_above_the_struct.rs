use overnight::Row;

#[derive(Row)]
#[column(name = "line")]
struct Line {
    id: i64,
}

fn main() {}
