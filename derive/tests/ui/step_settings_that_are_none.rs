use overnight::kind::With;
use overnight::step;

struct Render {
    copies: u8,
}

#[step]
fn render(with: With<Render>) {}

fn main() {}
