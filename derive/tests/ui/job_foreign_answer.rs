use overnight::{Params, job};
use overnight::error::Result;

#[derive(Params)]
struct Close {
    day: String,
}

#[job]
impl Close {
    #[step]
    fn load(&self) -> Result<String> {
        Ok(self.day.clone())
    }
}

fn main() {}
