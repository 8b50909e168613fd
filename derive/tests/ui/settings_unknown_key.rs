use overnight::Settings;

#[derive(Settings)]
struct Render {
    #[setting(defualt = 3)]
    copies: u8,
}

fn main() {}
