use overnight::Params;

#[derive(Params)]
struct Close {
    #[param(defualt = 3)]
    threads: i64,
}

fn main() {}
