use overnight::Settings;

#[derive(Settings)]
enum Paper {
    A4,
}

fn main() {}
