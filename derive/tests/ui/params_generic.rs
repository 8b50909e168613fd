use overnight::Params;

#[derive(Params)]
struct Close<T> {
    day: T,
}

fn main() {}
