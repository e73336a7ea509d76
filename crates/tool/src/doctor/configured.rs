//! Configurations: the one that is given, and those of the services.

use std::fs;
use std::path::{Path, PathBuf};

use settings::{Address, Settings, SettingsError, SettingsErrorKind};

use super::examine::Case;
use super::id::Id;
use super::publishes::Publishes;
use super::report::{Report, shell_word};
use super::units::{Unit, Units};

/// Configurations of `mapcast-producer@NAME.service`, and of `mapcast-producer.service`.
const ALONE: &str = "/etc/mapcast";
const TOGETHER: &str = "/etc/mapcast/producer.d";
/// Where the regions of services are.
pub(super) const SYSTEM: [&str; 2] = ["/run/mapcast", "/dev/shm/mapcast"];

/// A configuration.
#[derive(Debug)]
pub(super) struct Configured {
    pub(super) path: PathBuf,
    pub(super) settings: Settings,
}

impl Configured {
    /// The one at `path`; what is wrong with it is reported.
    pub(super) fn load(path: &Path, report: &mut Report) -> Option<Self> {
        match Settings::load(path) {
            Ok(settings) => Some(Self { path: path.to_owned(), settings }),
            Err(error) => {
                add_broken(path, &error, report);
                None
            }
        }
    }

    /// The unit that publishes it, if it is one of the services'.
    pub(super) fn unit(&self) -> Option<String> {
        let folder = self.path.parent()?;
        if folder == Path::new(TOGETHER) {
            return Some("mapcast-producer.service".into());
        }
        let stem = self.path.file_stem()?.to_str()?;
        (folder == Path::new(ALONE)).then(|| unit_of(stem))
    }

    /// Whether it describes the region at `address`, whose file is `path`.
    pub(super) fn describes(&self, address: &Address, path: &Path) -> bool {
        let own = &self.settings.region.address;
        match own {
            Address::Name(name) => {
                own == address || SYSTEM.iter().any(|dir| path == file_of(Path::new(dir), name))
            }
            Address::Path(own) => own == path,
        }
    }

    /// What makes the producer that publishes it read it again, or takes the place of the writer.
    pub(super) fn reload(&self, units: &Units, case: &Case, writer: Option<u64>) -> String {
        let is_its_own = self.describes(&case.address, &case.path);
        if let Some(unit) = self.unit_in(units).filter(|_| is_its_own) {
            return format!("systemctl reload-or-restart {}", unit.name());
        }
        let mut start = self.start(units);
        if !is_its_own {
            let region = case.address.to_string();
            start = format!(
                "{} {} --region {}",
                producer(),
                shell_word(&self.path),
                shell_word(Path::new(&region))
            );
        }
        let Some(pid) = writer else { return start };
        match Publishes::of(pid, &self.path) {
            Publishes::This => format!("kill -HUP {pid}"),
            Publishes::Others(configs) => format!(
                "kill -HUP {pid}, after the change in what it publishes: {configs}; or kill {pid}, then {start}"
            ),
            Publishes::Input => {
                format!("kill {pid}, whose configuration came by its standard input, then {start}")
            }
            Publishes::NoProducer(name) => {
                format!("kill {pid}, which is {name} and no producer, then {start}")
            }
            Publishes::Unknown => {
                format!("kill {pid}, whose configuration this user cannot see, then {start}")
            }
        }
    }

    /// What starts its producer.
    pub(super) fn start(&self, units: &Units) -> String {
        match self.unit_in(units) {
            Some(unit) => format!("systemctl restart {}", unit.name()),
            None => format!("{} {}", producer(), shell_word(&self.path)),
        }
    }

    pub(super) fn unit_in<'u>(&self, units: &'u Units) -> Option<&'u Unit> {
        units.get(&self.unit()?)
    }
}

/// The unit of the region called `name`, if it has one of its own.
pub(super) fn unit_of(name: &str) -> String {
    format!("mapcast-producer@{name}.service")
}

/// The configuration of [`unit_of`] `name`: systemd knows a unit of the template for any name, also for one without it.
pub(super) fn config_of_unit(name: &str) -> PathBuf {
    Path::new(ALONE).join(format!("{name}.toml"))
}

/// The file of the region called `name` in `directory`.
pub(super) fn file_of(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{name}.region"))
}

/// The producer's name here: that of the package, or of `cargo install`.
pub(super) fn producer() -> &'static str {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = std::env::split_paths(&path).any(|dir| dir.join("mapcast-producer").exists());
    if is_there { "mapcast-producer" } else { "producer" }
}

/// The configurations of the services; those that cannot be read are left to [`broken`].
pub(super) fn installed() -> Vec<Configured> {
    let load = |path: PathBuf| {
        let settings = Settings::load(&path).ok()?;
        Some(Configured { path, settings })
    };
    files().into_iter().filter_map(load).collect()
}

/// Reports the configurations of services that cannot be read, and that `concerns` picks.
pub(super) fn broken(concerns: impl Fn(&Path) -> bool, report: &mut Report) {
    for path in files().into_iter().filter(|path| concerns(path)) {
        if let Err(error) = Settings::load(&path) {
            add_broken(&path, &error, report);
        }
    }
}

fn add_broken(path: &Path, error: &SettingsError, report: &mut Report) {
    let line = error.place.map_or_else(String::new, |place| format!("line {}: ", place.line));
    let key = error.key.as_ref().map_or_else(String::new, |key| format!("{key}: "));
    let step = match error.kind {
        SettingsErrorKind::Unreadable(_) => format!("ls -ld {}", shell_word(path)),
        _ => format!("{} {} --check, and correct what it names", producer(), shell_word(path)),
    };
    report.add(Id::BadConfiguration, path, format!("{line}{key}{}", error.kind), step);
}

fn files() -> Vec<PathBuf> {
    let entries = [ALONE, TOGETHER].map(fs::read_dir).into_iter().flatten().flatten().flatten();
    let is_config = |path: &PathBuf| {
        let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes()[0] == b'.');
        path.extension().is_some_and(|ending| ending == "toml") && !is_hidden
    };
    let mut files: Vec<_> = entries.map(|entry| entry.path()).filter(is_config).collect();
    files.sort();
    files
}
