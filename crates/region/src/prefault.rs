//! What the first publishes would otherwise wait for, done when the region is opened.
//!
//! The kernel enters a page into a mapping when it is first touched, and clears one of a new file then:
//! without this a publish of 64 KiB took 20 us in the first lap of the ring and 1.5 us afterwards. The
//! processor, asked for what it can copy by, may first ask a hypervisor: 70 us, once for each process.
//!
//! Price: about 0.3 us for each page when a writer opens. Readers do not: of many slots or instances they
//! may read a few, and the kernel enters 16 pages at a time for them.

use crate::copy;
use crate::mapping::Mapping;
use crate::medium::Medium;
use std::fs::File;
use std::os::unix::fs::MetadataExt;

/// Prepares the mapping of a writer for its first publish.
pub(crate) fn prepare(mapping: &Mapping, file: &File, medium: Medium) {
    copy::detect();
    // Of a file on a disk every page would be written back; of one with holes, memory would be taken
    // that it does not have yet.
    if !medium.is_disk_backed() && has_all_blocks(file) {
        // A page that cannot be had is found by the end mark, when a record is published.
        let _ = mapping.populate();
    }
}

/// Whether the file has room for each of its bytes.
fn has_all_blocks(file: &File) -> bool {
    /// The unit of `st_blocks`, whatever the file system's own.
    const BLOCK: u64 = 512;
    file.metadata().is_ok_and(|meta| meta.blocks().saturating_mul(BLOCK) >= meta.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::Access;
    use rustix::fs::{FallocateFlags, MemfdFlags, fallocate, memfd_create};
    use std::slice;

    const PAGES: u64 = 256;
    const LEN: u64 = PAGES * 4096;
    const WORDS_OF_PAGE: usize = 512;

    fn memory() -> File {
        let file = File::from(memfd_create("prefault", MemfdFlags::CLOEXEC).unwrap());
        file.set_len(LEN).unwrap();
        file
    }

    fn prepared(file: &File) -> Mapping {
        let mapping = Mapping::new(file, usize::try_from(LEN).unwrap(), Access::Write).unwrap();
        prepare(&mapping, file, Medium::of(file));
        mapping
    }

    /// The page faults of this thread that needed no disk: see proc(5), `minflt`.
    fn faults() -> u64 {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        let (_, after_name) = stat.rsplit_once(')').unwrap();
        after_name.split_whitespace().nth(7).unwrap().parse().unwrap()
    }

    #[test]
    fn no_store_to_a_prepared_file_is_the_first_of_its_page() {
        let file = memory();
        fallocate(&file, FallocateFlags::empty(), 0, LEN).unwrap();
        let mapping = prepared(&file);
        let before = faults();
        for word in mapping.words().iter().step_by(WORDS_OF_PAGE) {
            channel::words_in(slice::from_ref(word), &[1; 8]);
        }
        let faults = faults() - before;
        assert!(faults < PAGES / 4, "{faults} page faults in {PAGES} pages");
    }

    #[test]
    fn a_file_with_holes_takes_no_memory_until_it_is_written_to() {
        let file = memory();
        let mapping = prepared(&file);
        assert_eq!(file.metadata().unwrap().blocks(), 0, "of {} words", mapping.words().len());
    }
}
