//! A recording that was cut off: what is before the cut is replayed, wherever it is.

use std::fs;

use nix::sys::signal::Signal;

use crate::recording::{record_heads, record_odd};
use crate::world::World;

/// A chunk, in MCAP.
const CHUNK: u8 = 6;

#[test]
fn a_recording_cut_at_each_byte_of_its_last_chunk_is_replayed_up_to_there() {
    let world = World::new();
    let (writer, recorder) = record_odd(&world, "--encoding raw", 1);
    recorder.signal(Signal::SIGKILL);
    drop(recorder);
    drop(writer);
    let whole = fs::read(world.path("out.mcap")).expect("the file");
    let mut chunks = record_heads(&whole).into_iter().filter(|head| head.op == CHUNK);
    let last = chunks.next_back().expect("a chunk");
    for cut in last.start..whole.len() {
        fs::write(world.path("cut.mcap"), &whole[..cut]).expect("written");
        let output = world.run("replay cut.mcap --partial --speed max --prefix again-");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let records = if cut < last.end { "1 record\n" } else { "2 records\n" };
        assert!(said.ends_with(&format!("replayed {records}")), "cut at {cut} of {last:?}: {said}");
        if cut % 16 == 0 && cut < last.end {
            let output = world.run("replay cut.mcap --speed max --prefix none-");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let want = format!("cut.mcap: at byte {}: cut off; ", last.start);
            assert!(output.status.code() == Some(1) && said.contains(&want), "{said}");
        }
    }
    assert!(!world.path("none-odd.region").exists());
}
