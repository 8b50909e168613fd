use overnight::{Params, job};

#[derive(Params)]
struct Close {
    day: String,
}

struct Bank;

#[job]
impl Close {
    #[step]
    fn load(&self, bank: &mut Bank) {}
}

fn main() {}
