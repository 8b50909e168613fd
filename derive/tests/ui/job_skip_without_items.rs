use overnight::{Params, job};

#[derive(Params)]
struct Close {
    day: String,
}

#[job]
impl Close {
    #[step(skip = 10)]
    fn load(&self) {}
}

fn main() {}
