//! The Debian packages `mapcast` and `mapcast-bridge`: its metadata is in `Cargo.toml`, its maintainer scripts lie beside
//! it, and `cargo xtask dist` makes it. There is no code here; the programs in the package are the
//! crates `producer` and `consumer`, and programs of your own use the crate `region`.
