use overnight::{Params, job};
use overnight::step::chunk::Chunk;

#[derive(Params)]
struct Close {
    day: String,
}

#[job]
impl Close {
    #[step(chunk = 0)]
    fn load(&self) -> Chunk {
        unreachable!()
    }

    #[step(chunk = 10)]
    fn post(&self) {}
}

fn main() {}
