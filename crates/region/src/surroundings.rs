//! What is worth a warning about the place of a region, also of one that is not there yet.

use crate::address::Address;
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::location::Exposure;
use crate::medium::Medium;
use std::io;

/// What is worth a warning about the place of a region.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Surroundings {
    /// Which other users may replace its file: only for a region given by path.
    pub exposure: Option<Exposure>,
    /// Whether the kernel writes the file back to a disk, which may sometimes delay a publish for a long time;
    /// `/dev/shm` and `/run` are memory.
    pub is_disk_backed: bool,
    /// Whether the file is on overlayfs. A writer through the mount and one through the directory of a layer do
    /// not see each other's lock there, and readers may have to attach again to a file that was copied for its
    /// writer.
    pub is_on_overlay: bool,
}

impl Surroundings {
    /// Those of a region that a writer would make at `address`: of its directory. Nothing is worth one in a
    /// default directory that a writer has to make first.
    ///
    /// # Errors
    /// The directory is not there, or cannot be looked at.
    pub fn of(address: &Address) -> Result<Self, RegionError> {
        let directory = address.directory();
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => RegionError::new(address.path(), Kind::NoDirectory),
            _ => RegionError::io(address.path(), "stat", error),
        };
        match std::fs::metadata(directory.path()) {
            Ok(meta) => {
                let exposure = directory.is_of_path().then(|| Exposure::in_directory(&meta));
                let medium = Medium::at(directory.path()).unwrap_or(Medium::Memory);
                Ok(Self::new(exposure.flatten(), medium))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && !directory.is_of_path() => {
                Ok(Self::default())
            }
            Err(error) => Err(failed(error)),
        }
    }

    pub(crate) fn new(exposure: Option<Exposure>, medium: Medium) -> Self {
        let (is_disk_backed, is_on_overlay) = (medium.is_disk_backed(), medium == Medium::Overlay);
        Self { exposure, is_disk_backed, is_on_overlay }
    }
}
