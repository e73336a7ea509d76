//! The end-to-end tests: one binary, one module per topic.
//!
//! Run one story with `cargo test -p e2e -- kill::`.

mod access;
mod bad_input;
mod c_programs;
#[cfg(target_arch = "x86_64")]
mod calls;
mod completions;
mod configs;
mod containers;
mod copy;
#[cfg(target_arch = "x86_64")]
mod death;
#[cfg(target_arch = "x86_64")]
mod death_instances;
mod doctor;
mod faults;
mod follow_instances;
mod hangup;
mod health;
mod help;
mod idle;
mod input;
mod instances;
mod kill;
mod languages;
mod leaks;
mod least_kernel;
mod lineage;
mod long_lines;
mod loss;
mod names;
mod not_utf8;
mod numbers;
mod pair;
mod passed;
mod permissions;
mod questions;
mod readers;
mod replay;
mod sandbox;
mod schema;
mod signals;
mod snapshot;
mod standby;
mod standby_input;
mod stdin_config;
mod terminal;
mod top;
mod traps;
mod vandal;
mod vectors;

use e2e::Program;

/// The producer.
fn producer() -> Program {
    Program::under_test("producer", env!("CARGO_BIN_EXE_producer-under-test"))
}

/// The consumer.
fn consumer() -> Program {
    Program::under_test("consumer", env!("CARGO_BIN_EXE_consumer-under-test"))
}

/// The program for people, as cargo built it.
fn mapcast() -> Program {
    Program::new("mapcast", env!("CARGO_BIN_EXE_mapcast-under-test"))
}

/// The copier, as cargo built it.
fn copier() -> Program {
    Program::new("copier", env!("CARGO_BIN_EXE_copier-under-test"))
}
