//! Extended attributes and access control lists (xattr(7), acl(5)), for `--preserve`.
//!
//! Invariant: each attribute of the source is on the copy, or [`NotKept`] names it.
//!
//! An attribute that the copy has already is not set again: a security module gives files of a
//! directory their label, and does not let every user change it.
//!
//! Price: a system call for the list and three for each attribute.

use std::fmt;
use std::fs::File;
use std::io;

use layout::text::plain;
use rustix::buffer::spare_capacity;
use rustix::fs::XattrFlags;
use rustix::io::Errno;

/// Where an access control list is kept.
const ACL: &[u8] = b"system.posix_acl_access";
/// A signature of the attributes of this very file.
const EVM: &[u8] = b"security.evm";
/// The longest value and the longest list of names (include/uapi/linux/limits.h), in bytes.
const MOST: usize = 64 << 10;
/// Most attributes that a message names.
const NAMED: usize = 4;

/// What the copy does not have, and why.
#[derive(Debug, Default)]
pub(crate) struct NotKept(Vec<(String, String)>);

impl NotKept {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn add(&mut self, what: &str, why: impl fmt::Display) {
        self.0.push((plain(what), why.to_string()));
    }
}

impl fmt::Display for NotKept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (what, why)) in self.0.iter().take(NAMED).enumerate() {
            write!(f, "{}{what} ({why})", if index == 0 { "" } else { ", " })?;
        }
        match self.0.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// Gives `to` the attributes of `from`, except for its access control list.
pub(crate) fn copy(from: &File, to: &File, not_kept: &mut NotKept) {
    let names = match all_of(|names| rustix::fs::flistxattr(from, spare_capacity(names))) {
        Ok(names) => names.unwrap_or_default(),
        Err(err) => return not_kept.add("extended attributes", io::Error::from(err)),
    };
    let is_copied = |name: &&[u8]| !name.is_empty() && ![ACL, EVM].contains(name);
    for name in names.split(|byte| *byte == 0).filter(is_copied) {
        if let Err(err) = copy_one(name, from, to) {
            not_kept.add(&String::from_utf8_lossy(name), io::Error::from(err));
        }
    }
}

/// Gives `to` the access control list of `from`, or none. Returns `false` if the list of `from`, or one that
/// cannot be read, was not copied.
pub(crate) fn copy_list(from: &File, to: &File, not_kept: &mut NotKept) -> bool {
    match value(from, ACL).map(|list| list.map(|list| set(to, ACL, &list))) {
        Ok(None) => remove_list(to),
        Ok(Some(Ok(()))) => {}
        Ok(Some(Err(err))) | Err(err) => {
            return lacks_list(to, io::Error::from(err), not_kept);
        }
    }
    true
}

/// Gives `to`, which has another group than `from`, no access control list: that would let other users in.
/// Returns `false` if `from` has one, or one that cannot be read.
pub(crate) fn leave_out_list(from: &File, to: &File, not_kept: &mut NotKept) -> bool {
    match value(from, ACL) {
        Ok(None) => remove_list(to),
        Ok(Some(_)) => return lacks_list(to, "the group is another", not_kept),
        Err(err) => return lacks_list(to, io::Error::from(err), not_kept),
    }
    true
}

fn lacks_list(to: &File, why: impl fmt::Display, not_kept: &mut NotKept) -> bool {
    remove_list(to);
    not_kept.add("the access control list", why);
    false
}

/// What the directory gives to new files (a default list) is not the source's. A file system without lists
/// has none to remove.
fn remove_list(file: &File) {
    let _ = rustix::fs::fremovexattr(file, ACL);
}

/// Whether `file` has an access control list, or may have one because it cannot be read.
pub(crate) fn has_list(file: &File) -> bool {
    !matches!(value(file, ACL), Ok(None))
}

fn copy_one(name: &[u8], from: &File, to: &File) -> Result<(), Errno> {
    match value(from, name)? {
        Some(wanted) if value(to, name).ok().flatten().as_ref() != Some(&wanted) => {
            set(to, name, &wanted)
        }
        _ => Ok(()),
    }
}

fn set(file: &File, name: &[u8], value: &[u8]) -> Result<(), Errno> {
    rustix::fs::fsetxattr(file, name, value, XattrFlags::empty())
}

/// The value of the attribute `name`; `None` if `file` has none.
fn value(file: &File, name: &[u8]) -> Result<Option<Vec<u8>>, Errno> {
    all_of(|value| rustix::fs::fgetxattr(file, name, spare_capacity(value)))
}

/// The bytes that `read` appends to its argument; `None` where there are none or cannot be any.
fn all_of(
    read: impl FnOnce(&mut Vec<u8>) -> Result<usize, Errno>,
) -> Result<Option<Vec<u8>>, Errno> {
    let mut bytes = Vec::with_capacity(MOST);
    match read(&mut bytes) {
        Ok(_) => Ok(Some(bytes)),
        Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(None),
        Err(err) => Err(err),
    }
}

#[cfg(test)]
mod tests {
    use super::NotKept;

    #[test]
    fn a_message_names_a_few_attributes_and_no_control_character() {
        let mut not_kept = NotKept::default();
        assert!(not_kept.is_empty());
        not_kept.add("user.\u{1b}[2J", "no");
        assert_eq!(not_kept.to_string(), "user.\\u{1b}[2J (no)");
        (0..9).for_each(|number| not_kept.add(&format!("user.{number}"), "no"));
        let text = not_kept.to_string();
        assert!(text.ends_with(", user.0 (no), user.1 (no), user.2 (no) and 6 more"), "{text}");
    }
}
