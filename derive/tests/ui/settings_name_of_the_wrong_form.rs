use overnight::Settings;

#[derive(Settings)]
struct Render {
    #[setting(name = "Copies")]
    copies: u8,
}

fn main() {}
