//! Memory that processes share, as typed owners, and forked processes that share it: what the
//! tutorial's `smalloc` and `sfree` are, without a way to misuse them.
//!
//! Invariant: an owner's elements are mapped while it lives, and unmapped once, with the address
//! and length of the mapping. An element is reached only through its owner, by an index that is
//! compared with the length.
//!
//! ```text
//!   shared by                           made by                      the tutorial's
//!   a process and its children          Shared::anonymous            mmap(MAP_SHARED | MAP_ANON)
//!     where there is no memfd           Shared::dev_zero             open("/dev/zero"), mmap
//!   processes with the descriptor       Shared::from_file            mmap(..., fd, 0), close(fd)
//!   processes that may open the file    Shared::create, ::open       open(O_CREAT), ftruncate, mmap
//!     but not write                     SharedView::open             open(O_RDONLY), PROT_READ
//!   a copy of a part of a large file    ::of_range, ::copy_from      mmap(..., fd, offset), memcpy
//! ```
//!
//! Each element is read and written whole; several are not: of two numbers that belong together,
//! one may be old and one new. [`region::Writer`] and [`region::Reader`] are for those.
//!
//! Price: an element is one plain load or store and a comparison; a mapping is three or four
//! system calls.

mod child;
mod element;
mod error;
mod file;
mod memory;
mod view;

pub use child::Child;
pub use element::{Element, Integer};
pub use error::{SharedError, SharedErrorKind};
pub use memory::Shared;
pub use view::SharedView;
