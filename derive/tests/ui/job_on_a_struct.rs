use overnight::job;

#[job]
struct Close;

fn main() {}
