use overnight::{Params, job};

#[derive(Params)]
struct Close {
    day: String,
}

#[job]
impl Close {
    #[step]
    unsafe fn load(&self) {}
}

fn main() {}
