use overnight::Settings;

#[derive(Settings)]
struct Render {
    begun: std::time::Instant,
}

fn main() {}
