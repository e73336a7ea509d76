//! Mappings of this process, messages of panics, bytes as text.

use std::io;
use std::panic::{self, UnwindSafe};
use std::path::Path;

/// How often this process has `file` mapped, by the kernel's own list.
///
/// # Errors
/// If `/proc/self/maps` cannot be read, or there is no such file.
pub fn mappings(file: &Path) -> io::Result<usize> {
    let path = file.canonicalize()?;
    let name = path.to_string_lossy();
    let maps = std::fs::read_to_string("/proc/self/maps")?;
    Ok(maps.lines().filter(|line| line.ends_with(&*name)).count())
}

/// Runs `work`, which panics; returns the panic's message; `None` if it did not panic.
pub fn panic_of(work: impl FnOnce() + UnwindSafe) -> Option<String> {
    // Without this the message would go to stderr, with a line number that changes too often.
    let usual = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let outcome = panic::catch_unwind(work);
    panic::set_hook(usual);
    let said = outcome.err()?;
    let text = said.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| said.downcast_ref::<String>().cloned()).or_else(|| Some(String::new()))
}

/// Bytes up to the first NUL, as a C string is printed; `\n` at the end is left out.
pub fn text(bytes: &[u8]) -> String {
    let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(bytes).trim_end_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Shared;

    #[test]
    fn a_mapping_is_counted_while_it_lives() {
        let place = crate::Place::new().unwrap();
        let path = place.path().join("numbers");
        let numbers = Shared::<u8>::create(&path, 4).unwrap();
        assert_eq!(mappings(&path).unwrap(), 1);
        drop(numbers);
        assert_eq!(mappings(&path).unwrap(), 0);
    }

    #[test]
    fn a_panic_is_told_and_its_absence_too() {
        assert_eq!(panic_of(|| panic!("too far")), Some("too far".to_owned()));
        assert_eq!(panic_of(|| panic!("{} of 4", 4)), Some("4 of 4".to_owned()));
        assert_eq!(panic_of(|| ()), None);
    }

    #[test]
    fn text_ends_where_c_would_end_it() {
        assert_eq!(text(b"abc\0def"), "abc");
        assert_eq!(text(b"line\n"), "line");
    }
}
