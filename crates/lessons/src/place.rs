//! A directory of one's own to work in.

use crate::Failure;
use std::path::Path;
use tempfile::TempDir;

/// An empty directory that this process works in, so that a lesson can say `./my_test` as the
/// tutorial does. Deleted when dropped.
///
/// It lies beside the running program: in a place where programs can be run, which those compiled
/// from C need.
#[derive(Debug)]
pub struct Place(TempDir);

impl Place {
    /// Makes the directory and goes there.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn enter() -> Result<Self, Failure> {
        let place = Self::new()?;
        std::env::set_current_dir(place.path())?;
        Ok(place)
    }

    /// Makes the directory, and stays.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn new() -> Result<Self, Failure> {
        let program = std::env::current_exe()?;
        let beside = program.parent().ok_or("this program is in no directory")?;
        Ok(Self(tempfile::Builder::new().prefix("lesson-").tempdir_in(beside)?))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}
