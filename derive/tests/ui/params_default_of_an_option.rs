use overnight::Params;

#[derive(Params)]
struct Close {
    #[param(default = 3)]
    threads: Option<i64>,
}

fn main() {}
