use overnight::{Params, job};

#[derive(Params)]
struct Close {
    day: String,
}

#[job]
impl Close {
    #[step(name = load, rerun = never, max_starts = "3", retry)]
    fn load(&self) {}
}

fn main() {}
