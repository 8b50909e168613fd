use overnight::kind::With;
use overnight::{Params, Settings, job};

#[derive(Params)]
struct Close {
    day: String,
}

#[derive(Settings)]
struct Render {
    copies: u8,
}

#[job]
impl Close {
    #[step]
    fn load(&self, with: With<Render>) {}
}

fn main() {}
