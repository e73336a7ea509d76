//! What went wrong: a code, the file, the fact and the next step; kept for each thread, for `mapcast_last_error`.
//!
//! Price: an error allocates four strings; a call that succeeds touches nothing of this.

use crate::error::{self as code, Details};
use mapcast::dynamic::{SchemaError, ValueError};
use mapcast::{Error, ErrorKind as Kind};
use std::cell::RefCell;
use std::ffi::{CStr, CString, c_int};
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Operation not permitted: what fchown says of a group that this process may not give a file to.
const EPERM: c_int = 1;

/// Why a call failed.
// Boxed: what a function returns is in registers then, and failures are rare.
#[derive(Debug)]
pub(crate) struct Failure(Box<Fault>);

#[derive(Clone, Debug)]
struct Fault {
    code: c_int,
    os_error: c_int,
    path: PathBuf,
    fact: String,
    advice: String,
    /// NULL was passed in place of a handle of this kind.
    null_handle: Option<&'static str>,
}

/// An argument that cannot be used.
#[cold]
pub(crate) fn refuse(fact: impl Into<String>, advice: impl Into<String>) -> Failure {
    Failure::new(code::MAPCAST_ERR_INVALID, fact, advice)
}

impl Failure {
    #[cold]
    pub(crate) fn new(code: c_int, fact: impl Into<String>, advice: impl Into<String>) -> Self {
        let (fact, advice) = (fact.into(), advice.into());
        let path = PathBuf::new();
        Self(Box::new(Fault { code, os_error: 0, path, fact, advice, null_handle: None }))
    }

    /// The same, which concerns a region.
    pub(crate) fn at(mut self, path: &Path) -> Self {
        path.clone_into(&mut self.0.path);
        self
    }

    pub(crate) fn panic() -> Self {
        let fact = "libmapcast has a bug: a panic, whose message is on stderr";
        Self::new(code::MAPCAST_ERR_PANIC, fact, "report that message, and close the handle")
    }

    /// A layout or a value that was refused, by a message that ends with what to change.
    fn of_message(code: c_int, message: &impl Display) -> Self {
        let message = message.to_string();
        let (fact, advice) = message.rsplit_once("; ").unwrap_or((&message, ""));
        Self::new(code, fact, advice)
    }

    /// NULL in place of a handle.
    pub(crate) fn null_handle(what: &'static str) -> Self {
        let mut failure = refuse(format!("the {what} is NULL"), "open it first");
        failure.0.null_handle = Some(what);
        failure
    }

    /// Keeps it for `mapcast_last_error` of this thread; returns its code. NULL in place of a handle becomes the
    /// error of the last open of that kind, if that has failed.
    #[cold]
    pub(crate) fn keep(self) -> c_int {
        let fault = self.0.null_handle.and_then(of_open).unwrap_or(*self.0);
        let code = fault.code;
        // A thread that is ending has no place for it any more.
        let _ = LAST.try_with(|last| *last.borrow_mut() = Some(Kept::of(fault)));
        code
    }

    /// The same for the error of an open, of a handle of the kind `what`.
    #[cold]
    pub(crate) fn keep_of_open(self, what: &'static str) {
        let fault = (*self.0).clone();
        self.keep();
        has_opened(what);
        let _ = OF_OPENS.try_with(|faults| faults.borrow_mut().push((what, fault)));
    }
}

/// Forgets why the open before failed, of a handle of the kind `what`.
pub(crate) fn has_opened(what: &'static str) {
    let _ = OF_OPENS.try_with(|faults| faults.borrow_mut().retain(|(of, _)| *of != what));
}

/// Why the last open of this kind has failed.
fn of_open(what: &'static str) -> Option<Fault> {
    let find = |faults: &RefCell<Vec<(&'static str, Fault)>>| {
        let faults = faults.borrow();
        faults.iter().find(|(of, _)| *of == what).map(|(_, fault)| fault.clone())
    };
    OF_OPENS.try_with(find).ok().flatten()
}

impl From<Error> for Failure {
    #[cold]
    fn from(error: Error) -> Self {
        let kind = error.kind();
        let fact = kind.to_string();
        let os_error = match kind {
            Kind::Io { source, .. } | Kind::UnfitFileSystem { source, .. } => {
                source.raw_os_error().unwrap_or(0)
            }
            Kind::NotInGroup(_) => EPERM,
            _ => 0,
        };
        let path = match kind {
            Kind::BadName(_) => Path::new(""), // the fact begins with it
            _ => error.path(),
        };
        let advice = advice(kind).to_owned();
        let (code, path) = (code_of(kind), path.to_owned());
        Self(Box::new(Fault { code, os_error, path, fact, advice, null_handle: None }))
    }
}

/// The region has another record now, and a reader of any record has attached to it.
#[cold]
pub(crate) fn gone_over(error: Error) -> Failure {
    let mut failure = Failure::from(error);
    failure.0.advice = "look at its layout again: the next call reads it".into();
    failure
}

/// Why a writer was not opened that cannot stand by for another.
#[cold]
pub(crate) fn without_standby(error: Error) -> Failure {
    advised(error, |error| matches!(error.kind(), Kind::Busy { .. }), "end that writer")
}

/// The region has instances now and had none, or the other way round; a follower stays with the kind that it found.
#[cold]
pub(crate) fn of_following(error: Error) -> Failure {
    advised(error, Error::is_of_other_kind, "close this follower and open another")
}

/// The failure of `error`, with this advice if it is one that `is_meant`.
fn advised(error: Error, is_meant: impl FnOnce(&Error) -> bool, advice: &'static str) -> Failure {
    let is_meant = is_meant(&error);
    let mut failure = Failure::from(error);
    if is_meant {
        failure.0.advice = advice.into();
    }
    failure
}

/// Why a call with a bare file failed, which has no header, no standby, and a writer that refuses any other length.
#[cold]
pub(crate) fn of_bare(error: Error) -> Failure {
    let (fact, advice) = match error.kind() {
        Kind::NotThere => ("no such file".into(), "start its writer, or check the path"),
        kind @ Kind::NotAFile(_) => (kind.to_string(), "give the path of a regular file"),
        kind @ Kind::Busy { .. } => (kind.to_string(), "end that writer"),
        _ => return Failure::from(error),
    };
    let mut failure = Failure::from(error);
    (failure.0.fact, failure.0.advice) = (fact, advice.into());
    failure
}

impl From<SchemaError> for Failure {
    fn from(error: SchemaError) -> Self {
        Self::of_message(code::MAPCAST_ERR_BAD_LAYOUT, &error)
    }
}

impl From<ValueError> for Failure {
    fn from(error: ValueError) -> Self {
        Self::of_message(code::MAPCAST_ERR_BAD_VALUE, &error)
    }
}

fn code_of(kind: &Kind) -> c_int {
    use std::io::ErrorKind::{NotFound, PermissionDenied};
    match kind {
        Kind::NotThere | Kind::NoDirectory => code::MAPCAST_ERR_NOT_THERE,
        Kind::Busy { .. } | Kind::Locked => code::MAPCAST_ERR_BUSY,
        Kind::NotOurs(_)
        | Kind::UnsafeDirectory(_)
        | Kind::NotInGroup(_)
        | Kind::WrongAccess(_)
        | Kind::Sealed(_) => code::MAPCAST_ERR_PERMISSION,
        Kind::NotAFile(_) | Kind::NotARegion | Kind::TooShort(_) => code::MAPCAST_ERR_NOT_A_REGION,
        Kind::UnsupportedVersion(_) | Kind::UnsupportedFeatures(_) => code::MAPCAST_ERR_VERSION,
        Kind::Damaged(_) => code::MAPCAST_ERR_DAMAGED,
        Kind::Truncated { .. } => code::MAPCAST_ERR_TRUNCATED,
        Kind::OtherSchema { .. } | Kind::NotThisRecord { .. } | Kind::CannotReplace(_) => {
            code::MAPCAST_ERR_OTHER_RECORD
        }
        Kind::HasInstances { .. } | Kind::NoInstances => code::MAPCAST_ERR_INSTANCES,
        Kind::NoSuchInstance => code::MAPCAST_ERR_NO_SUCH_INSTANCE,
        Kind::TooManyInstances { .. } => code::MAPCAST_ERR_FULL,
        Kind::WrongSize { .. } => code::MAPCAST_ERR_WRONG_SIZE,
        Kind::NoSuchStruct { .. } => code::MAPCAST_ERR_INVALID,
        Kind::Unstable => code::MAPCAST_ERR_UNSTABLE,
        Kind::BadName(_) | Kind::BadInstanceName(_) | Kind::RelativeDirectory(_) => {
            code::MAPCAST_ERR_BAD_NAME
        }
        Kind::BadOptions(_) | Kind::NoSuchGroup(_) => code::MAPCAST_ERR_BAD_OPTIONS,
        Kind::Replaced => code::MAPCAST_ERR_REPLACED,
        Kind::Forked => code::MAPCAST_ERR_FORKED,
        Kind::Io { source, .. } if source.kind() == PermissionDenied => {
            code::MAPCAST_ERR_PERMISSION
        }
        Kind::Io { source, .. } if source.kind() == NotFound => code::MAPCAST_ERR_NOT_THERE,
        _ => code::MAPCAST_ERR_SYSTEM,
    }
}

/// What a programmer can do about it.
fn advice(kind: &Kind) -> &'static str {
    match kind {
        Kind::NotThere => "start its writer, or check the name",
        Kind::NoDirectory => "create it, or correct the path",
        Kind::Busy { .. } => {
            "end that writer, or wait for its end with mapcast_writer_open_standby"
        }
        Kind::Locked => "find the process that has the lock with `lslocks` and end it",
        Kind::NotOurs(_) | Kind::UnsafeDirectory(_) => {
            "correct its owner and mode, or give a path in a directory of your own"
        }
        Kind::NotInGroup(_) => "make this account a member of the group, or take another group",
        Kind::NoSuchGroup(_) => "create it, or correct the option group",
        Kind::NotAFile(_) | Kind::NotARegion | Kind::TooShort(_) => {
            "give the path of a region; a file without a header is for mapcast_bare_reader_open"
        }
        Kind::UnsupportedVersion(_) | Kind::UnsupportedFeatures(_) => "install a newer libmapcast",
        // A writer refuses a bare file of another length.
        Kind::Truncated { structs: Some(_), .. } => "remove the file, then open its writer again",
        Kind::Damaged(_) | Kind::Truncated { .. } => "start its writer again, which replaces it",
        Kind::OtherSchema { .. } => {
            "make the struct and its fields those of the region (`mapcast schema` prints them), or open it again with NULL as the layout"
        }
        Kind::NotThisRecord { .. } => {
            "describe the struct that is there, and how many, or remove the file"
        }
        Kind::CannotReplace(_) => "pass an empty file, or describe the record that is there",
        Kind::WrongAccess(_) => "open it for that",
        Kind::Sealed(_) => "pass one without this seal",
        Kind::HasInstances { .. } => "open it with mapcast_instance_reader_open",
        Kind::NoInstances => "open it with mapcast_reader_open",
        Kind::NoSuchInstance => "look for its name again",
        Kind::TooManyInstances { .. } => "retire an instance, or open the writer for more",
        Kind::NoSuchStruct { .. } => "", // the fact says it
        Kind::WrongSize { .. } => "pass sizeof of the struct of the layout",
        Kind::Unstable => "end its writer, which is broken",
        Kind::BadName(_) => "give another name, or a path with a '/'",
        Kind::BadInstanceName(_) => "give it a name of 1 to 64 bytes, without control characters",
        Kind::RelativeDirectory(_) => "give an absolute path in it, or unset it",
        Kind::BadOptions(_) => "correct the options",
        Kind::Replaced => "end the writer it belongs to, or open a writer again",
        Kind::Forked => "open a writer in this process",
        Kind::UnfitFileSystem { .. } => "give a path on tmpfs or on a disk",
        Kind::Io { source, .. } => match source.kind() {
            std::io::ErrorKind::PermissionDenied => {
                "check the mode and the owner of the file and its directory"
            }
            std::io::ErrorKind::StorageFull => "free some space on its file system",
            _ => "see the error of the system",
        },
        _ => "report this line",
    }
}

thread_local! {
    static LAST: RefCell<Option<Kept>> = const { RefCell::new(None) };
    /// Of each kind of handle whose last open failed, why.
    static OF_OPENS: RefCell<Vec<(&'static str, Fault)>> = const { RefCell::new(Vec::new()) };
}

/// The last failure of a thread, as C reads it.
struct Kept {
    details: Details,
    /// What `details` points to.
    _texts: [CString; 4],
}

impl Kept {
    fn of(fault: Fault) -> Self {
        let Fault { code, os_error, path, fact, advice, .. } = fault;
        let path = path.to_string_lossy();
        let colon = if path.is_empty() { "" } else { ": " };
        let semicolon = if advice.is_empty() { "" } else { "; " };
        let message = format!("{path}{colon}{fact}{semicolon}{advice}");
        let texts = [message, path.into_owned(), fact, advice].map(c_string);
        let [message, path, fact, advice] = texts.each_ref().map(|text| text.as_ptr());
        let details = Details { code, os_error, message, path, fact, advice };
        Self { details, _texts: texts }
    }
}

/// `text` for C; what is behind a NUL is left out.
pub(crate) fn c_string(text: impl Into<Vec<u8>>) -> CString {
    let mut bytes = text.into();
    bytes.truncate(bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len()));
    CString::new(bytes).unwrap_or_default()
}

/// The empty string of C.
pub(crate) const EMPTY: &CStr = c"";

/// The last failure of this thread; all of it is empty if there was none.
pub(crate) fn last() -> Details {
    let kept = LAST.try_with(|last| last.borrow().as_ref().map(|kept| kept.details));
    kept.ok().flatten().unwrap_or(Details {
        code: code::MAPCAST_OK,
        os_error: 0,
        message: EMPTY.as_ptr(),
        path: EMPTY.as_ptr(),
        fact: EMPTY.as_ptr(),
        advice: EMPTY.as_ptr(),
    })
}

/// A timeout in milliseconds; `None`: for ever.
pub(crate) fn timeout(ms: c_int) -> Option<Duration> {
    u64::try_from(ms).ok().map(Duration::from_millis)
}
