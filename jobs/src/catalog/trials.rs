//! The tests that stand in job files, for those who run them.

use std::path::Path;

use overnight_framework::definition::{self, Trial};
use overnight_framework::yaml::Source;

use super::{Catalog, CatalogError, folder_of};

impl Catalog {
    /// The tests in a file.
    ///
    /// # Errors
    /// When the file cannot be read, or with all its problems.
    pub(crate) fn trials(&self, path: &Path) -> Result<Vec<Trial>, CatalogError> {
        let source = Source::read(path).map_err(CatalogError::Read)?;
        let trials = definition::trials(&source, &self.kinds, &self.environment, &folder_of(path))?;
        Ok(trials.into_iter().map(|trial| trial.with_resources(self.program.resources())).collect())
    }
}
