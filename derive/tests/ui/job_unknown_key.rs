use overnight::{Params, job};

#[derive(Params)]
struct Close {
    day: String,
}

#[job(named = "close")]
impl Close {
    #[step(retires = 3)]
    fn load(&self) {}

    #[step(needs = [load])]
    fn post(&self) {}
}

fn main() {}
