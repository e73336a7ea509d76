//! The regions that a reader finds by name.
//!
//! Invariant: a listing has each name once, with the address that [`find`](crate::find) returns for it.
//!
//! Price: one listing of each default directory, at most three. No region is opened.

use crate::address::{Address, SUFFIX, find, is_region_name};
use crate::directory::{self, Directory};
use crate::error::RegionError;
use rustix::fs::Dir;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What [`list`] found.
#[derive(Debug, Default)]
pub struct Listing {
    /// The regions' names and addresses, in the order of the names.
    pub regions: Vec<(String, Address)>,
    /// The directories that were looked at, whether they exist or not.
    pub directories: Vec<PathBuf>,
    /// Why a directory could not be listed, or a name is not used: see [`find`](crate::find).
    pub refused: Vec<RegionError>,
}

/// The regions that this process finds by name: those of its default directory, and those of the
/// system's where its own has none of that name.
///
/// # Errors
/// [`RegionErrorKind::RelativeDirectory`](crate::RegionErrorKind::RelativeDirectory). A directory that
/// cannot be listed is in [`Listing::refused`].
pub fn list() -> Result<Listing, RegionError> {
    let mut listing = Listing::default();
    let mut names = BTreeSet::new();
    for directory in Directory::searched()? {
        match names_in(&directory) {
            Ok(found) => names.extend(found),
            Err(error) => listing.refused.push(error),
        }
        listing.directories.push(directory.path().to_owned());
    }
    for name in names {
        match find(&name) {
            Ok(address) => listing.regions.push((name, address)),
            Err(error) => listing.refused.push(error),
        }
    }
    Ok(listing)
}

/// The names of the regions in `directory`; none if it does not exist.
fn names_in(directory: &Directory) -> Result<Vec<String>, RegionError> {
    let io = |call| move |err| RegionError::io(directory.path(), call, err);
    let Some(held) = directory.open()? else { return Ok(Vec::new()) };
    let held = directory::open_to_list(&held).map_err(io("open"))?;
    let mut names = Vec::new();
    for entry in Dir::new(held).map_err(io("getdents64"))? {
        let entry = entry.map_err(io("getdents64"))?;
        let name = entry.file_name().to_str().ok().and_then(|name| name.strip_suffix(SUFFIX));
        names.extend(name.filter(|name| is_region_name(name)).map(str::to_owned));
    }
    Ok(names)
}
