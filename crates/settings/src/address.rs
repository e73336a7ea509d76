//! Where a region is: a name in the default directory, or a path.
//!
//! Invariant: the kernel accepts the path of an [`Address`]. A name has no slash and no dot in front, and is
//! short enough; a path is not empty and holds no NUL. The crate that opens it checks whether the file
//! exists, and who owns it.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::str::FromStr;

use layout::text::{plain, quote};
use region::{MAX_REGION_NAME, Place, ToPlace, is_region_name};

/// What the name of a region's file ends in.
const SUFFIX: &str = ".region";

/// Where a region is.
///
/// It is read from a configuration (`name` or `path`), or from a command line by `parse`, where a text
/// with a slash is a path:
///
/// ```
/// use settings::Address;
///
/// assert_eq!("stu".parse(), Ok(Address::Name("stu".into())));
/// assert_eq!("./stu.region".parse(), Ok(Address::Path("./stu.region".into())));
/// assert_eq!(Address::Name("stu".into()).to_string(), "stu");
/// ```
///
/// Its `Display` is for people: the name or the path as it was given, with characters that could
/// drive a terminal escaped. A name never looks like a path, so the two cannot be mixed up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// NAME.region in the default directory.
    Name(String),
    /// This file; a relative path begins in the working directory.
    Path(PathBuf),
}

impl Address {
    /// The address of the region called `name`: one for which [`is_region_name`] holds, and that is not the name
    /// of a region's file.
    pub fn name(name: &str) -> Result<Self, AddressError> {
        match name {
            _ if let Some(stem) = name.strip_suffix(SUFFIX).filter(|stem| is_region_name(stem)) => {
                Err(AddressError::FileName { stem: stem.to_owned() })
            }
            _ if is_region_name(name) => Ok(Self::Name(name.to_owned())),
            "" => Err(AddressError::EmptyName),
            _ if name.contains('/') => Err(AddressError::Slash { name: name.to_owned() }),
            _ if name.len() > MAX_REGION_NAME => Err(AddressError::LongName { len: name.len() }),
            _ => Err(AddressError::BadName { name: name.to_owned() }),
        }
    }

    /// The address of the region at `path`.
    pub fn path(path: &str) -> Result<Self, AddressError> {
        if path.is_empty() {
            return Err(AddressError::EmptyPath);
        }
        if path.contains('\0') {
            return Err(AddressError::Nul);
        }
        Ok(Self::Path(path.into()))
    }

    /// The address in an argument of a command line, which need not be UTF-8.
    pub fn from_argument(argument: OsString) -> Result<Self, AddressError> {
        match argument.into_string() {
            Ok(text) => text.parse(),
            Err(argument) if argument.as_bytes().contains(&b'/') => Ok(Self::Path(argument.into())),
            // A name has to be UTF-8, and is refused with its bytes replaced.
            Err(argument) => Self::name(&argument.to_string_lossy()),
        }
    }
}

impl ToPlace for Address {
    fn place(&self) -> Place<'_> {
        match self {
            Self::Name(name) => Place::Name(name),
            Self::Path(path) => Place::Path(path),
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.contains('/') { Self::path(text) } else { Self::name(text) }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.pad(&plain(name)),
            Self::Path(path) => f.pad(&plain(&path.to_string_lossy())),
        }
    }
}

/// Why something cannot be the address of a region.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// An empty name.
    #[error("the region's name is empty; give it one, such as \"stu\"")]
    EmptyName,
    /// A name that is a path.
    #[error("{} holds a slash, which a region's name cannot; give it as path", quote(name))]
    Slash {
        /// The name.
        name: String,
    },
    /// A name that is hidden or has other characters.
    #[error(
        "{} is no name for a region; use letters, digits and . _ - @, and no dot in front",
        quote(name)
    )]
    BadName {
        /// The name.
        name: String,
    },
    /// The name of a file where that of a region belongs.
    #[error(
        "{} is a file name: the region's name is {}; write that, or a path with a '/'",
        quote(&format!("{stem}{SUFFIX}")), quote(stem)
    )]
    FileName {
        /// The region's name.
        stem: String,
    },
    /// A name too long for a file.
    #[error("a region's name has at most {MAX_REGION_NAME} bytes, this one has {len}; shorten it")]
    LongName {
        /// Bytes of the name.
        len: usize,
    },
    /// An empty path.
    #[error("the region's path is empty; give one, such as \"/run/mapcast/stu.region\"")]
    EmptyPath,
    /// A path with a NUL, which the kernel does not accept.
    #[error("the region's path holds a NUL character; remove it")]
    Nul,
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    use std::path::PathBuf;

    use super::{Address, AddressError};

    #[test]
    fn whatever_holds_a_slash_is_a_path_and_the_rest_is_a_name() {
        assert_eq!("host@1.a_b-c".parse(), Ok(Address::Name("host@1.a_b-c".into())));
        assert_eq!("/dev/shm/x".parse(), Ok(Address::Path("/dev/shm/x".into())));
        assert_eq!("".parse::<Address>(), Err(AddressError::EmptyName));
        assert_eq!("x/\0".parse::<Address>(), Err(AddressError::Nul));
    }

    #[test]
    fn a_path_on_a_command_line_need_not_be_utf8() {
        let argument = |bytes: &[u8]| Address::from_argument(OsString::from_vec(bytes.to_vec()));
        let path = OsString::from_vec(b"./\xff.region".to_vec());
        assert_eq!(argument(b"./\xff.region"), Ok(Address::Path(path.into())));
        assert_eq!(argument(b"stu"), Ok(Address::Name("stu".into())));
        assert_eq!(argument(b"\xff"), Err(AddressError::BadName { name: "\u{fffd}".into() }));
        assert_eq!(argument(b""), Err(AddressError::EmptyName));
    }

    #[test]
    fn a_name_that_hides_or_leaves_the_directory_is_refused() {
        for name in [".", "..", ".hidden", "na me", "new\nline", "\u{e4}"] {
            let found = Address::name(name);
            assert_eq!(found, Err(AddressError::BadName { name: name.into() }), "{name:?}");
        }
        assert_eq!(Address::name("a.region"), Err(AddressError::FileName { stem: "a".into() }));
        assert_eq!(Address::name("a/b"), Err(AddressError::Slash { name: "a/b".into() }));
        let (long, longer) = ("x".repeat(248), "x".repeat(249));
        assert_eq!(Address::name(&long), Ok(Address::Name(long)));
        assert_eq!(Address::name(&longer), Err(AddressError::LongName { len: 249 }));
    }

    #[test]
    fn an_address_is_shown_as_people_gave_it() {
        let path = Address::Path(PathBuf::from("/srv/\u{e4} \"b\"/\x1b[2Jx"));
        assert_eq!(path.to_string(), "/srv/\u{e4} \"b\"/\\u{1b}[2Jx");
        assert_eq!(format!("{:>5}", Address::Name("stu".into())), "  stu");
    }
}
