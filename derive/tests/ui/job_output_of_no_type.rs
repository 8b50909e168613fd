use overnight::{Params, job};

#[derive(Params)]
struct Close {}

#[job]
impl Close {
    #[step(outputs = { rows: int })]
    fn count(&self) {}
}

fn main() {}
