use overnight::Row;

#[derive(Row)]
struct Trade {
    #[column(nmae = "ccy")]
    currency: String,
}

fn main() {}
