//! Facts about a process under test, from proc(5).

use std::collections::BTreeSet;
use std::fmt;
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

/// The number after `name` in /proc/PID/status, without its unit.
#[track_caller]
pub fn status(pid: u32, name: &str) -> u64 {
    Status::of(pid).number(name)
}

/// The content of /proc/PID/status at one moment.
struct Status(String);

impl Status {
    #[track_caller]
    fn of(pid: u32) -> Self {
        Self(fs::read_to_string(format!("/proc/{pid}/status")).expect("a running process"))
    }

    #[track_caller]
    fn number(&self, name: &str) -> u64 {
        let found = self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let number = found.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        number.unwrap_or_else(|| panic!("no {name} in {}", self.0))
    }
}

/// Whether each thread of `pid` is stopped. kill(2) returns earlier: a thread that runs on another processor continues
/// until it enters the kernel.
pub fn is_stopped(pid: u32) -> bool {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("threads of a child");
    threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("stat")).ok()).all(
        // PID (NAME) STATE ...
        |stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T')),
    )
}

/// The only child of `pid`.
#[track_caller]
pub fn only_child(pid: u32) -> u32 {
    let children = children(pid);
    let [child] = children[..] else { panic!("not one child: {children:?}") };
    child
}

/// The first child of `pid`; `None` if it has none, or has ended.
pub fn first_child(pid: u32) -> Option<u32> {
    children(pid).first().copied()
}

fn children(pid: u32) -> Vec<u32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let children = fs::read_to_string(path).unwrap_or_default();
    children.split_whitespace().map(|child| child.parse().expect("a process id")).collect()
}

/// How many descriptors and how many mappings `pid` has of files whose name contains `part`,
/// deleted ones too. The directories that the file is in do not count.
pub fn held(pid: u32, part: &str) -> (usize, usize) {
    let is_it = |path: &str| path.rsplit('/').next().is_some_and(|name| name.contains(part));
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).expect("descriptors of a child");
    let open = entries.filter(|entry| {
        let link = entry.as_ref().ok().and_then(|entry| fs::read_link(entry.path()).ok());
        link.is_some_and(|link| is_it(&link.to_string_lossy()))
    });
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).expect("maps of a child");
    (open.count(), maps.lines().filter(|line| is_it(line)).count())
}

/// The resources of a process at one moment, as the kernel reports them; memory in KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// Open descriptors.
    pub descriptors: u64,
    /// Mappings of its address space.
    pub mappings: u64,
    /// Threads.
    pub threads: u64,
    /// Resident memory (`VmRSS`).
    pub rss: u64,
    /// The anonymous part of it (`RssAnon`): heap and stacks.
    pub anonymous: u64,
    /// Address space for heap, stacks and other private data (`VmData`).
    pub data: u64,
}

impl Footprint {
    /// The resources of `pid` now.
    pub fn of(pid: u32) -> Self {
        let status = Status::of(pid);
        let count = |what: &str| lines_of(pid, what);
        Self {
            descriptors: fs::read_dir(format!("/proc/{pid}/fd")).expect("descriptors").count()
                as u64,
            mappings: count("maps"),
            threads: status.number("Threads"),
            rss: status.number("VmRSS"),
            anonymous: status.number("RssAnon"),
            data: status.number("VmData"),
        }
    }

    /// Parses a line as [`Display`](fmt::Display) writes it.
    pub fn parse(line: &str) -> Option<Self> {
        let value = |name: &str| {
            let mut words = line.split(' ').filter_map(|word| word.split_once('='));
            words.find(|(key, _)| *key == name)?.1.parse().ok()
        };
        Some(Self {
            descriptors: value("descriptors")?,
            mappings: value("mappings")?,
            threads: value("threads")?,
            rss: value("rss")?,
            anonymous: value("anonymous")?,
            data: value("data")?,
        })
    }
}

impl fmt::Display for Footprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { descriptors, mappings, threads, rss, anonymous, data } = self;
        write!(
            f,
            "descriptors={descriptors} mappings={mappings} threads={threads} rss={rss} \
             anonymous={anonymous} data={data}"
        )
    }
}

/// How many threads `pid` has.
pub fn threads(pid: u32) -> u64 {
    status(pid, "Threads")
}

/// How often the threads of `pid` have gone to sleep voluntarily.
pub fn sleeps(pid: u32) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("threads of a child");
    let tasks = tasks.filter_map(|task| task.ok()?.file_name().into_string().ok()?.parse().ok());
    tasks.map(|task: u32| status(task, "voluntary_ctxt_switches")).sum()
}

fn lines_of(pid: u32, file: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/{file}")).expect("a file of a child");
    text.lines().count() as u64
}
