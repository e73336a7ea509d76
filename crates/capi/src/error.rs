//! Codes, and the last error of a thread.
//!
//! # Safety
//!
//! Exported functions only: see `border`.
#![allow(unsafe_code)]

use crate::border::call;
use crate::failure;
use std::ffi::{c_char, c_int};

/// Success.
pub const MAPCAST_OK: c_int = 0;
/// There is nothing (yet): no record, no event before the timeout, no such name.
pub const MAPCAST_NOTHING: c_int = 1;
/// An argument that cannot be used: NULL, a closed handle, a text that is not UTF-8.
pub const MAPCAST_ERR_INVALID: c_int = -1;
/// No region has this name (yet), or its directory does not exist.
pub const MAPCAST_ERR_NOT_THERE: c_int = -2;
/// Another writer has the region.
pub const MAPCAST_ERR_BUSY: c_int = -3;
/// The region or its directory belongs to somebody else, or its mode keeps this user out.
pub const MAPCAST_ERR_PERMISSION: c_int = -4;
/// The file is not a region.
pub const MAPCAST_ERR_NOT_A_REGION: c_int = -5;
/// The region has a version or features that this library does not know.
pub const MAPCAST_ERR_VERSION: c_int = -6;
/// The region contradicts itself.
pub const MAPCAST_ERR_DAMAGED: c_int = -7;
/// The file was cut short. The next call looks for another one.
pub const MAPCAST_ERR_TRUNCATED: c_int = -8;
/// The region holds another record than the one of the layout.
pub const MAPCAST_ERR_OTHER_RECORD: c_int = -9;
/// The region has instances where one record is wanted, or the other way round; also of a reader or follower whose
/// region was replaced by one of the other kind.
pub const MAPCAST_ERR_INSTANCES: c_int = -10;
/// The instance was retired, or is one of another file.
pub const MAPCAST_ERR_NO_SUCH_INSTANCE: c_int = -11;
/// The region has as many instances as it can have.
pub const MAPCAST_ERR_FULL: c_int = -12;
/// The size is not that of the record.
pub const MAPCAST_ERR_WRONG_SIZE: c_int = -13;
/// The newest record keeps changing while it is read: its writer is broken.
pub const MAPCAST_ERR_UNSTABLE: c_int = -14;
/// A name that no region or instance can have.
pub const MAPCAST_ERR_BAD_NAME: c_int = -15;
/// Options that contradict the limits of the format.
pub const MAPCAST_ERR_BAD_OPTIONS: c_int = -16;
/// A layout that no record can have.
pub const MAPCAST_ERR_BAD_LAYOUT: c_int = -17;
/// A value that does not fit its field.
pub const MAPCAST_ERR_BAD_VALUE: c_int = -18;
/// Another file has taken the name of the writer's region.
pub const MAPCAST_ERR_REPLACED: c_int = -19;
/// The writer belongs to the process that this one was forked from.
pub const MAPCAST_ERR_FORKED: c_int = -20;
/// The operating system refused: os_error of mapcast_error has its errno.
pub const MAPCAST_ERR_SYSTEM: c_int = -21;
/// A bug of this library. The handle may only be closed.
pub const MAPCAST_ERR_PANIC: c_int = -22;

/// What went wrong in the last call of this thread that failed.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Details {
    /// MAPCAST_ERR_..., or MAPCAST_OK if no call has failed yet.
    pub code: c_int,
    /// The errno of the system call that failed; 0 if none did.
    pub os_error: c_int,
    /// All of it, for people: "PATH: fact; next step".
    pub message: *const c_char,
    /// The file; "" if it is not about a file.
    pub path: *const c_char,
    /// What is wrong.
    pub fact: *const c_char,
    /// What can be done about it.
    pub advice: *const c_char,
}

/// Returns what went wrong in the last call of this thread that failed, for people: "PATH: fact; next
/// step". Never NULL. Valid until another call of this thread fails.
#[unsafe(no_mangle)]
pub extern "C" fn mapcast_last_error() -> *const c_char {
    failure::last().message
}

/// Writes what went wrong in the last call of this thread that failed to `details`. Its texts are valid
/// until another call of this thread fails. Returns MAPCAST_OK.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_error_details(details: *mut Details) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe { call(|caller| caller.answer(details, failure::last(), "struct for the error")) }
}

/// Returns the version of this library: "0.1.0".
#[unsafe(no_mangle)]
pub extern "C" fn mapcast_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}
