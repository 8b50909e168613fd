use overnight::builder::Part;
use overnight::{Params, Row, job};

#[derive(Params)]
struct Load {
    file: String,
}

#[derive(Row)]
struct Line {
    id: i64,
}

struct Broken;

#[job]
impl Load {
    #[step(reader = Part::kind("feed"), writer = Part::kind("table").set("name", "line"))]
    fn load(&self, line: &Line) -> Result<Line, Broken> {
        Err(Broken)
    }
}

fn main() {}
