use overnight::{Params, job};

#[derive(Params)]
struct Close {
    day: String,
}

#[job]
impl Close {
    #[step(retry = 0, max_starts = 0)]
    fn load(&self) {}
}

fn main() {}
