//! What the derived code does: names, messages, causes.

use std::error::Error;
use std::io;

use overnight::BatchError;
use overnight::error::NamedError;
use thiserror::Error;

#[derive(Debug, Error, BatchError)]
enum LedgerError {
    #[error("account {0} does not exist")]
    UnknownAccount(u64),
    #[error("amount {amount:?} is not a number")]
    #[error_kind("InvalidRow")]
    Amount { amount: String },
    #[error("the day is not a date")]
    #[error_kind("InvalidRow")]
    Day,
    #[error("cannot read {path}")]
    File { path: &'static str, source: io::Error },
    #[error("the row is locked")]
    #[error_kind("Transient")]
    Locked,
    #[error(transparent)]
    #[error_kind(transparent)]
    Rate {
        #[from]
        source: RateError,
    },
    #[error(transparent)]
    #[error_kind(transparent)]
    Other(#[from] BatchError),
}

#[derive(Debug, Error, BatchError)]
#[error("no rate for {0}")]
#[error_kind("NoRate")]
struct RateError(&'static str);

#[derive(Debug, Error, BatchError)]
#[error("nothing to do")]
struct NothingToDo;

#[derive(Debug, Error, BatchError)]
enum Never {}

#[derive(Debug, Error, BatchError)]
enum Store<E: Error + Send + Sync + 'static>
where
    E: Clone,
{
    #[error("refused")]
    Refused(#[source] E),
}

fn name(error: impl Into<BatchError>) -> String {
    error.into().name().to_owned()
}

#[test]
fn a_variant_has_its_own_name_unless_another_is_written() {
    assert_eq!(name(LedgerError::UnknownAccount(7)), "UnknownAccount");
    assert_eq!(name(LedgerError::Amount { amount: "x".into() }), "InvalidRow");
    assert_eq!(name(LedgerError::Day), "InvalidRow");
    assert_eq!(name(LedgerError::Locked), "Transient");
}

#[test]
fn a_struct_is_named_after_itself_unless_another_name_is_written() {
    assert_eq!(name(NothingToDo), "NothingToDo");
    assert_eq!(name(RateError("EUR")), "NoRate");
}

#[test]
fn a_transparent_variant_has_the_name_of_the_error_inside() {
    assert_eq!(name(LedgerError::from(RateError("EUR"))), "NoRate");
    assert_eq!(name(LedgerError::from(BatchError::new("FromElsewhere", "x"))), "FromElsewhere");
}

#[test]
fn the_message_is_the_errors_own_and_its_causes_stay() {
    let error = BatchError::from(LedgerError::File { path: "in.csv", source: io::Error::other("gone") });
    assert_eq!(error.message(), "cannot read in.csv");
    assert_eq!(error.chain(), ["cannot read in.csv", "gone"]);
    assert!(error.find::<io::Error>().is_some());
    assert!(matches!(error.find(), Some(LedgerError::File { path: "in.csv", .. })));
}

#[test]
fn a_question_mark_converts() {
    fn read() -> Result<(), LedgerError> {
        Err(LedgerError::Day)
    }
    fn step() -> Result<(), BatchError> {
        Ok(read()?)
    }
    assert_eq!(step().unwrap_err().name(), "InvalidRow");
}

#[test]
fn all_names_of_a_type_are_known_without_an_error_of_it() {
    let names = ["File", "InvalidRow", "NoRate", "Transient", "UnknownAccount"];
    assert_eq!(LedgerError::error_names(), names);
    assert_eq!(RateError::error_names(), ["NoRate"]);
    assert!(Never::error_names().is_empty());
}

#[test]
fn a_generic_error_keeps_its_bounds() {
    let error = BatchError::from(Store::Refused(std::fmt::Error));
    assert_eq!(error.name(), "Refused");
    assert_eq!(error.chain().len(), 2);
}

mod elsewhere {
    pub(super) use overnight as renamed;

    #[derive(Debug, thiserror::Error, overnight::BatchError)]
    #[error("moved")]
    #[batch_error(crate = renamed)]
    pub(super) struct Moved;
}

#[test]
fn the_framework_may_live_under_another_path() {
    assert_eq!(name(elsewhere::Moved), "Moved");
}
