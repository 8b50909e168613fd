use overnight::error::Result;
use overnight::step::chunk::ItemWriter;
use overnight::{Row, writer};

#[derive(Row)]
struct Line {
    number: i64,
}

#[writer]
async fn archive() -> Result<impl ItemWriter<Line>> {
    Ok(|_: &[Line], _: &mut overnight::step::chunk::WriteContext<'_>| Ok(()))
}

fn main() {}
