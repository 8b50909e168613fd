use overnight::processor;

#[processor]
fn price() {}

fn main() {}
