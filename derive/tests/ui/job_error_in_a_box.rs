use std::error::Error;

use overnight::{Params, job};

#[derive(Params)]
struct Close {
    day: String,
}

#[job]
impl Close {
    #[step]
    fn load(&self) -> Result<(), Box<dyn Error>> {
        Ok(())
    }
}

fn main() {}
