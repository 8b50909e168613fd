use overnight::{Params, job};

struct Close;

#[job]
impl Close {
    #[step]
    fn load(&self) {}
}

fn main() {}
