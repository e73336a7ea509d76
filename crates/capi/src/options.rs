//! The settings of a writer, as C passes them.

use crate::border::Caller;
use crate::failure::{Failure, refuse};
use crate::layout::{self, Layout};
use mapcast::dynamic::Schema;
use std::ffi::c_char;
use std::time::Duration;

/// Settings of a writer's region; begin with MAPCAST_OPTIONS, in which all of them are the usual ones.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// sizeof(struct mapcast_options), by which a later library knows an earlier program.
    pub struct_size: usize,
    /// Records that the region keeps, a power of two from 4 to 65536; 0: 8.
    pub slots: u32,
    /// Permission bits of the file, whatever the umask; 0: 0644.
    pub mode: u32,
    /// The group that the file belongs to, by name or number; NULL: that of the process.
    pub group: *const c_char,
    /// How often the writer publishes or stores a heartbeat, at least, in nanoseconds. Readers call a writer
    /// stalled that was silent for three of them, and for half a second; 0: never.
    pub period_ns: u64,
    /// How often a publish checks that the region still has its name, in nanoseconds; 0: once a second,
    /// UINT64_MAX: never.
    pub check_every_ns: u64,
    /// 1: do not wake readers, which saves a system call at each publish and makes them poll.
    pub no_wake: u32,
    /// 0.
    pub reserved: u32,
}

impl Options {
    const ALL_ZERO: Self = Self {
        struct_size: 0,
        slots: 0,
        mode: 0,
        group: std::ptr::null(),
        period_ns: 0,
        check_every_ns: 0,
        no_wake: 0,
        reserved: 0,
    };
}

/// The record and the options of a writer, as the program passed them.
pub(crate) fn with_schema(
    caller: &Caller,
    layout: *const Layout,
    options: *const Options,
) -> Result<(Schema, mapcast::Options), Failure> {
    Ok((layout::schema_of(caller, layout)?, of(caller, options)?))
}

/// The options that the program passed; NULL: the usual ones.
fn of(caller: &Caller, options: *const Options) -> Result<mapcast::Options, Failure> {
    if options.is_null() {
        return Ok(mapcast::Options::new());
    }
    let mut given = Options::ALL_ZERO;
    caller.sized(options, &mut given, "mapcast_options")?;
    if given.reserved != 0 {
        return Err(refuse("reserved of mapcast_options is not 0", "begin with MAPCAST_OPTIONS"));
    }
    let mut made = mapcast::Options::new().wake(given.no_wake == 0);
    if given.slots != 0 {
        made = made.slots(given.slots);
    }
    if given.mode != 0 {
        made = made.mode(given.mode);
    }
    if !given.group.is_null() {
        made = made.group(caller.text(given.group, "group")?);
    }
    if given.period_ns != 0 {
        made = made.period(Duration::from_nanos(given.period_ns));
    }
    made = match given.check_every_ns {
        0 => made,
        u64::MAX => made.check_every(Duration::MAX),
        nanos => made.check_every(Duration::from_nanos(nanos)),
    };
    Ok(made)
}
