use overnight::registry::Registry;

struct Close;

fn main() {
    let _ = Registry::default().component::<Close>();
}
