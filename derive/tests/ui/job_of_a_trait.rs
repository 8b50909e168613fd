use overnight::{Params, job};

#[derive(Params)]
struct Close {
    day: String,
}

#[job]
impl Default for Close {
    fn default() -> Self {
        Close { day: String::new() }
    }
}

fn main() {}
