//! The setup for a death: a region in the required state, and a writer at its first mark.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use layout::Schema;
use region::Options;

use super::route::{Left, Route, Writer};
use crate::region_dump::{RegionDump, Unannounced};
use crate::stepping::{Stepped, Stop};
use crate::{Place, Program, torn};

/// Where writers die, one after the other.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    pub(super) route: Route,
    pub(super) place: Place,
    program: &'a Program,
    /// The region that the former writer left; `None`: the writer creates it.
    left: Option<Vec<u8>>,
}

impl<'a> Scene<'a> {
    /// A place of its own for `route`.
    pub(super) fn new(route: Route, program: &'a Program) -> Self {
        let mut scene = Self { route, place: Place::new(), program, left: None };
        scene.left = route.found().map(|left| scene.leave(left));
        scene
    }

    pub(super) fn path(&self) -> PathBuf {
        self.place.path("mortal.region")
    }

    pub(super) fn schema(&self) -> Schema {
        torn::schema(self.route.bytes).expect("a schema")
    }

    pub(super) fn options(&self) -> Options {
        Options::new().slots(self.route.slots()).wake(self.route.watch.wakes())
    }

    /// A writer at its first mark.
    #[track_caller]
    pub(super) fn set(&self) -> Stepped {
        self.clear();
        if let Some(region) = &self.left {
            RegionDump::put(&self.path(), region);
        }
        let records = self.route.newest_before();
        self.start(self.route.order(), self.route.slots(), Writer::Doomed, records)
    }

    /// Removes all files.
    fn clear(&self) {
        for entry in fs::read_dir(self.place.dir()).expect("the place") {
            fs::remove_file(entry.expect("an entry").path()).expect("remove");
        }
    }

    #[track_caller]
    fn start(&self, order: &str, slots: u32, writer: Writer, records: u64) -> Stepped {
        let Route { bytes, watch, .. } = self.route;
        let wake = if watch.wakes() { "wake" } else { "quiet" };
        let mut command: Command = self.program.command(&self.place);
        command.arg(self.path()).args([bytes, slots].map(|number| number.to_string()));
        command.args([wake, order]);
        command.args([writer.signature(), records].map(|number| number.to_string()));
        Stepped::start(&mut command)
    }

    /// The region of a writer that was stepped to that state and killed.
    #[track_caller]
    fn leave(&self, left: Left) -> Vec<u8> {
        let records = self.route.announced_before();
        let mut writer = self.start("publish", Route::SLOTS_BEFORE, Writer::Former, records);
        loop {
            let dump = RegionDump::of(&self.path()).expect("the former writer's region");
            if stands_so(&dump, left) {
                writer.kill();
                return dump.bytes().to_vec();
            }
            assert_eq!(writer.step(), Stop::Inside, "it was never left so: {left:?}");
        }
    }
}

fn stands_so(dump: &RegionDump, left: Left) -> bool {
    let unannounced = dump.unannounced();
    match left {
        Left::Idle => unannounced == Unannounced::None,
        Left::Unannounced => unannounced == Unannounced::Complete,
        Left::HalfWritten => unannounced == Unannounced::Writing && is_half_written(dump),
    }
}

/// Whether the record after head's has a new first word and an old middle.
fn is_half_written(dump: &RegionDump) -> bool {
    let record = dump.record(dump.head() + 1);
    let mut new = vec![0; record.len()];
    torn::fill(&mut new, torn::signed(dump.head() + 1, Writer::Former.signature()));
    let middle = record.len() / 2;
    record[..4] == new[..4] && record[middle..middle + 4] != new[middle..middle + 4]
}
