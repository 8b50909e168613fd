use overnight::Settings;

#[derive(Settings)]
struct Render {
    #[serde(default)]
    copies: u8,
}

fn main() {}
