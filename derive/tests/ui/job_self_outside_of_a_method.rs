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

#[job]
impl Load {
    #[step(when = self.file.len() > 3, retry = self.retries, reader = self.lines(), writer = Part::kind("out"))]
    fn load(&self, line: &Line) -> Line {
        Line { id: line.id }
    }
}

fn main() {}
