use overnight::{Params, job};

#[derive(Params)]
struct Close {
    day: String,
}

#[job]
impl Close {
    fn load(&self) {}
}

fn main() {}
