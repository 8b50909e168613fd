use overnight::BatchError;

#[derive(BatchError)]
union LedgerError {
    code: u32,
}

fn main() {}
