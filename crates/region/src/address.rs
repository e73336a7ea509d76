//! Where a region is, before anything has been opened: a name in the default directory, or a path.
//!
//! Invariant: an [`Address`] is resolved each time it is used, and a default directory is checked
//! each time (see `directory`). A reader resolves a relative path from the working directory in which
//! it was opened: a later `chdir` does not take it to another region.

use crate::directory::{self, Directory};
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::file;
use crate::file_id::FileId;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Longest file name of the usual file systems, in bytes.
const NAME_MAX: usize = 255;
pub(crate) const SUFFIX: &str = ".region";

/// Longest name of a region, in bytes: with `.region` behind it, a file name of 255.
pub const MAX_REGION_NAME: usize = NAME_MAX - SUFFIX.len();

/// Where a region is: a path, which is its own address, or the result of [`locate`] or [`find`].
///
/// ```
/// use region::Address;
///
/// let address = Address::from(std::path::Path::new("./stu.region"));
/// assert_eq!(address.path().to_str(), Some("./stu.region"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    path: PathBuf,
    directory: Directory,
    name: OsString,
    /// Where a relative path begins; `None`: in the current working directory.
    start: Option<Start>,
}

/// A directory, held open.
#[derive(Clone, Debug)]
struct Start(Arc<OwnedFd>);

impl PartialEq for Start {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Start {}

/// The address of the region called `name`, for a writer: `NAME.region` in the default directory,
/// which is made and checked when the region is opened.
///
/// # Errors
/// [`Kind::BadName`] for what cannot be a file name, [`Kind::RelativeDirectory`].
pub fn locate(name: &str) -> Result<Address, RegionError> {
    Ok(Address::within(Directory::in_force()?, file_name(name)?))
}

/// The address of the region called `name`, for a reader: in the user's directory if the region is
/// there, else among the system's services. Nothing is made.
///
/// # Errors
/// [`Kind::BadName`], [`Kind::RelativeDirectory`]; [`Kind::UnsafeDirectory`] if another user could
/// have put files there. A region that is not there is no error here:
/// [`Reader::open`](crate::Reader::open) reports it.
pub fn find(name: &str) -> Result<Address, RegionError> {
    let own = locate(name)?;
    let looked = own.file_id();
    if own.directory.yields_to_system() && !matches!(looked, Ok(Some(_))) {
        // A directory that another user has put in place of the user's own, or of one of the system's,
        // hides no region of the system.
        let mut refused = None;
        for directory in Directory::of_system() {
            let system = Address::within(directory, own.name.clone());
            match system.file_id() {
                Ok(Some(_)) => return Ok(system),
                Err(err) if system.path.exists() => refused = Some(err),
                Ok(None) | Err(_) => {}
            }
        }
        refused.map_or(Ok(()), Err)?;
    }
    looked.map(|_| own)
}

/// The names of the regions in the directories where [`find`] looks, sorted, for a shell that completes
/// them. The directories and files are not checked: opening a region does that.
pub fn names() -> Vec<String> {
    let own = Directory::in_force().ok();
    let looks_further = own.as_ref().is_some_and(Directory::yields_to_system);
    let system = Directory::of_system().into_iter().filter(|_| looks_further);
    let files = own.into_iter().chain(system).filter_map(|dir| std::fs::read_dir(dir.path()).ok());
    let names = files.flatten().filter_map(|file| {
        let file = file.ok()?.file_name();
        let name = file.to_str()?.strip_suffix(SUFFIX)?;
        is_region_name(name).then(|| name.to_owned())
    });
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

impl Address {
    fn within(directory: Directory, name: OsString) -> Self {
        Self { path: directory.path().join(&name), directory, name, start: None }
    }

    /// The region's file, for people: opening it by this path skips the checks of a default
    /// directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The directory that it is in.
    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// What it is called there.
    ///
    /// # Errors
    /// [`Kind::NotAFile`] for a path that can only name a directory.
    pub(crate) fn name(&self) -> Result<&OsStr, RegionError> {
        match self.name.as_bytes() {
            b"" | b"." | b".." => {
                Err(RegionError::new(&self.path, Kind::NotAFile("the name of a directory")))
            }
            _ => Ok(&self.name),
        }
    }

    /// The same address, independent of later changes of the working directory.
    ///
    /// Held open, not stored as a path: it may be renamed, too.
    pub(crate) fn held(mut self) -> Result<Self, RegionError> {
        if self.path.is_relative() && self.start.is_none() {
            let dir = rustix::fs::open(".", directory::OPEN, Mode::empty())
                .map_err(|err| RegionError::io(&self.path, "open", err))?;
            self.start = Some(Start(Arc::new(dir)));
        }
        Ok(self)
    }

    /// The directory in which a relative path begins.
    fn start(&self) -> BorrowedFd<'_> {
        self.start.as_ref().map_or(CWD, |start| start.0.as_fd())
    }

    /// Opens the file for a reader. The descriptor cannot write, so no mapping of it ever can.
    pub(crate) fn open_to_read(&self) -> Result<File, RegionError> {
        if self.directory.is_of_path() {
            return file::open(self.start(), &self.path, OFlags::RDONLY, &self.path);
        }
        let not_there = || RegionError::new(&self.path, Kind::NotThere);
        let dir = self.directory.open()?.ok_or_else(not_there)?;
        file::open(dir.as_fd(), self.name.as_ref(), OFlags::RDONLY, &self.path)
    }

    /// The file that has this address now; `None` if none has.
    pub(crate) fn file_id(&self) -> Result<Option<FileId>, RegionError> {
        let io = |err| RegionError::io(&self.path, "stat", err);
        if self.directory.is_of_path() {
            return FileId::at(self.start(), &self.path).map_err(io);
        }
        let Some(dir) = self.directory.open()? else { return Ok(None) };
        FileId::at(dir.as_fd(), self.name.as_ref()).map_err(io)
    }
}

/// Where a region is, as a program gives it.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// `NAME.region` in the default directory: see [`locate`] and [`find`].
    Name(&'a str),
    /// A file.
    Path(&'a Path),
    /// What [`locate`] or [`find`] returned.
    Address(&'a Address),
}

impl Place<'_> {
    /// Where a writer makes or resumes the region.
    ///
    /// # Errors
    /// As [`locate`] for a name; none for others.
    pub fn to_write(self) -> Result<Address, RegionError> {
        match self {
            Self::Name(name) => locate(name),
            Self::Path(path) => Ok(path.into()),
            Self::Address(address) => Ok(address.clone()),
        }
    }

    /// Where a reader looks for the region.
    ///
    /// # Errors
    /// As [`find`] for a name; none for others.
    pub fn to_read(self) -> Result<Address, RegionError> {
        match self {
            Self::Name(name) => find(name),
            other => other.to_write(),
        }
    }
}

/// What names a region: a name, a path or an [`Address`].
///
/// A `str` without a slash is a name, one with a slash is a path, as every [`Path`] is. So
/// `"x.region"` is refused: the region's name is `"x"`, its file in this directory `"./x.region"`.
pub trait ToPlace {
    /// The place.
    fn place(&self) -> Place<'_>;
}

impl ToPlace for str {
    fn place(&self) -> Place<'_> {
        if self.contains('/') { Place::Path(self.as_ref()) } else { Place::Name(self) }
    }
}

impl ToPlace for String {
    fn place(&self) -> Place<'_> {
        self.as_str().place()
    }
}

impl ToPlace for Path {
    fn place(&self) -> Place<'_> {
        Place::Path(self)
    }
}

impl ToPlace for PathBuf {
    fn place(&self) -> Place<'_> {
        Place::Path(self)
    }
}

impl ToPlace for Address {
    fn place(&self) -> Place<'_> {
        Place::Address(self)
    }
}

impl<T: ToPlace + ?Sized> ToPlace for &T {
    fn place(&self) -> Place<'_> {
        (**self).place()
    }
}

impl From<&Path> for Address {
    fn from(path: &Path) -> Self {
        let bytes = path.as_os_str().as_bytes();
        let (dir, name) = match bytes.iter().rposition(|&byte| byte == b'/') {
            None => (&b"."[..], bytes),
            Some(0) => (&b"/"[..], &bytes[1..]),
            Some(at) => (&bytes[..at], &bytes[at + 1..]),
        };
        let directory = Directory::of_path(OsStr::from_bytes(dir).into());
        let name = OsStr::from_bytes(name).to_owned();
        Self { path: path.to_owned(), directory, name, start: None }
    }
}

/// Whether `name` can name a region: letters, digits and `. _ - @`, no dot in front, at most
/// [`MAX_REGION_NAME`] bytes. [`locate`] and [`find`] also refuse a file name, `NAME.region`.
pub fn is_region_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    let length = 1..=MAX_REGION_NAME;
    length.contains(&name.len()) && !name.starts_with('.') && name.chars().all(allowed)
}

fn file_name(name: &str) -> Result<OsString, RegionError> {
    if !is_region_name(name) || name.ends_with(SUFFIX) {
        return Err(RegionError::new(Path::new(name), Kind::BadName(name.to_owned())));
    }
    Ok(format!("{name}{SUFFIX}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_slashes_a_leading_dot_or_the_suffix_are_refused() {
        for name in
            ["", ".", "..", "a/b", ".hidden", "new\nline", "na me", "x.region", &"x".repeat(250)]
        {
            let err = file_name(name).unwrap_err();
            assert!(matches!(err.kind(), Kind::BadName(_)), "{name:?}: {err}");
        }
        assert_eq!(file_name("host@1.a_b-c").unwrap(), "host@1.a_b-c.region");
    }

    #[test]
    fn a_path_is_split_as_the_kernel_does() {
        for (path, dir, name) in [
            ("x", ".", "x"),
            ("./x", ".", "x"),
            ("/x", "/", "x"),
            ("a/b/../x", "a/b/..", "x"),
            ("a//x", "a/", "x"),
        ] {
            let address = Address::from(Path::new(path));
            assert_eq!(address.directory().path().as_os_str(), dir, "{path}");
            assert_eq!(address.name().unwrap(), name, "{path}");
        }
        for path in ["", "/", "a/", "a/.", "a/..", ".."] {
            let err = Address::from(Path::new(path)).name().unwrap_err();
            assert!(matches!(err.kind(), Kind::NotAFile("the name of a directory")), "{err}");
        }
    }
}
