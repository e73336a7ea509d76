//! libFuzzer over one target: `MAPCAST_FUZZ=TARGET fuzz [LIBFUZZER'S OPTIONS] FOLDER...`
//!
//! With `MAPCAST_FUZZ_SEEDS=FOLDER` it first writes the target's seeds there. Built and run by
//! `cargo xtask fuzz`, which knows the flags that instrument the code.

#![no_main]

use std::path::PathBuf;
use std::sync::OnceLock;

use fuzz::Target;
use libfuzzer_sys::fuzz_target;

static TARGET: OnceLock<&Target> = OnceLock::new();

fn chosen() -> &'static Target {
    TARGET.get_or_init(|| {
        let name = std::env::var("MAPCAST_FUZZ").expect("MAPCAST_FUZZ names a target");
        Target::named(&name).unwrap_or_else(|| panic!("{name}: no such target"))
    })
}

fn prepare() {
    let target = chosen();
    let Some(folder) = std::env::var_os("MAPCAST_FUZZ_SEEDS").map(PathBuf::from) else { return };
    for (number, seed) in (target.seeds)().iter().enumerate() {
        std::fs::write(folder.join(format!("seed{number}")), seed).expect("a folder to write to");
    }
}

fuzz_target!(init: prepare(), |input: &[u8]| chosen().try_out(input));
