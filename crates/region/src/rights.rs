//! Who may open a region's file: its mode and group.
//!
//! Invariant: no process that has the file open has more rights than `mode` and `group` grant. A
//! descriptor keeps the rights it was opened with, so taking rights away ([`Rights::narrow`]) needs a
//! new file; adding some does not.

use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::options::Options;
use nix::unistd::Group;
use rustix::fs::{Gid, Mode};
use rustix::io::Errno;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The permissions every writer needs on its own file: restarts and standbys open it again.
const OWNER: u32 = 0o600;
/// Group and others.
const READERS: u32 = 0o077;
const GROUP: u32 = 0o070;

/// Mode and group that options ask for, checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rights {
    mode: u32,
    group: Option<Gid>,
}

impl Rights {
    /// Those that `options` ask for, for the region at `path`.
    pub(crate) fn of(options: &Options, path: &Path) -> Result<Self, RegionError> {
        let mode = options.mode;
        if mode & OWNER != OWNER || mode > 0o777 {
            let what = format!(
                "mode {mode:04o} is not one from 0600 to 0777 with which the owner may read and write"
            );
            return Err(RegionError::new(path, Kind::BadOptions(what)));
        }
        let missing = |name: &String| RegionError::new(path, Kind::NoSuchGroup(name.clone()));
        let id = |name: &String| group_id(name).ok_or_else(|| missing(name));
        Ok(Self { mode, group: options.group.as_ref().map(id).transpose()? })
    }

    /// Whether these take rights away from a user who may have `file` open.
    pub(crate) fn narrow(&self, file: &File, path: &Path) -> Result<bool, RegionError> {
        let meta = file.metadata().map_err(|err| RegionError::io(path, "fstat", err))?;
        let have = meta.mode() & READERS;
        let other_group = self.group.is_some_and(|group| group.as_raw() != meta.gid());
        Ok(have & !self.mode != 0 || (other_group && have & GROUP != 0))
    }
}

/// `mode` for a file of another group: both group and others get only the permissions that both of them
/// had. A member of the old group is one of the others now, and the other way round.
pub fn without_group(mode: u32) -> u32 {
    let both = (mode >> 3) & mode & 0o7;
    mode & !READERS | both << 3 | both
}

/// Sets mode and group as `options` ask, whatever the umask.
pub(crate) fn admit(file: &File, path: &Path, options: &Options) -> Result<(), RegionError> {
    let Rights { mode, group } = Rights::of(options, path)?;
    if let (Some(gid), Some(name)) = (group, &options.group) {
        rustix::fs::fchown(file, None, Some(gid)).map_err(|err| match err {
            Errno::PERM => RegionError::new(path, Kind::NotInGroup(name.clone())),
            err => RegionError::io(path, "fchown", err),
        })?;
    }
    rustix::fs::fchmod(file, Mode::from_raw_mode(mode))
        .map_err(|err| RegionError::io(path, "fchmod", err))
}

/// The group called `name`, or numbered so.
fn group_id(name: &str) -> Option<Gid> {
    let by_name = || Group::from_name(name).ok().flatten().map(|group| group.gid.as_raw());
    // The largest number means "no change" to the kernel, and is no group.
    name.parse().ok().or_else(by_name).filter(|gid| *gid != u32::MAX).map(Gid::from_raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_that_is_no_group_is_refused() {
        let of = |group: &str| Rights::of(&Options::new().group(group), Path::new("x"));
        assert!(of("4294967294").is_ok());
        for group in ["4294967295", "4294967296"] {
            let err = of(group).unwrap_err();
            assert!(matches!(err.kind(), Kind::NoSuchGroup(_)), "{err}");
        }
    }

    #[test]
    fn another_group_gets_only_permissions_of_both_old_group_and_others() {
        let modes = [
            (0o640, 0o600),
            (0o644, 0o644),
            (0o600, 0o600),
            (0o664, 0o644),
            (0o666, 0o666),
            // The old group was kept out, and is among the others now.
            (0o604, 0o600),
            (0o646, 0o644),
            (0o1731, 0o1711),
        ];
        for (mode, expected) in modes {
            assert_eq!(without_group(mode), expected, "{mode:o}");
        }
    }
}
