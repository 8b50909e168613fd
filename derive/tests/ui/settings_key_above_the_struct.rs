use overnight::Settings;

#[derive(Settings)]
#[setting(name = "render")]
struct Render {
    copies: u8,
}

fn main() {}
