//! The door: what a program that depends on this crate alone can do.

mod door;
mod examples;
mod shadowed;
