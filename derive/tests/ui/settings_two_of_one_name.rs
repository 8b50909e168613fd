use overnight::Settings;

#[derive(Settings)]
struct Render {
    copies: u8,
    #[setting(name = "copies")]
    sheets: u8,
}

fn main() {}
