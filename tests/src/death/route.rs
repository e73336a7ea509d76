//! The operations during which a writer is killed.

/// One operation between two marks, in which a writer is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its name, in one line.
    pub name: &'static str,
    /// Bytes of a record.
    pub bytes: u32,
    /// Which reader is to be woken.
    pub watch: Watch,
    /// What the writer does.
    pub deed: Deed,
}

/// Which reader is to be woken by a publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// None: the region does not wake.
    Quiet,
    /// The region wakes, but no reader sleeps.
    Awake,
    /// A reader sleeps on the region.
    Asleep,
}

impl Watch {
    /// Whether the region wakes.
    pub fn wakes(self) -> bool {
        self != Self::Quiet
    }
}

/// What the writer does between its marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Publishes one record.
    Publish,
    /// Closes the region.
    Close,
    /// Takes over from a writer that died, and publishes one record.
    TakeOver(Left),
    /// Makes the region, and publishes its first record.
    Create,
    /// Makes another region in the place of one with fewer slots, and publishes one record.
    Replace,
}

/// How the previous writer died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Between two records.
    Idle,
    /// Half of the record after head's was written.
    HalfWritten,
    /// The record after head's was complete, but head did not name it yet.
    Unannounced,
}

/// All routes.
pub const ROUTES: [Route; 11] = [
    Route::new("publish 28 B, no waking", 28, Watch::Quiet, Deed::Publish),
    Route::new("publish 28 B, waking, nobody asleep", 28, Watch::Awake, Deed::Publish),
    Route::new("publish 28 B, waking a sleeper", 28, Watch::Asleep, Deed::Publish),
    Route::new("publish 4 KiB, no waking", 4096, Watch::Quiet, Deed::Publish),
    Route::new("publish 4 KiB, waking a sleeper", 4096, Watch::Asleep, Deed::Publish),
    Route::new("close", 28, Watch::Awake, Deed::Close),
    Route::new("take over", 28, Watch::Asleep, Deed::TakeOver(Left::Idle)),
    Route::new(
        "take over, record half written",
        4096,
        Watch::Quiet,
        Deed::TakeOver(Left::HalfWritten),
    ),
    Route::new(
        "take over, record not announced",
        28,
        Watch::Awake,
        Deed::TakeOver(Left::Unannounced),
    ),
    Route::new("create", 28, Watch::Awake, Deed::Create),
    Route::new("replace", 28, Watch::Awake, Deed::Replace),
];

/// Records published before: enough to have filled the ring once.
const BEFORE: u64 = 6;

impl Route {
    const fn new(name: &'static str, bytes: u32, watch: Watch, deed: Deed) -> Self {
        Self { name, bytes, watch, deed }
    }

    /// The route called `name`.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn called(name: &str) -> Self {
        let found = ROUTES.into_iter().find(|route| route.name == name);
        found.unwrap_or_else(|| panic!("no route is called {name:?}"))
    }

    /// The newest number that a reader can have read before the first mark.
    pub fn newest_before(self) -> u64 {
        match self.deed {
            Deed::Create => 0,
            Deed::TakeOver(Left::Unannounced) => BEFORE + 1,
            _ => BEFORE,
        }
    }

    /// The number that head names before the first mark: one less if the newest is not announced.
    pub fn announced_before(self) -> u64 {
        match self.deed {
            Deed::Create => 0,
            _ => BEFORE,
        }
    }

    /// Slots of the region that the writer wants.
    pub fn slots(self) -> u32 {
        if self.deed == Deed::Replace { 8 } else { Self::SLOTS_BEFORE }
    }

    /// Slots of the region that is there before, if it is another writer's.
    pub(super) const SLOTS_BEFORE: u32 = 4;

    /// The operation of `stepped_writer`.
    pub(super) fn order(self) -> &'static str {
        match self.deed {
            Deed::Publish => "publish",
            Deed::Close => "close",
            Deed::TakeOver(_) | Deed::Create | Deed::Replace => "open",
        }
    }

    /// The state of the region that the writer finds; `None`: it creates the region.
    pub(super) fn found(self) -> Option<Left> {
        match self.deed {
            Deed::TakeOver(left) => Some(left),
            Deed::Replace => Some(Left::Idle),
            Deed::Publish | Deed::Close | Deed::Create => None,
        }
    }
}

/// The author of a record. Two may write the same number, one after the other, with different
/// bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writer {
    /// The writer that died before.
    Former,
    /// The writer that is killed.
    Doomed,
    /// The writer that takes over.
    Successor,
}

impl Writer {
    /// Its number for [`crate::torn::signed`].
    pub(super) fn signature(self) -> u64 {
        match self {
            Self::Former => 1,
            Self::Doomed => 2,
            Self::Successor => 3,
        }
    }
}
