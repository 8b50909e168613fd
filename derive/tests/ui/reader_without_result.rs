use overnight::reader;
use overnight::step::chunk::{ItemReader, Items};

#[reader]
fn feed() -> impl ItemReader<i64> {
    Items::of([1, 2, 3])
}

fn main() {}
