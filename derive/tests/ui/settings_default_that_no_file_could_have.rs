use overnight::Settings;

#[derive(Settings)]
struct Render {
    #[setting(default = u8::MAX)]
    copies: u8,
}

fn main() {}
