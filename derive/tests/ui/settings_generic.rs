use overnight::Settings;

#[derive(Settings)]
struct Render<T> {
    value: T,
}

fn main() {}
