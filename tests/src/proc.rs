//! What the kernel says about a process under test: proc(5).

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// How `pid` has `file` mapped: the permissions of each mapping, such as `r--s`, from
/// /proc/PID/maps.
pub fn mappings(pid: u32, file: &Path) -> Vec<String> {
    let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).expect("maps of a child");
    maps.lines()
        .filter_map(|line| {
            // ADDRESSES PERMISSIONS OFFSET DEVICE INODE      PATH
            let mut words = line.splitn(6, ' ');
            let permissions = words.nth(1)?;
            let path = words.nth(3)?.trim_start();
            (Path::new(path) == file).then(|| permissions.to_owned())
        })
        .collect()
}

/// How `pid` has `file` open: `O_RDONLY`, `O_WRONLY` or `O_RDWR` for each descriptor, from
/// /proc/PID/fdinfo.
pub fn open_modes(pid: u32, file: &Path) -> Vec<&'static str> {
    let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).expect("descriptors of a child");
    descriptors
        .filter_map(|entry| {
            let entry = entry.ok()?;
            (fs::read_link(entry.path()).ok()? == file).then_some(())?;
            let number = entry.file_name().into_string().ok()?;
            let info = fs::read_to_string(format!("/proc/{pid}/fdinfo/{number}")).ok()?;
            let flags = info.lines().find_map(|line| line.strip_prefix("flags:"))?;
            let flags = u32::from_str_radix(flags.trim(), 8).ok()?;
            Some(["O_RDONLY", "O_WRONLY", "O_RDWR", "?"][(flags & 3) as usize])
        })
        .collect()
}

/// The numbers of the descriptors that `pid` has, from /proc/PID/fd.
pub fn descriptors(pid: u32) -> BTreeSet<u64> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).expect("descriptors of a child");
    entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()?.parse().ok()).collect()
}

/// The number behind `name` in /proc/PID/status, without its unit.
#[track_caller]
pub fn status(pid: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a running process");
    let found = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let number = found.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.unwrap_or_else(|| panic!("no {name} in {status}"))
}

/// The process that `pid` has started and waits for.
#[track_caller]
pub fn only_child(pid: u32) -> u32 {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let children = fs::read_to_string(path).expect("the children of a child");
    children.trim().parse().unwrap_or_else(|_| panic!("not one child: {children:?}"))
}

/// How many descriptors and how many mappings `pid` has of files whose name contains `part`,
/// deleted ones too.
pub fn held(pid: u32, part: &str) -> (usize, usize) {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).expect("descriptors of a child");
    let open = entries.filter(|entry| {
        let link = entry.as_ref().ok().and_then(|entry| fs::read_link(entry.path()).ok());
        link.is_some_and(|link| link.to_string_lossy().contains(part))
    });
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).expect("maps of a child");
    (open.count(), maps.lines().filter(|line| line.contains(part)).count())
}
