use overnight_framework::BatchError;

#[derive(BatchError)]
union LedgerError {
    code: u32,
}

fn main() {}
