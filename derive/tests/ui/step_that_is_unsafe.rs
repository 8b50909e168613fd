use overnight::step;

#[step]
unsafe fn close() {}

fn main() {}
