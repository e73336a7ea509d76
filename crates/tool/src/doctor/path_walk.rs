//! The path to a file: the directories from the root on, and who may pass each.
//!
//! Invariant: nothing is opened. The permissions are those of mode, owner and group, as the kernel applies
//! them without capabilities; an access control list is named, not computed.
//!
//! Price: a `stat` for each part of the path; all of `/etc/passwd` where not every user may read.

use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::report::shell_word;
use super::user::User;
use crate::writer::{group_name, user_name};

/// Bits with which others may create files in a directory, and the one that lets them rename only their own.
const OTHERS_WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;
/// The most names that a line lists.
const LISTED: usize = 8;

/// A directory on the path, or the file at its end.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) path: PathBuf,
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    is_directory: bool,
    /// A directory whose names are to be read.
    is_listed: bool,
    pub(super) is_regular: bool,
}

/// Where the path ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// At the file.
    File,
    /// Behind the last part there is nothing of the next name.
    Missing,
    /// The last part does not let this user in.
    Refused,
}

/// All parts that this user can see.
#[derive(Debug)]
pub(super) struct PathWalk {
    pub(super) parts: Vec<Part>,
    pub(super) end: End,
    /// Where it should lead.
    target: PathBuf,
}

impl PathWalk {
    /// Walks to `path`: links among the directories are followed, one at the end is not.
    pub(super) fn to(path: &Path) -> Self {
        let target = without_links(path);
        let mut parts: Vec<PathBuf> = target.ancestors().map(Path::to_owned).collect();
        parts.reverse();
        let mut walk = Self { parts: Vec::new(), end: End::File, target };
        for part in &parts {
            match fs::symlink_metadata(part) {
                Ok(found) => walk.parts.push(Part::new(part, &found)),
                Err(error) => {
                    let is_refused = error.kind() == ErrorKind::PermissionDenied;
                    walk.end = if is_refused { End::Refused } else { End::Missing };
                    break;
                }
            }
        }
        walk
    }

    /// Walks to the names in the directory at `path`.
    pub(super) fn into(path: &Path) -> Self {
        let mut walk = Self::to(path);
        if let Some(last) = walk.parts.last_mut() {
            last.is_listed = last.is_directory;
        }
        walk
    }

    /// The file at the end, if the path leads there.
    pub(super) fn file(&self) -> Option<&Part> {
        self.parts.last().filter(|_| self.end == End::File)
    }

    /// The directories.
    pub(super) fn directories(&self) -> &[Part] {
        match self.end {
            End::File => &self.parts[..self.parts.len().saturating_sub(1)],
            _ => &self.parts,
        }
    }

    /// The first part that refuses `user`.
    pub(super) fn refusal(&self, user: &User) -> Option<&Part> {
        self.parts.iter().find(|part| !part.admits(user))
    }

    /// The first directory in which another user than its owner may replace what leads to the file.
    pub(super) fn unsafe_directory(&self) -> Option<&Part> {
        let is_own = |part: &&Part| Some(&*part.path) == self.target.parent();
        let is_open = |part: &&Part| part.mode & OTHERS_WRITE != 0;
        let may_be_renamed = |part: &&Part| is_open(part) && !part.is_sticky();
        let mut directories = self.directories().iter();
        directories.find(|part| if is_own(part) { is_open(part) } else { may_be_renamed(part) })
    }

    /// Who may read the file, and what keeps the others out.
    pub(super) fn readers(&self) -> String {
        let Some(strict) = self.parts.iter().find(|part| !part.admits_all()) else {
            return "every user".into();
        };
        let admitted = |user: &User| !user.is_root() && self.refusal(user).is_none();
        let mut names: Vec<String> =
            User::all().into_iter().filter(admitted).map(|user| user.name).collect();
        let more = names.len().saturating_sub(LISTED);
        names.truncate(LISTED);
        if more > 0 {
            names.push(daemon::counted(more, "other user"));
        }
        names.insert(0, "root".into());
        format!("{}; {} {}", names.join(", "), strict.path.display(), strict.rights())
    }
}

impl Part {
    fn new(path: &Path, found: &Metadata) -> Self {
        let (uid, gid) = (found.uid(), found.gid());
        let (is_directory, is_regular) = (found.is_dir(), found.is_file());
        Self {
            path: path.to_owned(),
            mode: found.mode() & 0o7777,
            uid,
            gid,
            is_directory,
            is_listed: false,
            is_regular,
        }
    }

    /// Whether users may rename only their own files in it.
    pub(super) fn is_sticky(&self) -> bool {
        self.mode & STICKY != 0
    }

    /// The permissions that a reader needs, as bits for others.
    fn needed(&self) -> u32 {
        match (self.is_directory, self.is_listed) {
            (true, false) => 0o1,
            (true, true) => 0o5,
            _ => 0o4,
        }
    }

    fn lets_in(&self, shift: u32) -> bool {
        let needed = self.needed() << shift;
        self.mode & needed == needed
    }

    fn admits(&self, user: &User) -> bool {
        user.is_root() || self.lets_in(self.shift(user))
    }

    fn admits_all(&self) -> bool {
        [0, 3, 6].into_iter().all(|shift| self.lets_in(shift))
    }

    /// Which three bits of the mode apply to `user`.
    fn shift(&self, user: &User) -> u32 {
        match () {
            () if user.uid == self.uid => 6,
            () if user.groups.contains(&self.gid) => 3,
            () => 0,
        }
    }

    /// `has mode 0640 and belongs to mapcast:mapcast`.
    pub(super) fn rights(&self) -> String {
        let (user, group) = (user_name(self.uid), group_name(self.gid));
        let list =
            if self.has_access_list() { ", with an access control list (getfacl)" } else { "" };
        format!("has mode {:04o} and belongs to {user}:{group}{list}", self.mode)
    }

    /// Whether users and groups are admitted beyond the mode.
    fn has_access_list(&self) -> bool {
        let mut none: [u8; 0] = [];
        rustix::fs::lgetxattr(&self.path, c"system.posix_acl_access", &mut none)
            .is_ok_and(|bytes| bytes > 0)
    }

    /// What to type so that `user` is admitted; `configured` sets the mode of the file, if it is known.
    pub(super) fn admission(&self, user: &User, configured: Option<&Path>) -> String {
        let path = shell_word(&self.path);
        match (self.shift(user), configured) {
            (0, _) if self.gid != 0 && self.lets_in(3) => {
                format!("usermod -aG {} {}, and log in again", group_name(self.gid), user.name)
            }
            (_, Some(config)) if !self.is_directory => {
                format!(
                    "write mode = \"0644\" under [region] in {}, and reload",
                    shell_word(config)
                )
            }
            (shift, _) => {
                let who = ["o", "g", "u"][shift as usize / 3];
                let right = match (self.is_directory, self.is_listed) {
                    (true, false) => "x",
                    (true, true) => "rx",
                    _ => "r",
                };
                format!("chmod {who}+{right} {path}")
            }
        }
    }
}

/// `path` from the root on, without links among its directories as far as they can be seen.
fn without_links(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut tail = Vec::new();
    let mut head = path.as_path();
    while let (Some(parent), Some(name)) = (head.parent(), head.file_name()) {
        tail.push(name);
        if let Ok(mut found) = parent.canonicalize() {
            found.extend(tail.iter().rev());
            return found;
        }
        head = parent;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(path: &str, mode: u32, is_directory: bool) -> Part {
        Part {
            path: path.into(),
            mode,
            uid: 7,
            gid: 70,
            is_directory,
            is_listed: false,
            is_regular: !is_directory,
        }
    }

    fn user(uid: u32, groups: &[u32]) -> User {
        User { name: format!("user{uid}"), uid, groups: groups.to_vec() }
    }

    #[test]
    fn the_first_part_that_refuses_a_user_is_named() {
        let parts =
            vec![part("/", 0o755, true), part("/a", 0o750, true), part("/a/f", 0o604, false)];
        let walk = PathWalk { parts, end: End::File, target: "/a/f".into() };
        let refusal = |user: &User| walk.refusal(user).map(|part| part.path.to_str().unwrap_or(""));
        assert_eq!(refusal(&user(0, &[])), None);
        assert_eq!(refusal(&user(7, &[])), None);
        assert_eq!(refusal(&user(8, &[])), Some("/a"));
        // The group may enter the directory, and may not read the file that others may.
        assert_eq!(refusal(&user(8, &[70])), Some("/a/f"));
    }

    #[test]
    fn a_directory_is_unsafe_if_others_may_replace_what_is_in_it() {
        let unsafe_in = |modes: &[u32]| {
            let paths = ["/", "/a", "/a/b"];
            let parts = paths.iter().zip(modes).map(|(path, mode)| part(path, *mode, true));
            let walk =
                PathWalk { parts: parts.collect(), end: End::Missing, target: "/a/b/f".into() };
            walk.unsafe_directory().map(|part| part.mode)
        };
        assert_eq!(unsafe_in(&[0o755, 0o1777, 0o755]), None);
        assert_eq!(unsafe_in(&[0o755, 0o777, 0o755]), Some(0o777));
        assert_eq!(unsafe_in(&[0o755, 0o755, 0o1777]), Some(0o1777));
        assert_eq!(unsafe_in(&[0o755, 0o755, 0o775]), Some(0o775));
        assert_eq!(unsafe_in(&[0o755, 0o1777]), None, "the region's own directory is missing");
    }
}
