use overnight::step;

struct Close;

impl Close {
    #[step]
    fn load(&self) {}
}

fn main() {}
