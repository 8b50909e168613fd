use overnight::error::Result;
use overnight::{Row, reader};

#[derive(Row)]
struct Line {
    id: i64,
}

#[reader]
fn feed() -> Result<Vec<Line>> {
    Ok(vec![Line { id: 1 }])
}

fn main() {}
