//! Where a configuration is read from: a regular file, or standard input for `-`.
//!
//! Invariant: nothing but a regular file is opened, because a named pipe would block and a device may
//! act. Of any input at most one byte more than [`MAX_FILE`] is read.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::error::{SettingsError, SettingsErrorKind};

/// Longest configuration that is read, in bytes: 128 for each of 4,096 fields. The parser takes up to
/// 48 MiB for it.
const MAX_FILE: u64 = 512 << 10;

/// What messages call a configuration from standard input.
const STDIN_ORIGIN: &str = "standard input";

/// Whether `path` is `-`, which stands for standard input: it can be read only once. A file of this
/// name is `./-`.
pub fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// What messages call the configuration at `path`.
pub(crate) fn origin(path: &Path) -> &Path {
    if is_stdin(path) { STDIN_ORIGIN.as_ref() } else { path }
}

/// What messages call the configuration at `path`, and its text.
pub(crate) fn text(path: &Path) -> Result<(&Path, String), SettingsError> {
    let origin = origin(path);
    let whole = |kind| SettingsError::whole(origin, kind);
    let text = String::from_utf8(read(path).map_err(whole)?).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let valid = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
        whole(SettingsErrorKind::NotUtf8).at(&valid, valid.len())
    })?;
    Ok((origin, text))
}

/// The bytes of the configuration at `path`.
fn read(path: &Path) -> Result<Vec<u8>, SettingsErrorKind> {
    if is_stdin(path) {
        let bytes = read_all(io::stdin().lock())?;
        return if bytes.trim_ascii().is_empty() {
            Err(SettingsErrorKind::Empty)
        } else {
            Ok(bytes)
        };
    }
    let kind = fs::metadata(path).map_err(SettingsErrorKind::Unreadable)?.file_type();
    match region::special_file(kind) {
        Some(what) => Err(SettingsErrorKind::NotAFile(what)),
        None => read_all(File::open(path).map_err(SettingsErrorKind::Unreadable)?),
    }
}

fn read_all(source: impl Read) -> Result<Vec<u8>, SettingsErrorKind> {
    let mut bytes = Vec::new();
    source.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(SettingsErrorKind::Unreadable)?;
    match () {
        () if bytes.starts_with(&layout::header::MAGIC_BYTES) => Err(SettingsErrorKind::Region),
        () if bytes.len() as u64 > MAX_FILE => Err(SettingsErrorKind::TooLong { limit: MAX_FILE }),
        () => Ok(bytes),
    }
}
