use overnight::{Params, job};

#[derive(Params)]
struct Close {
    day: String,
}

#[job]
impl Close {
    #[step(when = Self::is_late)]
    fn load(&self) {}

    fn is_late(&self) -> bool {
        true
    }
}

fn main() {}
