//! Followers: every record of a region, in order, and what happens to its writer and its file.
//!
//! # Safety
//!
//! Exported functions only: see `border`.
#![allow(unsafe_code)]

use crate::border::{self, Caller, Opaque, call};
use crate::error::{MAPCAST_NOTHING, MAPCAST_OK};
use crate::failure::{Failure, of_following, refuse, timeout};
use crate::instances::Instance;
use crate::layout::{self, Descriptions, Layout};
use crate::reader::{state_code, wall_nanos};
use crate::source::{Item, Named, Place, Source};
use mapcast::{Begin, Follow, Notifier, ToPlace};
use std::ffi::{c_char, c_int, c_void};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::ptr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A record.
pub const MAPCAST_EVENT_RECORD: u32 = 1;
/// The writer was faster than the follower: exactly `missed` records are gone. Of a region of instances
/// without `instance_name`: of instances that joined and were retired meanwhile.
pub const MAPCAST_EVENT_MISSED: u32 = 2;
/// The state of the writer has changed, or there is another writer: `state`.
pub const MAPCAST_EVENT_WRITER: u32 = 3;
/// Another file has the region's name, and is followed now. mapcast_follower_layout may have changed, if the
/// follower was opened without a layout.
pub const MAPCAST_EVENT_REPLACED: u32 = 4;
/// The records after this are of another lineage: `lineage`.
pub const MAPCAST_EVENT_LINEAGE: u32 = 5;
/// There is no region yet.
pub const MAPCAST_EVENT_WAITING: u32 = 6;
/// The region that was awaited is there.
pub const MAPCAST_EVENT_ATTACHED: u32 = 7;
/// The region's name is gone. The old file is followed until there is another.
pub const MAPCAST_EVENT_MISSING: u32 = 8;
/// The region's name is back and belongs to the same file, or the file has the bytes again that a cut took away.
pub const MAPCAST_EVENT_BACK: u32 = 9;
/// The file was cut short. Nothing is read until it is whole again, or there is another.
pub const MAPCAST_EVENT_TRUNCATED: u32 = 10;
/// An instance is there: the first event of each.
pub const MAPCAST_EVENT_JOINED: u32 = 11;
/// An instance was retired: its last event.
pub const MAPCAST_EVENT_RETIRED: u32 = 12;

/// Begin with the newest record.
pub const MAPCAST_BEGIN_NEWEST: u64 = 0;
/// Begin with the oldest record that is still in the region. Any other number is that of the first record.
pub const MAPCAST_BEGIN_OLDEST: u64 = u64::MAX;

/// Longest sleep while a file cannot be read, and no futex announces the next one.
const NAP: Duration = Duration::from_millis(20);

/// Follows a region, which need not exist yet.
#[derive(Debug)]
pub struct Follower {
    _opaque: [u8; 0],
}

impl Opaque for Follower {
    type Value = Following;
    const TAG: &'static [u8; 8] = b"mcFollow";
    const WHAT: &'static str = "mapcast_follower";
}

/// What a `mapcast_follower` points to.
#[derive(Debug)]
pub(crate) struct Following {
    follow: Follow<'static, Source>,
    place: Place,
    notifier: Option<Notifier>,
    /// The instance of the last event.
    named: Option<Named>,
    described: Descriptions,
}

/// What has happened. Its pointers are valid until the next mapcast_follower_next with its follower, or its close.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// MAPCAST_EVENT_RECORD to MAPCAST_EVENT_RETIRED.
    pub kind: u32,
    /// Of MAPCAST_EVENT_WRITER: MAPCAST_LIVE to MAPCAST_STALE.
    pub state: c_int,
    /// Of MAPCAST_EVENT_RECORD: the record, aligned to 8 bytes; copy one whose struct needs more.
    pub record: *const c_void,
    /// Bytes of the record.
    pub size: usize,
    /// Of MAPCAST_EVENT_MISSED: how many.
    pub missed: u64,
    /// Of a record, and of MAPCAST_EVENT_LINEAGE: see mapcast_publication.
    pub lineage: u64,
    /// Of a record: its number.
    pub sequence: u64,
    /// Of a record: when it was published, in nanoseconds of CLOCK_BOOTTIME.
    pub published_at_ns: u64,
    /// Of a record: the same by the wall clock of its writer, in nanoseconds since 1970.
    pub wall_time_ns: i64,
    /// The name of the instance; NULL in a region of one record.
    pub instance_name: *const c_char,
    /// The instance.
    pub instance: Instance,
    /// 0.
    pub reserved: [u64; 2],
}

impl Event {
    const NONE: Self = Self {
        kind: 0,
        state: 0,
        record: ptr::null(),
        size: 0,
        missed: 0,
        lineage: 0,
        sequence: 0,
        published_at_ns: 0,
        wall_time_ns: 0,
        instance_name: ptr::null(),
        instance: Instance { words: [0; 2] },
        reserved: [0; 2],
    };

    const fn of_kind(kind: u32) -> Self {
        Self { kind, ..Self::NONE }
    }
}

impl Following {
    /// The next event; `None` after `longest`.
    fn next(&mut self, longest: Option<Duration>) -> Result<Option<Event>, Failure> {
        let since = Instant::now();
        loop {
            if let Some(event) = self.try_next()? {
                return Ok(Some(event));
            }
            let look = self.follow.next_look();
            let left =
                longest.map_or(look, |longest| longest.saturating_sub(since.elapsed()).min(look));
            if left.is_zero() {
                return self.last_look();
            }
            if !self.follow.wait(left) {
                std::thread::sleep(left.min(NAP));
            }
        }
    }

    /// Takes the notification back, then looks once more: what happens after that makes the descriptor
    /// readable again.
    fn last_look(&mut self) -> Result<Option<Event>, Failure> {
        let Some(notifier) = &self.notifier else { return Ok(None) };
        notifier.clear();
        self.try_next()
    }

    fn try_next(&mut self) -> Result<Option<Event>, Failure> {
        let event = self.follow.try_next().map_err(of_following)?;
        Ok(event.map(|event| self.shown(event)))
    }

    /// An event as C reads it.
    fn shown(&mut self, event: mapcast::Event<Item>) -> Event {
        use mapcast::Event as E;
        self.named = None;
        match event {
            E::Record(item) => self.shown_item(item),
            E::Missed(missed) => Event { missed, ..Event::of_kind(MAPCAST_EVENT_MISSED) },
            E::Writer(state) => {
                Event { state: state_code(state), ..Event::of_kind(MAPCAST_EVENT_WRITER) }
            }
            E::Lineage(lineage) => Event { lineage, ..Event::of_kind(MAPCAST_EVENT_LINEAGE) },
            E::Replaced => {
                self.described = Descriptions::default();
                Event::of_kind(MAPCAST_EVENT_REPLACED)
            }
            E::Waiting => Event::of_kind(MAPCAST_EVENT_WAITING),
            E::Attached => Event::of_kind(MAPCAST_EVENT_ATTACHED),
            E::Missing => Event::of_kind(MAPCAST_EVENT_MISSING),
            E::Back => Event::of_kind(MAPCAST_EVENT_BACK),
            E::Truncated => Event::of_kind(MAPCAST_EVENT_TRUNCATED),
            // One that this library does not know yet: a program ignores it, too.
            _ => Event::NONE,
        }
    }

    fn shown_item(&mut self, item: Item) -> Event {
        let (event, named) = match item {
            Item::Record(publication, named) => (self.shown_record(&publication), named),
            Item::Missed(missed, named) => {
                (Event { missed, ..Event::of_kind(MAPCAST_EVENT_MISSED) }, Some(named))
            }
            Item::Joined(named) => (Event::of_kind(MAPCAST_EVENT_JOINED), Some(named)),
            Item::Retired(named) => (Event::of_kind(MAPCAST_EVENT_RETIRED), Some(named)),
        };
        self.named = named;
        let Some(Named { instance, name }) = &self.named else { return event };
        Event { instance_name: name.as_ptr(), instance: (*instance).into(), ..event }
    }

    fn shown_record(&self, publication: &mapcast::Publication) -> Event {
        let Some(source) = self.follow.source() else { return Event::NONE };
        let record = source.record();
        Event {
            record: record.as_ptr().cast(),
            size: record.len(),
            lineage: publication.lineage(),
            sequence: publication.sequence,
            published_at_ns: publication.published_at.as_nanos(),
            wall_time_ns: wall_nanos(source.reader().wall_time(publication)),
            ..Event::of_kind(MAPCAST_EVENT_RECORD)
        }
    }
}

const fn begin_of(first: u64) -> Begin {
    match first {
        MAPCAST_BEGIN_NEWEST => Begin::Newest,
        MAPCAST_BEGIN_OLDEST => Begin::Oldest,
        sequence => Begin::Sequence(sequence),
    }
}

fn follower_of(
    caller: &Caller,
    place: Place,
    layout: *const Layout,
    first: u64,
) -> Result<*mut Follower, Failure> {
    let expected = layout::expected(caller, layout)?;
    let region = place.clone();
    let open = move || Source::open(&region, expected.clone(), begin_of(first));
    let described = Descriptions::default();
    let (follow, notifier, named) = (Follow::awaiting(open), None, None);
    Ok(border::give(Following { follow, place, notifier, named, described }))
}

/// Follows the region at `at`, of one record or of instances, which need not exist yet. The record has to be
/// that of `layout`; NULL: any. It begins with the record `first`: MAPCAST_BEGIN_NEWEST (0),
/// MAPCAST_BEGIN_OLDEST, or a sequence number.
///
/// It stays with the kind of region that it found: once a region of instances has replaced one of a single record, or
/// the other way round, mapcast_follower_next returns MAPCAST_ERR_INSTANCES. Close it then, and open another.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_follower_open(
    at: *const c_char,
    layout: *const Layout,
    first: u64,
) -> *mut Follower {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let at = caller.at(at)?;
            if let mapcast::Place::Name(name) = at.place() {
                mapcast::locate(name)?; // a name that no region can have is an error now
            }
            follower_of(caller, Place::Named(at), layout, first)
        })
    }
}

/// As mapcast_follower_open, of the region in a descriptor that another process has opened; messages call it
/// `name`. The file may still be empty: the follower waits for its writer. `fd` stays the program's, which may
/// close it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_follower_open_fd(
    fd: c_int,
    name: *const c_char,
    layout: *const Layout,
    first: u64,
) -> *mut Follower {
    // SAFETY: the arguments of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let name = Path::new(caller.descriptor_name(name)?);
            let place = Place::Passed(Arc::new(caller.file(fd)?), name.into());
            follower_of(caller, place, layout, first)
        })
    }
}

/// Writes the next event to `event`; returns MAPCAST_NOTHING if there was none for `timeout_ms` milliseconds:
/// 0 does not wait, a negative one waits for ever. A signal does not end the wait.
///
/// An error is returned once, and does not end the following: the next call tries again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_follower_next(
    follower: *mut Follower,
    event: *mut Event,
    timeout_ms: c_int,
) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let following = caller.handle(follower)?;
            if event.is_null() {
                return Err(refuse("the event is NULL", "pass a struct mapcast_event"));
            }
            let found = following.next(timeout(timeout_ms))?;
            caller.store(event, found.unwrap_or(Event::NONE));
            Ok(if found.is_some() { MAPCAST_OK } else { MAPCAST_NOTHING })
        })
    }
}

/// Returns a descriptor for poll, select or epoll, which is readable while there may be an event. Do not read
/// from it: call mapcast_follower_next with a timeout of 0 until it returns MAPCAST_NOTHING. It belongs to the
/// follower, which starts a thread for it at the first call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_follower_fd(follower: *mut Follower) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let following = caller.handle(follower)?;
            if following.notifier.is_none() {
                following.notifier = Some(following.place.notifier()?);
            }
            Ok(following.notifier.as_ref().map_or(-1, AsRawFd::as_raw_fd))
        })
    }
}

/// Returns the layout of the records, out of the region, until MAPCAST_EVENT_REPLACED; NULL if there is no region
/// yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_follower_layout(follower: *mut Follower) -> *const Layout {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe {
        call(|caller| {
            let Following { follow, described, .. } = caller.handle(follower)?;
            let schema = follow.source().map(|source| source.reader().schema());
            Ok(schema.map_or(ptr::null(), |schema| ptr::from_ref(described.of(schema))))
        })
    }
}

/// Ends the following; its thread, if it has one, ends within 250 ms. NULL is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mapcast_follower_close(follower: *mut Follower) -> c_int {
    // SAFETY: the pointers of this call, under the contract of the header.
    unsafe { call(|caller| caller.close(follower).map(|_| MAPCAST_OK)) }
}
