//! Which boot of the machine a region belongs to.
//!
//! After a power loss the pages of a file on disk may be of different ages, so a region of
//! another boot is never resumed and its value is called stale. The boot id is 16 random bytes
//! that the kernel draws at start; a sandbox (`ProcSubset=pid`) may hide it. A file on tmpfs
//! cannot outlive the boot at all, so there the answer needs no id.

use rustix::fs::FsWord;
use std::fs::File;
use std::sync::OnceLock;

/// 16 random bytes, drawn by the kernel at each start of the machine; all zero is "unknown".
pub(crate) type BootId = [u8; 16];

const UNKNOWN: BootId = [0; 16];
/// `statfs(2)` types of file systems that live in memory and die with the boot.
const TMPFS: FsWord = 0x0102_1994;
const RAMFS: FsWord = 0x8584_58f6;

/// The id of the running boot, all zero if this process may not see it.
pub(crate) fn id() -> BootId {
    static ID: OnceLock<BootId> = OnceLock::new();
    *ID.get_or_init(|| {
        let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        parse(&text).unwrap_or(UNKNOWN)
    })
}

/// `22487ce6-18d3-...` as bytes.
fn parse(text: &str) -> Option<BootId> {
    let digits: String = text.trim().chars().filter(|&c| c != '-').collect();
    Some(u128::from_str_radix(&digits, 16).ok()?.to_le_bytes())
}

/// Does `file`, whose header carries `id`, come from the running boot?
///
/// `None`: cannot be told.
pub(crate) fn is_this_boot(file: &File, header_id: BootId) -> Option<bool> {
    if !is_disk_backed(file) {
        return Some(true);
    }
    (header_id != UNKNOWN && id() != UNKNOWN).then(|| header_id == id())
}

/// Does the kernel write this file's pages back to a disk (or a network)?
pub(crate) fn is_disk_backed(file: &File) -> bool {
    rustix::fs::fstatfs(file).map_or(true, |fs| fs.f_type != TMPFS && fs.f_type != RAMFS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_text_is_read_as_sixteen_bytes() {
        let id = parse("00000000-0000-0000-0000-000000000102\n").unwrap();
        assert_eq!((id[0], id[1], id[2]), (2, 1, 0));
        assert_eq!(parse(""), None);
        assert_eq!(parse("not-a-boot-id"), None);
    }
}
