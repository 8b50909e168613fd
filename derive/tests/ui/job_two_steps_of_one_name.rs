use overnight::{Params, job};

#[derive(Params)]
struct Close {
    day: String,
}

#[job]
impl Close {
    #[step]
    fn load(&self) {}

    #[step(name = "load")]
    fn load_again(&self) {}
}

fn main() {}
