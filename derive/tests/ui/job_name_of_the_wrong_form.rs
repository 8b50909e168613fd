use overnight::{Params, job};

#[derive(Params)]
struct Close {
    day: String,
}

#[job(name = "Close the day")]
impl Close {
    #[step]
    fn load(&self) {}
}

fn main() {}
