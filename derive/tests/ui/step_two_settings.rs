use overnight::kind::With;
use overnight::{Settings, step};

#[derive(Settings)]
struct Render {
    copies: u8,
}

#[step]
fn render(with: With<Render>, again: With<Render>) {}

fn main() {}
