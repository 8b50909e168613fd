use overnight::step;

#[step]
fn render<T>(value: T) {}

fn main() {}
