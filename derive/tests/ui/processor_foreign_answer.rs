use overnight::{Row, processor};

#[derive(Row)]
struct Trade {
    id: i64,
}

#[processor]
fn price(trade: &Trade) -> i64 {
    trade.id
}

fn main() {}
