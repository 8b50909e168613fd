use overnight::{Params, job};

#[derive(Params)]
struct Close {
    day: String,
}

#[job]
impl Close {
    #[step]
    fn load(self) {}

    #[step]
    fn post(&mut self) {}

    #[step]
    fn tell() {}
}

fn main() {}
