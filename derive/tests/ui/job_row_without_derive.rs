use overnight::builder::Part;
use overnight::{Params, Row, job};

#[derive(Params)]
struct Load {
    file: String,
}

struct Line {
    id: i64,
}

#[derive(Row)]
struct Payment {
    id: i64,
}

#[job]
impl Load {
    #[step(reader = Part::kind("feed"), writer = Part::kind("table").set("name", "payment"))]
    fn load(&self, line: &Line) -> Payment {
        Payment { id: line.id }
    }
}

fn main() {}
