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

#[derive(Row)]
struct Payment {
    cents: i64,
}

#[job]
impl Load {
    #[step(reader = Self::lines)]
    fn load(&self, line: &Line) -> Payment {
        Payment { cents: line.id }
    }

    fn lines(&self) -> Result<impl ItemReader<Line> + use<>> {
        Ok(Items::of([]))
    }
}

fn main() {}
