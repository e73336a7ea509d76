//! The machine that was measured on, and where on it.

use crate::Failure;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::fs;
use std::time::SystemTime;

/// One line: processors, their model, kernel, load and date.
pub fn line() -> String {
    let model = model().unwrap_or_else(|| "unknown processor".into());
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let (kernel, load) = (read("/proc/sys/kernel/osrelease"), read("/proc/loadavg"));
    let load = load.split(' ').next().unwrap_or_default();
    let count = usable().map_or(1, |usable| usable.len());
    let date = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let day = date.split('T').next().unwrap_or_default();
    format!("{count} processors ({model}), Linux {}, load {load}, {day}", version(&kernel))
}

/// The first two numbers of the kernel's version: what follows them is the builder's own.
fn version(release: &str) -> String {
    release.trim().split('.').take(2).collect::<Vec<_>>().join(".")
}

fn model() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The numbers of the processors that this process may use.
pub fn usable() -> Result<Vec<usize>, Failure> {
    let allowed = sched_getaffinity(None)?;
    Ok((0..CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu)).collect())
}

/// Two of them, or one twice if there is no other.
pub fn two() -> Result<[usize; 2], Failure> {
    let usable = usable()?;
    let first = *usable.first().ok_or("no processor")?;
    Ok([first, usable.get(1).copied().unwrap_or(first)])
}

/// Keeps the calling thread on one processor of those it may use: the first, or the one after.
///
/// Two processes that wait for each other are faster on one processor when they sleep, and stand
/// still on one when they spin. Each side of a ping-pong gets its own.
pub fn stay_on(index: usize) -> Result<(), Failure> {
    go_to(*usable()?.get(index).ok_or("a ping_pong needs two processors")?)
}

/// Keeps the calling thread on the processor of this number, wherever its parent stays.
pub fn go_to(processor: usize) -> Result<(), Failure> {
    let mut one = CpuSet::new();
    one.set(processor);
    Ok(sched_setaffinity(None, &one)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_has_a_line_of_its_own() {
        let line = line();
        assert!(line.contains(" processors (") && line.contains("Linux "), "{line}");
    }

    #[test]
    fn the_version_of_the_kernel_is_two_numbers() {
        assert_eq!(version("6.18.44-fc-v769\n"), "6.18");
        assert_eq!(version("6.18-rc1\n"), "6.18-rc1");
    }
}
