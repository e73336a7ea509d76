//! What a new file continues: numbers, lineage, the last record, the wall offsets.
//!
//! Invariant: a name, lineage and sequence, is given to one record only. A file keeps the lineage of
//! the one it replaces only if that one has no other successor: it had the region's name until the new
//! file took it, and its pages are those that its writers left.
//!
//! ```text
//!   the old file                        lineage         sequence        last record
//!   other schema, shape, mode; a lock   kept            continues       in the new file too, under its
//!                                                                         name, if it is the same record;
//!                                                                         likewise that of each instance
//!   cut under its writer                kept            continues
//!   deleted under its writer            new             continues       in the new file too
//!   a copy, or it has another name      new             continues       in the new file too
//!   of another boot, or retired         new             continues
//!   damaged, or none                    new             from 1
//!
//!   records are copies (`Numbering`)    that of the     of the same lineage: continues; else after the number
//!                                       records         that it is given
//! ```
//!
//! Price: a copy of the last record when a file is replaced.

use super::open::Wanted;
use super::origin::Why;
use crate::clock::BootTime;
use crate::create::Beginning;
use crate::instances::InstanceTable;
use crate::last_record::LastRecord;
use crate::lineage::Lineage;
use crate::mapped_region::MappedRegion;
use crate::options::Options;
use crate::state;
use crate::wall;
use channel::Publisher;

/// A sequence or epoch beyond this was never counted: 292 years at one a nanosecond.
pub(super) const LARGEST: u64 = 1 << 62;

/// What a new file continues.
#[derive(Clone, Debug)]
pub(super) struct Succession {
    pub(super) epoch: u64,
    pub(super) lineage: Lineage,
    /// The number of the newest record; of instances, the greatest of all.
    pub(super) sequence: u64,
    /// The newest record, if the file is to begin with it.
    pub(super) last: Option<LastRecord>,
    /// The wall offsets that its readers know, for a new file of the same boot.
    pub(super) wall: Option<wall::Saved>,
    /// The writer's last sign of life.
    pub(super) heartbeat: BootTime,
}

impl Succession {
    /// Nothing: the first writer of a lineage that `options` give, or of one greater than `known`.
    pub(super) fn first(options: &Options, known: u64) -> Self {
        let none = Self::none(known);
        let Some((lineage, sequence)) = copied(options) else { return none };
        Self { lineage, sequence, ..none }
    }

    /// Nothing: the first writer of a lineage greater than `known`.
    fn none(known: u64) -> Self {
        let (lineage, heartbeat) = (Lineage::begin(known), BootTime::now());
        Self { epoch: 1, lineage, sequence: 0, last: None, wall: None, heartbeat }
    }

    /// That of a new file in place of `old`, whose writer is this process's or has ended. `known`: the
    /// lineage that a new one has to be greater than, beside that of `old`.
    pub(super) fn in_new_file(
        old: &Publisher<MappedRegion>,
        epoch: u64,
        why: &Why,
        wanted: Wanted<'_>,
        known: u64,
    ) -> Self {
        let header = old.ring().memory().header();
        let was = Lineage::of(header);
        let copied = copied(wanted.options);
        let lineage = match why {
            Why::Damaged(_) => return Self::first(wanted.options, was.own.max(known)),
            _ if copied.is_some_and(|(lineage, _)| lineage.own == was.own) => was,
            _ if let Some((lineage, _)) = copied => lineage,
            Why::Deleted => was.fork(known),
            _ if why.keeps_lineage() => was,
            _ => Lineage::begin(was.own.max(known)),
        };
        let blocks = old.ring().memory().blocks();
        // The record of a plain region is none of an instance, nor the other way round.
        let are_plain = blocks.is_none() && wanted.options.instances.is_none();
        let is_kept = keeps_records(old, why, wanted) && are_plain;
        let last = is_kept.then(|| last_of(old)).flatten();
        let sequence = match copied {
            Some((lineage, after)) if lineage.own != was.own => after,
            _ => blocks.map_or(old.sequence(), InstanceTable::greatest_in),
        };
        let last = last.filter(|_| lineage.own == was.own || copied.is_none());
        let wall = (*why != Why::OtherBoot).then(|| wall::saved(old.ring().memory())).flatten();
        let heartbeat = BootTime::now();
        Self { epoch, lineage, sequence, last, wall, heartbeat }
    }

    /// The same by the writer of `old` itself: a new file is no sign of life of what it publishes.
    pub(super) fn by_same_writer(self, old: &Publisher<MappedRegion>) -> Self {
        let mapped = old.ring().memory();
        // A publish is one, too, and the new file may lack that record.
        let heartbeat = state::last_sign(mapped);
        if mapped.is_whole() { Self { heartbeat, ..self } } else { self }
    }

    /// The same, whose next number is the one after `sequence`; `None`: as it is. The newest record has another
    /// number then, and is left out.
    pub(super) fn ending_with(self, sequence: Option<u64>) -> Self {
        match sequence {
            Some(sequence) => Self { sequence, last: None, ..self },
            None => self,
        }
    }

    /// What the new file begins with.
    pub(super) fn beginning(&self) -> Beginning {
        Beginning::after(self.sequence - u64::from(self.last.is_some()), self.lineage)
    }
}

/// What a file without an earlier one begins with.
pub(crate) fn first_beginning(options: &Options) -> Beginning {
    Succession::first(options, 0).beginning()
}

/// The lineage of the records that are copied, and the number after which they begin.
fn copied(options: &Options) -> Option<(Lineage, u64)> {
    let numbering = options.numbering.as_ref()?;
    Some((Lineage::copied(numbering)?, numbering.after.min(LARGEST)))
}

/// Whether the newest records of `old` are records of the new file, too.
pub(super) fn keeps_records(old: &Publisher<MappedRegion>, why: &Why, wanted: Wanted<'_>) -> bool {
    let header = old.ring().memory().header();
    header.fingerprint == wanted.schema.fingerprint() && why.keeps_record()
}

fn last_of(publisher: &Publisher<MappedRegion>) -> Option<LastRecord> {
    let (ring, newest) = (publisher.ring(), publisher.sequence());
    let mapped = ring.memory();
    let last = LastRecord::of(ring, newest, mapped.record_size());
    last.filter(|_| mapped.is_whole())
}
