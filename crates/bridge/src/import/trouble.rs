//! Why a mirror cannot be written.

use std::io::{Error, ErrorKind};

use region::{RegionError, RegionErrorKind};

/// What is in the way of a mirror; the log has the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Another writer, another user's file or a file that is no region has its name.
    NameTaken,
    /// Its file system is full.
    NoSpace,
    /// The bridge may not write there.
    NoRights,
    /// Anything else.
    Other,
}

impl Trouble {
    pub(super) fn of(error: RegionError) -> Self {
        if matches!(error.kind(), RegionErrorKind::NotOurs(_)) {
            return Self::NameTaken;
        }
        match Error::from(error).kind() {
            ErrorKind::AlreadyExists | ErrorKind::ResourceBusy | ErrorKind::InvalidData => {
                Self::NameTaken
            }
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::NoSpace,
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::NoRights,
            _ => Self::Other,
        }
    }
}
