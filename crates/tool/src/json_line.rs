//! Facts as a line of JSON.
//!
//! Invariant: it is JSON whatever the name of a file is, and has no character that controls a terminal.

use std::path::Path;

use serde::{Serialize, Serializer};

/// `object` on a line of its own.
pub(crate) fn json_line(object: &impl Serialize) -> String {
    let mut line = Vec::new();
    render::write_json(object, &mut line).expect("strings and numbers, in memory");
    String::from_utf8(line).expect("JSON is UTF-8")
}

/// Serializes a path, which need not be UTF-8: with U+FFFD in place of what is not.
pub(crate) fn path<S: Serializer>(
    path: impl AsRef<Path>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.as_ref().display())
}
