use overnight::builder::Part;
use overnight::error::Result;
use overnight::step::chunk::{ItemReader, Items};
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
    #[step(reader = Self::lines, writer = Part::kind("table").set("name", "line"))]
    fn load(&self, line: &Line) -> Line {
        Line { id: line.id }
    }

    fn lines(&self) -> Result<impl ItemReader<Line>> {
        Ok(Items::of([]))
    }
}

fn main() {}
