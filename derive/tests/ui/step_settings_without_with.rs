use overnight::{Settings, step};

#[derive(Settings)]
struct Render {
    copies: u8,
}

#[step]
fn render(with: &Render) {}

fn main() {}
