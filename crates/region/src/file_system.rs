//! Which file systems cannot hold a region.
//!
//! A region is a file that can be given a length, written to, locked, renamed and mapped. Where one
//! of these fails, the error number blames rights, names or arguments; the real cause is the file
//! system. It shows in two ways: by its type, where the kernel itself makes every
//! file, or by a call that no file system for data refuses in this way.

use rustix::fd::AsFd;
use rustix::fs::FsWord;
use std::io;

/// `statfs(2)` types of file systems whose files are the kernel's own.
const KERNELS_OWN: [FsWord; 20] = [
    0x0000_9fa0, // proc
    0x6265_6572, // sysfs
    0x0027_e0eb, // cgroup
    0x6367_7270, // cgroup2
    0x7472_6163, // tracefs
    0x6462_6720, // debugfs
    0x7363_6673, // securityfs
    0x6265_6570, // configfs
    0xcafe_4a11, // bpf
    0x4249_4e4d, // binfmt_misc
    0x6165_676c, // pstore
    0xde5e_81e4, // efivarfs
    0xf97c_ff8c, // selinuxfs
    0x4341_5d53, // smackfs
    0x6573_5543, // fusectl
    0x6e73_6673, // nsfs
    0x0000_1cd1, // devpts
    0x0000_0187, // autofs
    0x1980_0202, // mqueue
    0x9584_58f6, // hugetlbfs: it can be mapped, but not written to
];

/// Whether `file` is on a file system whose files are the kernel's own.
pub(crate) fn is_kernels_own(file: impl AsFd) -> bool {
    rustix::fs::fstatfs(file).is_ok_and(|fs| KERNELS_OWN.contains(&fs.f_type))
}

/// Whether no file system for data fails `call` on a regular file like this.
pub(crate) fn cannot_do(call: &str, err: &io::Error) -> bool {
    let Some(number) = err.raw_os_error() else { return false };
    match call {
        // FUSE with direct I/O, for example.
        "mmap" => number == libc::ENODEV,
        "pwrite" | "pread" => [libc::EINVAL, libc::ENODEV, libc::EOPNOTSUPP].contains(&number),
        "lock" | "wait" => {
            [libc::EINVAL, libc::ENOLCK, libc::EOPNOTSUPP, libc::ENOSYS].contains(&number)
        }
        _ => false,
    }
}
