use overnight::step;

struct Bank;

#[step]
fn close(bank: Bank) {}

fn main() {}
