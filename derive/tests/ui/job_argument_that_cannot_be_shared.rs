use overnight::{Params, job};
use overnight::resource::Res;
use std::rc::Rc;

#[derive(Params)]
struct Close {
    day: String,
}

#[job]
impl Close {
    #[step]
    fn load(&self, bank: Res<Rc<u32>>) {}
}

fn main() {}
