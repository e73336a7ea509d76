//! What the system lets a producer do, beside what its configuration asks for.
//!
//! The limits are those of the process that writes the region; without one those of its unit; without a
//! unit those of this process, whose shell would start it.

use std::fs;

use settings::{Settings, Source, is_pattern};

use super::configured::Configured;
use super::id::Id;
use super::report::Report;
use super::units::{Unit, Units};

/// Descriptors of a producer beside those of its regions.
const OWN_DESCRIPTORS: u64 = 16;
/// So much locked memory is enough for a producer and most regions: one of a small region has 8 MB of address space,
/// all of which counts (`VmSize` in `/proc`; release build, x86-64 Linux 6.18, 2026-11-27).
const ENOUGH_MEMORY: u64 = 256 << 20;
/// Capabilities that lift a limit, by their bits.
const CAP_IPC_LOCK: u64 = 1 << 14;
const CAP_SYS_NICE: u64 = 1 << 23;

/// Limits; `None` is unlimited.
#[derive(Debug, PartialEq, Eq)]
struct Limits {
    whose: String,
    open_files: Option<u64>,
    locked_memory: Option<u64>,
    priority: Option<u64>,
    capabilities: u64,
    /// Bytes that are locked already.
    locked: u64,
}

/// Reports the limits that do not allow what `config` asks for. `writer` is the process that publishes it.
pub(super) fn check(config: &Configured, units: &Units, writer: Option<u64>, report: &mut Report) {
    let unit = config.unit_in(units);
    let of_writer =
        writer.and_then(|pid| Limits::of_process(&pid.to_string(), format!("process {pid}")));
    let of_unit = || unit.map(Limits::of_unit);
    let own = || Limits::of_process("self", "this shell".into());
    let Some(limits) = of_writer.or_else(of_unit).or_else(own) else {
        return report.unchecked("limits: /proc cannot be read");
    };
    let about = config.path.to_string_lossy();
    for (id, fact, directive) in limits.too_low(&config.settings) {
        report.add_about(id, &about, fact, step(unit, directive));
    }
}

/// What to type for a directive of systemd.exec(5), or for the matching option of `ulimit`.
fn step(unit: Option<&Unit>, (directive, ulimit): (String, String)) -> String {
    match unit {
        Some(unit) => format!("systemctl edit {}, and write [Service] {directive}", unit.name()),
        None => format!("ulimit {ulimit} in the shell that starts it, or start it as root"),
    }
}

impl Limits {
    /// Those of the process `pid` in /proc.
    fn of_process(pid: &str, whose: String) -> Option<Self> {
        let limits = fs::read_to_string(format!("/proc/{pid}/limits")).ok()?;
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let value =
            |key: &str| status.lines().find_map(|line| line.strip_prefix(key)).map(str::trim);
        let capabilities = value("CapEff:").and_then(|hex| u64::from_str_radix(hex, 16).ok());
        let locked = value("VmLck:").and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
        let [_, open_files] = in_table(&limits, "Max open files");
        let [locked_memory, _] = in_table(&limits, "Max locked memory");
        let [priority, _] = in_table(&limits, "Max realtime priority");
        Some(Self {
            whose,
            open_files,
            locked_memory,
            priority,
            capabilities: capabilities.unwrap_or(0),
            locked: locked.unwrap_or(0),
        })
    }

    /// Those of a unit, whose user has no capabilities.
    fn of_unit(unit: &Unit) -> Self {
        Self {
            whose: unit.name().to_owned(),
            open_files: unit.property("LimitNOFILE").parse().ok(),
            locked_memory: unit.property("LimitMEMLOCK").parse().ok(),
            priority: unit.property("LimitRTPRIO").parse().ok(),
            capabilities: 0,
            locked: 0,
        }
    }

    /// What `settings` ask for and these limits do not allow, and the directive that does.
    fn too_low(&self, settings: &Settings) -> Vec<(Id, String, (String, String))> {
        let mut found = Vec::new();
        let whose = &self.whose;
        let needed = descriptors(settings);
        if let Some(limit) = self.open_files.filter(|limit| *limit < needed) {
            let taken = daemon::counted(needed, "descriptor");
            let fact = format!("it takes {taken}, and {whose} may have {limit}");
            let directive = (format!("LimitNOFILE={needed}"), format!("-n {needed}"));
            found.push((Id::LimitNofile, fact, directive));
        }
        let producer = &settings.producer;
        let may_lock = self.capabilities & CAP_IPC_LOCK != 0 || self.locked > 0;
        let locks = producer.lock_memory && !may_lock;
        if let Some(limit) = self.locked_memory.filter(|limit| locks && *limit < ENOUGH_MEMORY) {
            let bytes = daemon::counted(limit, "byte");
            let fact = format!(
                "lock_memory = true, and {whose} may lock {bytes}, which may not be enough"
            );
            let directive = "LimitMEMLOCK=infinity SystemCallFilter=@resources".to_owned();
            found.push((Id::LimitMemlock, fact, (directive, "-l unlimited".into())));
        }
        let priority = producer.priority.filter(|_| self.capabilities & CAP_SYS_NICE == 0);
        if let Some((wanted, limit)) = priority.map(u64::from).zip(self.priority)
            && wanted > limit
        {
            let fact = format!("priority = {wanted}, and {whose} may have {limit}");
            let directive =
                format!("LimitRTPRIO={wanted} RestrictRealtime=no SystemCallFilter=@resources");
            found.push((Id::LimitRtprio, fact, (directive, format!("-r {wanted}"))));
        }
        found
    }
}

/// The soft and the hard limit called `name` in `/proc/PID/limits`.
fn in_table(limits: &str, name: &str) -> [Option<u64>; 2] {
    let columns = limits.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let mut columns = columns.split_whitespace().map(|column| column.parse().ok());
    [columns.next().flatten(), columns.next().flatten()]
}

/// Descriptors of a producer of this configuration.
fn descriptors(settings: &Settings) -> u64 {
    let files = settings.record.sources.iter().filter(|source| match source {
        // The files that match a pattern are read one after another.
        Source::File(file) => !file.paths.iter().all(|path| is_pattern(path)),
        _ => false,
    });
    let region = 2 + u64::from(settings.producer.input.is_some());
    OWN_DESCRIPTORS + region + files.count() as u64
}

#[cfg(test)]
mod tests {
    use settings::Settings;

    use super::{Id, Limits, in_table};

    #[test]
    fn a_limit_of_locked_memory_is_reported_only_if_it_may_not_be_enough() {
        let config = "[region]\nname = \"x\"\n[producer]\nlock_memory = true\n[record]\nname = \"X\"\n\
            [[record.field]]\nname = \"k\"\ntype = \"u8\"\nsource = { const = 7 }\n";
        let settings = Settings::parse(config, "x.toml").expect("settings");
        let ids = |locked_memory| {
            let whose = "this shell".to_owned();
            let (open_files, priority) = (None, None);
            let limits =
                Limits { whose, open_files, locked_memory, priority, capabilities: 0, locked: 0 };
            let found = limits.too_low(&settings);
            found.into_iter().map(|(id, ..)| id).collect::<Vec<_>>()
        };
        assert_eq!((ids(Some(8 << 20)), ids(Some(1 << 30))), (vec![Id::LimitMemlock], vec![]));
        assert_eq!(ids(None), []);
    }

    #[test]
    fn the_soft_and_the_hard_limit_are_read_and_unlimited_is_none() {
        let table = "Limit                     Soft Limit           Hard Limit           Units     \n\
                     Max open files            1024                 524288               files     \n\
                     Max locked memory         unlimited            unlimited            bytes     \n";
        assert_eq!(in_table(table, "Max open files"), [Some(1024), Some(524_288)]);
        assert_eq!(in_table(table, "Max locked memory"), [None, None]);
    }
}
