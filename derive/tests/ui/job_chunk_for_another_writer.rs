use overnight::{Params, job};
use overnight::BatchError;
use overnight::repository::ChunkError;
use overnight::step::chunk::{Chunk, Items, WriteContext};

#[derive(Params)]
struct Close {
    day: String,
}

fn half(number: &i32) -> Result<Option<f64>, BatchError> {
    Ok(Some(f64::from(*number) / 2.0))
}

fn insert(_: &[u8], _: &mut WriteContext<'_>) -> Result<(), ChunkError> {
    Ok(())
}

#[job]
impl Close {
    #[step(chunk = 10)]
    fn load(&self) -> Chunk {
        Chunk::read(Items::of(0..9)).process(half).write(insert)
    }
}

fn main() {}
