//! Records of the real producer in which a torn read can be detected.
//!
//! Invariant: all fields are counters that count in step. A record whose fields differ was torn.

use std::fmt::Write as _;

use crate::{Place, Reading};

/// A configuration of such a record.
#[derive(Clone, Copy, Debug)]
pub struct Counters<'a> {
    /// The region's path.
    pub region: &'a str,
    /// How many fields of 8 bytes.
    pub fields: usize,
    /// How many slots.
    pub slots: u32,
    /// Time from one record to the next.
    pub tick: &'a str,
}

impl Counters<'_> {
    /// Writes it to the file `name`.
    pub fn write(&self, place: &Place, name: &str) {
        let Self { region, fields, slots, tick } = self;
        let mut text = format!(
            "[region]\npath = \"{region}\"\nslots = {slots}\n\
             [record]\nname = \"COUNT{fields}\"\n[producer]\ntick = \"{tick}\"\n"
        );
        for field in 0..*fields {
            let _ = writeln!(
                text,
                "[[record.field]]\nname = \"f{field}\"\ntype = \"u64\"\n\
                 source = {{ counter = {{ start = 1 }} }}"
            );
        }
        place.write(name, text);
    }
}

/// The common value of all fields of a record.
///
/// # Panics
/// If it was torn.
#[track_caller]
pub fn value(reading: &Reading) -> u64 {
    let fields = reading.record.as_object().expect("an object");
    let first = &fields["f0"];
    for (name, value) in fields {
        assert_eq!(value, first, "torn at {name}: {}", reading.line);
    }
    first.as_u64().expect("a number")
}
