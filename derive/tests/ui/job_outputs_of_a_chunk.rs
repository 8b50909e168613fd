use overnight::error::Result;
use overnight::step::chunk::Chunk;
use overnight::{Params, job};

#[derive(Params)]
struct Close {}

#[job]
impl Close {
    #[step(chunk = 10, outputs = { rows: integer })]
    fn load(&self) -> Result<Chunk> {
        Err("not yet".into())
    }
}

fn main() {}
