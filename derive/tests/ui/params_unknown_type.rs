use overnight::Params;

#[derive(Params)]
struct Close {
    begun: std::time::Instant,
}

fn main() {}
