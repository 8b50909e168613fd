use overnight::step;

#[step]
struct Render;

fn main() {}
