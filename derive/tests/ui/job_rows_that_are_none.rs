use overnight::builder::Part;
use overnight::{Params, job};

#[derive(Params)]
struct Load {
    file: String,
}

struct Line {
    id: i64,
}

#[job]
impl Load {
    #[step(reader = Part::kind("csv"), writer = Part::kind("table"))]
    fn load(&self, line: &Line) -> i64 {
        line.id
    }
}

fn main() {}
