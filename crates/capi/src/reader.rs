//! Readers of the newest record.
//!
//! # Safety
//!
//! Exported functions only: see `border`.
#![allow(unsafe_code)]

use crate::border::{self, Opaque, call};
use crate::error::{MAPCAST_NOTHING, MAPCAST_OK};
use crate::failure::{self, Failure, c_string};
use crate::layout::{self, Descriptions, Layout};
use mapcast::{Error, ErrorKind, Refreshed, State, dynamic};
use std::ffi::{CString, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A writer has the region.
pub const MAPCAST_LIVE: c_int = 1;
/// A writer has the region, but was silent for three periods, and for half a second.
pub const MAPCAST_STALLED: c_int = 2;
/// The writer was killed or has crashed. The last record stays.
pub const MAPCAST_DEAD: c_int = 3;
/// The writer has closed the region. The last record stays.
pub const MAPCAST_CLOSED: c_int = 4;
/// Another region takes the name of this one.
pub const MAPCAST_RETIRED: c_int = 5;
/// The region is left over from an earlier boot.
pub const MAPCAST_STALE: c_int = 6;

/// Reads the newest record of a region.
#[derive(Debug)]
pub struct Reader {
    _opaque: [u8; 0],
}

impl Opaque for Reader {
    type Value = Reading;
    const TAG: &'static [u8; 8] = b"mcReader";
    const WHAT: &'static str = "mapcast_reader";
}

/// What a `mapcast_reader` points to.
#[derive(Debug)]
pub(crate) struct Reading {
    reader: dynamic::Reader,
    /// Whether it was opened without a layout.
    is_of_any: bool,
    last: Option<mapcast::Publication>,
    path: CString,
    described: Descriptions,
}

impl Reading {
    fn give(
        reader: dynamic::Reader,
        expected: Option<&dynamic::Schema>,
    ) -> Result<*mut Reader, Failure> {
        if let Some(expected) = expected {
            reader.expect_schema(expected)?;
        }
        let path = c_string(reader.path().as_os_str().as_bytes());
        let is_of_any = expected.is_none();
        Ok(border::give(Self {
            reader,
            is_of_any,
            last: None,
            path,
            described: Descriptions::default(),
        }))
    }
}

/// Which record it is, and when it was published.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Publication {
    /// The run of records that it belongs to; with its sequence, its name for ever.
    pub lineage: u64,
    /// Its number: the first one is 1, each next one more, also under a new writer.
    pub sequence: u64,
    /// When it was published, in nanoseconds of CLOCK_BOOTTIME.
    pub published_at_ns: u64,
}

impl From<mapcast::Publication> for Publication {
    #[inline]
    fn from(of: mapcast::Publication) -> Self {
        let (lineage, sequence) = (of.lineage(), of.sequence);
        Self { lineage, sequence, published_at_ns: of.published_at.as_nanos() }
    }
}

/// Attaches to the region at `at`, a name or, with a '/', a path. The record has to be that of `layout`; NULL:
/// any, which mapcast_reader_layout describes. Returns NULL if there is none: MAPCAST_ERR_NOT_THERE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_reader_open(
    at: *const c_char,
    layout: *const Layout,
) -> *mut Reader {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let expected = layout::expected(caller, layout)?;
            Reading::give(dynamic::Reader::open(caller.at(at)?)?, expected.as_deref())
        })
    }
}

/// As mapcast_reader_open, of the region in a descriptor that another process has opened; messages call it
/// `name`. The region has no name that another file could take. `fd` stays the program's, which may close it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_reader_open_fd(
    fd: c_int,
    name: *const c_char,
    layout: *const Layout,
) -> *mut Reader {
    // SAFETY: the arguments of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let expected = layout::expected(caller, layout)?;
            let name = Path::new(caller.descriptor_name(name)?);
            Reading::give(dynamic::Reader::open_file(&caller.file(fd)?, name)?, expected.as_deref())
        })
    }
}

/// Copies the newest record to `record`, which has `size` bytes: sizeof the struct. Returns MAPCAST_NOTHING
/// if nothing has been published yet. Never an older record than before. `publication` may be NULL.
///
/// Without a system call. When another file takes the region's name, it is attached by itself. If that has
/// another record, a reader of any goes over to it: the call that does so returns MAPCAST_ERR_OTHER_RECORD, once. A
/// reader with a layout stays with the old file, and each reader does if the new one has instances: every 250 ms a call
/// returns MAPCAST_ERR_OTHER_RECORD or MAPCAST_ERR_INSTANCES, and those in between the last record of the old file, whose
/// state is MAPCAST_RETIRED if it was replaced. Close it then, and open another.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_reader_latest(
    reader: *mut Reader,
    record: *mut c_void,
    size: usize,
    publication: *mut Publication,
) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let record = caller.bytes_mut(record, size)?;
            let Reading { reader, is_of_any, last, .. } = caller.handle(reader)?;
            let found = reader.latest(record);
            let found = or_go_over(found, *is_of_any, || reader.refresh())?;
            let Some(found) = found else { return Ok(MAPCAST_NOTHING) };
            *last = Some(found);
            caller.store(publication, found.into());
            Ok(MAPCAST_OK)
        })
    }
}

/// Sleeps until there is a record newer than the last one read, for `timeout_ms` milliseconds at the most,
/// or a second if that is negative. It may end earlier: a signal was handled, a second has passed, after which
/// mapcast_reader_latest looks for another file, or the writer does not wake its readers (no_wake): then after a
/// millisecond. Call it in a loop with mapcast_reader_latest.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_reader_wait(reader: *mut Reader, timeout_ms: c_int) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let longest = failure::timeout(timeout_ms).unwrap_or(Duration::from_secs(1));
            caller.handle(reader)?.reader.wait(longest)?;
            Ok(MAPCAST_OK)
        })
    }
}

/// Returns the state of the writer, MAPCAST_LIVE to MAPCAST_STALE, or an error. One system call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_reader_state(reader: *const Reader) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe { call(|caller| Ok(state_code(caller.handle(reader)?.reader.state()))) }
}

/// Returns the name of a state: "live", "stalled", "dead", "closed", "retired", "stale"; "unknown" for any
/// other number.
#[unsafe(no_mangle)]
pub extern "C" fn mapcast_state_name(state: c_int) -> *const c_char {
    let name = match state {
        MAPCAST_LIVE => c"live",
        MAPCAST_STALLED => c"stalled",
        MAPCAST_DEAD => c"dead",
        MAPCAST_CLOSED => c"closed",
        MAPCAST_RETIRED => c"retired",
        MAPCAST_STALE => c"stale",
        _ => c"unknown",
    };
    name.as_ptr()
}

/// Returns how long ago the last record read was published, in nanoseconds; -1 if that is unknown: nothing
/// was read, or the region is left over from an earlier boot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_reader_age_ns(reader: *const Reader) -> i64 {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let age = caller.handle(reader)?.last.and_then(|last| last.age());
            Ok(age.map_or(-1, nanos))
        })
    }
}

/// Returns when the last record read was published, by the wall clock of its writer, in nanoseconds since
/// 1970; -1 if nothing was read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_reader_wall_time_ns(reader: *const Reader) -> i64 {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let Reading { reader, last, .. } = caller.handle(reader)?;
            Ok(last.map_or(-1, |last| wall_nanos(reader.wall_time(&last))))
        })
    }
}

/// Returns the layout of the record, out of the region; valid until the reader is closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_reader_layout(reader: *mut Reader) -> *const Layout {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let Reading { reader, described, .. } = caller.handle(reader)?;
            Ok(std::ptr::from_ref(described.of(reader.schema())))
        })
    }
}

/// Returns the path of the region's file; valid until the reader is closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_reader_path(reader: *const Reader) -> *const c_char {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe { call(|caller| Ok(caller.handle(reader)?.path.as_ptr())) }
}

/// Returns the process id that the writer wrote down, for people: it may lie in another pid namespace. 0: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_reader_writer_pid(reader: *const Reader) -> u64 {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe { call(|caller| Ok(caller.handle(reader)?.reader.writer_pid())) }
}

/// Detaches from the region, of which the writer notices nothing. NULL is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_reader_close(reader: *mut Reader) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe { call(|caller| caller.close(reader).map(|_| MAPCAST_OK)) }
}

/// What a reader has `found`. If the region has another record now, a reader of any record attaches to it by `refresh`
/// and returns that as an error, once.
#[inline]
pub(crate) fn or_go_over<T>(
    found: Result<T, Error>,
    is_of_any: bool,
    refresh: impl FnOnce() -> Result<Refreshed, Error>,
) -> Result<T, Failure> {
    match found {
        Err(error) if is_of_any && matches!(error.kind(), ErrorKind::OtherSchema { .. }) => {
            refresh()?;
            Err(failure::gone_over(error))
        }
        found => Ok(found?),
    }
}

pub(crate) fn state_code(state: State) -> c_int {
    match state {
        State::Live => MAPCAST_LIVE,
        State::Stalled => MAPCAST_STALLED,
        State::Dead => MAPCAST_DEAD,
        State::Closed => MAPCAST_CLOSED,
        State::Retired => MAPCAST_RETIRED,
        State::Stale => MAPCAST_STALE,
        _ => 0,
    }
}

pub(crate) fn wall_nanos(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, nanos)
}

fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
