//! Who may do what: what somebody else on the machine can do to a region, its writers and readers.
//!
//! ```text
//!   reader     may read the file, and tries to change it, its writer, or its reader
//!   locks      may read the file, and holds every lock and wait queue that this gives
//! ```
//!
//! The other user is `nobody`; that takes root. SECURITY.md names what each story shows.

mod locks;
mod reader;
