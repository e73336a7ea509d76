//! The mode and group of the copy: who may do what with it.
//!
//! Invariant: a right comes from the source (less the umask), or from a file of this user's own that
//! no other user can have put in place. Anything that another user can influence only takes rights
//! away.
//!
//! ```text
//!   what has the name                          the copy's mode
//!   nothing                                    the source's less the umask
//!   a file of another user                     the source's less the umask
//!   one's own, where others may create names   what both of them allow
//!   one's own, in a directory of one's own     that file's, and its group
//! ```
//!
//! In a directory where others may create names, they can put a file of this user's there: a hard
//! link to one that they may write to, or one that they moved out of a directory of theirs.
//!
//! The group's bits of a file with an access control list are the list's mask. Where the list is not
//! copied, a group that the mask alone lets in stays out.

use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;

use region::internal::without_group;
use rustix::fs::{Gid, Mode, OFlags, Timespec, Timestamps, Uid};
use rustix::io::Errno;

use crate::advice::Op;
use crate::attributes::{self, NotKept, has_list};
use crate::error::Kind;
use crate::place::{Found, Place, own_uid};
use crate::source::Source;

const PERMISSIONS: u32 = 0o777;
const ALL_MODE_BITS: u32 = 0o7777;
/// Bits that give a program its owner's or group's rights.
const SET_ID: u32 = 0o6000;
/// The overflow uid: what a user namespace reports for every user without a mapping
/// (`user_namespaces(7)`).
const ANYBODY: u32 = 65_534;

/// Gives the copy in `file`, which was made with the group `gid`, the mode for `place`, whose name
/// `former` has now.
pub(crate) fn take_mode(
    file: &File,
    gid: u32,
    source: &Source,
    place: &Place,
    former: Option<&Found>,
) -> Result<(), Kind> {
    // An attempt before, to replace another file, may have changed it.
    keeps_group(file, place, gid)?;
    let new = permissions(&source.file, &source.meta) & !umask();
    let own = former.filter(|former| former.meta.uid() == own_uid());
    let mode = match own {
        None => new,
        Some(own) if own.meta.uid() != ANYBODY && place.is_private()? => of_own(file, place, own)?,
        Some(own) => new & own.meta.mode(),
    };
    chmod(file, place, mode)
}

/// The mode of a file of this user's own, with its group.
fn of_own(file: &File, place: &Place, former: &Found) -> Result<u32, Kind> {
    let mode = former.meta.mode() & ALL_MODE_BITS & !SET_ID;
    if !keeps_group(file, place, former.meta.gid())? {
        return Ok(without_group(mode));
    }
    if without_group(mode) == mode {
        return Ok(mode);
    }
    let may_have_list = former.open(place).is_none_or(|former| has_list(&former));
    Ok(if may_have_list { without_group(mode) } else { mode })
}

/// Gives the copy in `file` mode, times, group, (as root) owner, attributes and access control list of
/// the source; returns which of the last two it could not.
pub(crate) fn preserve(file: &File, source: &Source, place: &Place) -> Result<NotKept, Kind> {
    let meta = &source.meta;
    let mut mode = meta.mode() & ALL_MODE_BITS;
    let owner = (Uid::from_raw(meta.uid()), Gid::from_raw(meta.gid()));
    let keeps_group = match rustix::fs::fchown(file, Some(owner.0), Some(owner.1)) {
        Ok(()) => true,
        // Only root may give files away. Without its owner, a set-user-ID program would run with
        // another user's rights.
        Err(Errno::PERM) if own_uid() != 0 => {
            mode &= !SET_ID;
            keeps_group(file, place, meta.gid())?
        }
        Err(err) => return Err(Kind::io(place.path(), Op::Chown)(err)),
    };
    // After the owner: changing that takes capabilities and set-ID bits away.
    let mut not_kept = NotKept::default();
    let list = if keeps_group { attributes::copy_list } else { attributes::leave_out_list };
    let has_list = list(&source.file, file, &mut not_kept);
    attributes::copy(&source.file, file, &mut not_kept);
    chmod(file, place, if keeps_group && has_list { mode } else { without_group(mode) })?;
    let time = |tv_sec, nsec: i64| Timespec { tv_sec, tv_nsec: nsec };
    let times = Timestamps {
        last_access: time(meta.atime(), meta.atime_nsec()),
        last_modification: time(meta.mtime(), meta.mtime_nsec()),
    };
    rustix::fs::futimens(file, &times).map_err(Kind::io(place.path(), Op::SetTimes))?;
    Ok(not_kept)
}

fn chmod(file: &File, place: &Place, mode: u32) -> Result<(), Kind> {
    rustix::fs::fchmod(file, Mode::from_raw_mode(mode)).map_err(Kind::io(place.path(), Op::Chmod))
}

/// Sets the copy's group; `false` without permission.
fn keeps_group(file: &File, place: &Place, gid: u32) -> Result<bool, Kind> {
    let now = file.metadata().map_err(Kind::io(place.path(), Op::Stat))?;
    Ok(now.gid() == gid || rustix::fs::fchown(file, None, Some(Gid::from_raw(gid))).is_ok())
}

/// The permissions of an open file, without what a list gives its group.
fn permissions(file: &File, meta: &Metadata) -> u32 {
    let mode = meta.mode() & PERMISSIONS;
    let is_narrow = without_group(mode) == mode;
    if is_narrow || !has_list(file) { mode } else { without_group(mode) }
}

impl Found {
    /// The file, open for reading, if this user may and it still has the name.
    fn open(&self, place: &Place) -> Option<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = rustix::fs::openat(place.dir(), place.name(), flags, Mode::empty()).ok()?;
        let file = File::from(file);
        file.metadata().is_ok_and(|meta| self.is(&meta)).then_some(file)
    }
}

/// The umask of this process. It can only be read by setting it; no second thread exists that could
/// create a file meanwhile.
fn umask() -> u32 {
    let umask = rustix::process::umask(Mode::empty());
    rustix::process::umask(umask);
    umask.as_raw_mode()
}
