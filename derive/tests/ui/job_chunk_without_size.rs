use overnight::{Params, job};
use overnight::error::Result;
use overnight::step::chunk::Chunk;

#[derive(Params)]
struct Close {
    day: String,
}

#[job]
impl Close {
    #[step]
    fn load(&self) -> Result<Chunk> {
        unreachable!()
    }
}

fn main() {}
