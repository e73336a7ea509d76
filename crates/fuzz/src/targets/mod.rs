//! The targets. Each module has a `run` and its `seeds`.

mod bare;
mod header;
mod input;
mod instances;
mod lines;
mod recording;
mod region;
mod schema;
mod settings;
mod template;
mod wire;
mod writer;

use crate::Target;

const MIB: usize = 1 << 20;

/// Every target.
///
/// The memory is what documents promise: a reader of a region has its schema (which is at most
/// 1 MiB encoded) and one record (at most 16 MiB) in memory, each with room to be worked on.
pub const TARGETS: &[Target] = &[
    Target { name: "region", memory: 40 * MIB, seeds: region::seeds, run: region::run },
    Target { name: "writer", memory: 40 * MIB, seeds: writer::seeds, run: writer::run },
    Target { name: "instances", memory: 40 * MIB, seeds: instances::seeds, run: instances::run },
    Target { name: "bare", memory: 20 * MIB, seeds: bare::seeds, run: bare::run },
    Target { name: "header", memory: MIB / 16, seeds: header::seeds, run: header::run },
    Target { name: "schema", memory: 20 * MIB, seeds: schema::seeds, run: schema::run },
    Target { name: "template", memory: MIB, seeds: template::seeds, run: template::run },
    Target { name: "lines", memory: 2 * MIB, seeds: lines::seeds, run: lines::run },
    Target { name: "settings", memory: 40 * MIB, seeds: settings::seeds, run: settings::run },
    Target { name: "input", memory: 4 * MIB, seeds: input::seeds, run: input::run },
    // What `docs/record.md` promises, less what a program takes that does nothing.
    Target { name: "recording", memory: 900 * MIB, seeds: recording::seeds, run: recording::run },
    Target { name: "wire", memory: 20 * MIB, seeds: wire::seeds, run: wire::run },
];

/// Could `text` drive a terminal, or be more than one line? The tab may stand in it.
///
/// Written down once more here, and not taken from the code under test.
fn is_harmless(text: &str) -> bool {
    !text.contains(|found: char| {
        (found.is_control() && found != '\t')
            || matches!(found, '\u{61c}' | '\u{200e}' | '\u{200f}')
            || ('\u{2028}'..='\u{202e}').contains(&found)
            || ('\u{2066}'..='\u{2069}').contains(&found)
    })
}
