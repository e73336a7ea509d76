//! The program itself: signals, pipes, exit codes. What it prints and says is tested in the
//! library, where a script stands in for time.

mod cost;
mod ends;
mod long;
mod manager;
mod service;
mod world;
