//! The C and C++ library, tested from C and C++ against the tree that `install.sh` makes.

mod c;
mod cpp;
mod documents;
mod header;
mod tree;
mod turns;
