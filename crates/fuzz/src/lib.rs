//! Hostile bytes for every parser: one target for each, and its corpus.
//!
//! Invariant: whatever the input, a target ends: without a panic, a fault or a signal, with no more
//! of its own memory in use than [`Target::memory`], and with every promise of what it tried kept
//! (an assertion in the target says so).
//!
//! ```text
//!   corpus/TARGET/*  --.
//!   seeds of TARGET  --+--> tests/replay.rs    `cargo test`: every input once
//!                      '--> bin/fuzz.rs        `cargo xtask fuzz`: libFuzzer makes more of them
//!                               |
//!                       Target::try_out        limits the heap, then runs one of targets/*.rs
//! ```
//!
//! Random bytes do not get past a checksum. So the targets that read a region correct parts of their
//! inputs (`image`): the flags in the first byte select which.
//!
//! Price: `cargo test` replays some thousand small inputs in seconds. libFuzzer's C++ is
//! built with the feature `libfuzzer` only, which nothing in the workspace turns on.

mod changing;
mod heap;
mod image;
mod targets;

pub use heap::limited;
pub use targets::TARGETS;

/// A parser under test.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, which is also its folder's in `corpus`.
    pub name: &'static str,
    /// What it may have in use at once, in bytes. More, and the allocator refuses.
    pub memory: usize,
    /// Valid inputs, made by the present code.
    pub seeds: fn() -> Vec<Vec<u8>>,
    run: fn(&[u8]),
}

impl Target {
    /// The target called `name`.
    pub fn named(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.name == name)
    }

    /// Runs the target over `input`, with a limit on its memory.
    ///
    /// # Panics
    /// If the target breaks a promise. If it wants more memory than it may have, the process ends.
    pub fn try_out(&self, input: &[u8]) {
        heap::limited(self.memory, || (self.run)(input));
    }
}
