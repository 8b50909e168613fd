use overnight::Params;

#[derive(Params)]
struct Close(String);

fn main() {}
