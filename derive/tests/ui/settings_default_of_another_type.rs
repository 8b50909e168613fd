use overnight::Settings;

#[derive(Settings)]
struct Render {
    #[setting(default = true)]
    copies: u8,
}

fn main() {}
