use overnight::{Params, job};

#[derive(Params)]
struct Close {
    day: String,
}

#[job("close")]
impl Close {
    #[step("load")]
    fn load(&self) {}

    #[step(= 3)]
    fn post(&self) {}
}

fn main() {}
