use overnight::resource::Res;
use overnight::{Row, processor};

#[derive(Row)]
struct Trade {
    id: i64,
}

#[processor]
fn price(trade: Trade, rates: Res<String>) -> Trade {
    trade
}

fn main() {}
