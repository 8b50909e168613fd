use overnight::{Params, job};
use overnight::step::StepContext;
use overnight::stop::StopToken;

#[derive(Params)]
struct Close {
    day: String,
}

#[job]
impl Close {
    #[step]
    fn load(&self, step: &mut StepContext<'_>, stop: StopToken) {}
}

fn main() {}
