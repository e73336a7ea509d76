//! `mapcast` with the programs that read what it writes: promtool, Prometheus and Chromium for `export`, the
//! official library of MCAP for `record` and `replay`.
//!
//! Where they are not installed these tests pass and say that they are skipped; with `MAPCAST_VIEWS` set, as by
//! `cargo xtask views`, a missing one is a failure.

mod browser;
mod mcap_library;
mod page;
mod pictures;
mod prometheus;
#[path = "../it/recording.rs"]
#[allow(dead_code, reason = "the other tests use the rest")]
mod recording;
#[path = "../it/server.rs"]
#[allow(dead_code, reason = "the other tests use the rest")]
mod server;
#[path = "../it/world.rs"]
#[allow(dead_code, reason = "the other tests use the rest")]
mod world;

use std::io::Write as _;
use std::path::PathBuf;

/// Where `program` is; `None` if these tests are to be skipped without it.
fn installed(program: &str) -> Option<PathBuf> {
    let found = std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file());
    if found.is_none() {
        assert!(std::env::var_os("MAPCAST_VIEWS").is_none(), "{program} is not installed");
        // Not by a macro, whose text the harness keeps.
        let _ = writeln!(std::io::stderr(), "skipped: {program} is not installed");
    }
    found
}
