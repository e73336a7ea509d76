//! Which boot of the machine a region belongs to.
//!
//! After a power loss the pages of a file on disk may be of different ages, so a region of
//! another boot is never resumed and its value is called stale. The boot id is 16 random bytes
//! that the kernel draws at start; a sandbox (`ProcSubset=pid`) may hide it. A file on tmpfs
//! cannot outlive the boot at all, so no id is needed there.
#![allow(clippy::disallowed_types)] // what is known of the machine, not of a region

use crate::file;
use crate::medium::Medium;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// 16 random bytes, drawn by the kernel at each start of the machine, in the order of its text;
/// all zero is "unknown".
pub(crate) type BootId = [u8; 16];

const UNKNOWN: BootId = [0; 16];

/// The id of the running boot, all zero if this process may not see it.
pub(crate) fn id() -> BootId {
    // No lock, as in `time_namespace::ahead`.
    static WAS_ASKED: AtomicBool = AtomicBool::new(false);
    static HALVES: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];
    if !WAS_ASKED.load(Ordering::Acquire) {
        let found = match ask() {
            Ok(text) => parse(&text).unwrap_or(UNKNOWN),
            // Not remembered: the next call may succeed.
            Err(err) if file::is_transient(&err) => return UNKNOWN,
            Err(_) => UNKNOWN,
        };
        let halves: [u64; 2] = bytemuck::cast(found);
        HALVES[0].store(halves[0], Ordering::Relaxed);
        HALVES[1].store(halves[1], Ordering::Relaxed);
        WAS_ASKED.store(true, Ordering::Release);
    }
    bytemuck::cast(HALVES.each_ref().map(|half| half.load(Ordering::Relaxed)))
}

fn ask() -> io::Result<String> {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
}

/// `22487ce6-18d3-...` as bytes.
fn parse(text: &str) -> Option<BootId> {
    let digits: String = text.trim().chars().filter(|&c| c != '-').collect();
    let mut id = u128::from_str_radix(&digits, 16).ok()?.to_le_bytes();
    id.reverse(); // the first digits of the text are the first bytes
    Some(id)
}

/// Whether this is known to be the id of another boot than the running one.
pub(crate) fn is_id_of_another(header_id: BootId) -> bool {
    header_id != UNKNOWN && id() != UNKNOWN && header_id != id()
}

/// Whether a file on `medium`, whose header has `header_id`, comes from the running boot.
///
/// `None` if unknown.
pub(crate) fn is_this_boot(medium: Medium, header_id: BootId) -> Option<bool> {
    if medium == Medium::Memory {
        return Some(true);
    }
    (header_id != UNKNOWN && id() != UNKNOWN).then(|| header_id == id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_text_is_read_as_sixteen_bytes_in_its_order() {
        let id = parse("22487ce6-18d3-0000-0000-000000000102\n").unwrap();
        assert_eq!(id[..6], [0x22, 0x48, 0x7c, 0xe6, 0x18, 0xd3]);
        assert_eq!(id[13..], [0, 1, 2]);
        assert_eq!(parse(""), None);
        assert_eq!(parse("not-a-boot-id"), None);
    }
}
