use overnight::Params;

#[derive(Params)]
struct Close {
    #[serde(rename = "date")]
    day: String,
}

fn main() {}
