use overnight::{Params, job};

#[derive(Params)]
struct Close {
    day: String,
}

struct Broken;

#[job]
impl Close {
    #[step]
    fn load(&self) -> Result<(), Broken> {
        Err(Broken)
    }
}

fn main() {}
