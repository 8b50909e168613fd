use overnight::BatchError;

#[derive(Debug, BatchError)]
enum LedgerError {
    Locked,
}

fn step() -> Result<(), BatchError> {
    Err(LedgerError::Locked)?
}

fn main() {
    let _ = step();
}
