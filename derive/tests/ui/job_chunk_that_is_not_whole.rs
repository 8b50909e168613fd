use overnight::{Params, job};
use overnight::step::chunk::{Chunk, Items, Reading};

#[derive(Params)]
struct Close {
    day: String,
}

#[job]
impl Close {
    #[step(chunk = 10)]
    fn load(&self) -> Reading<u32, Items<std::ops::Range<u32>>> {
        Chunk::read(Items::of(0..9))
    }
}

fn main() {}
