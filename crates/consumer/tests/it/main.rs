//! The program itself: signals, pipes, exit codes. Its output and log are tested in the library,
//! where a script replaces time.

mod cost;
mod ends;
mod long;
mod manager;
mod service;
mod world;
