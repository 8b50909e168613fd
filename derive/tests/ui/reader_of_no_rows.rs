use overnight::error::Result;
use overnight::reader;
use overnight::step::chunk::{ItemReader, Items};

#[reader]
fn feed() -> Result<impl ItemReader<i64>> {
    Ok(Items::of([1, 2, 3]))
}

fn main() {}
