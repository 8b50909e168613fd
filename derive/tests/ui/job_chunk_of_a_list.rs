use overnight::step::chunk::{Chunk, WriteContext};
use overnight::{Params, job};

#[derive(Params)]
struct Close {
    day: String,
}

#[job]
impl Close {
    #[step(chunk = 100)]
    fn load(&self) -> Chunk {
        Chunk::read(vec![1, 2, 3]).write(|_: &[i64], _: &mut WriteContext<'_>| Ok(()))
    }
}

fn main() {}
