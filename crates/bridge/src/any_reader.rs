//! A reader of a region of either kind.

use region::{DynInstanceReader, DynReader, RegionError, RegionErrorKind, ToPlace};
use settings::Address;

/// Of one record, or of instances.
#[derive(Debug)]
pub(crate) enum AnyReader {
    One(DynReader),
    Many(DynInstanceReader),
}

impl AnyReader {
    /// Opens the region at this address.
    pub(crate) fn open(address: &Address) -> Result<Self, RegionError> {
        match address {
            Address::Name(name) => Self::open_at(&**name),
            Address::Path(path) => Self::open_at(&**path),
        }
    }

    fn open_at(at: impl ToPlace + Copy) -> Result<Self, RegionError> {
        match DynReader::open(at) {
            Err(error) if matches!(error.kind(), RegionErrorKind::HasInstances { .. }) => {
                DynInstanceReader::open(at).map(Self::Many)
            }
            opened => opened.map(Self::One),
        }
    }

    /// What both kinds have.
    pub(crate) fn plain(&self) -> &DynReader {
        match self {
            Self::One(reader) => reader,
            Self::Many(reader) => reader,
        }
    }
}

/// Whether an error of opening a region says that there is none.
pub(crate) fn is_absence(error: &RegionError) -> bool {
    matches!(error.kind(), RegionErrorKind::NotThere | RegionErrorKind::NoDirectory)
}
