use overnight::{Params, job};
use overnight::step::chunk::Chunk;

#[derive(Params)]
struct Close {
    day: String,
}

#[job]
impl Close {
    #[step(chunk = 10, skip = "many")]
    fn load(&self) -> Chunk {
        unreachable!()
    }
}

fn main() {}
