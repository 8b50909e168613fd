use overnight::step::StepContext;
use overnight::step::chunk::Chunk;
use overnight::{Params, job};

#[derive(Params)]
struct Close {
    day: String,
}

#[job]
impl Close {
    #[step(chunk = 100)]
    fn load(&self, step: &mut StepContext<'_>) -> Chunk {
        let _ = step;
        unreachable!()
    }
}

fn main() {}
