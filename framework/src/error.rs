//! placeholder
/// placeholder
#[derive(Debug)]
pub struct BatchError;
impl std::fmt::Display for BatchError {
    fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}
impl std::error::Error for BatchError {}
