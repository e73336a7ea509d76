//! What the regions of a host hold: mirrors, and what its bridge says about them.

use std::path::PathBuf;
use std::time::Duration;

use e2e::Daemon;
use layout::RecordBuf;
use region::{DynInstanceReader, DynReader, State};

use crate::net::Host;
use crate::source::number_of;

impl Host {
    /// Where its region `name` is.
    pub(crate) fn region(&self, name: &str) -> PathBuf {
        self.place.path(&format!("{name}.region"))
    }

    /// A reader of its region `name`, which is there.
    pub(crate) fn reader(&self, name: &str) -> DynReader {
        DynReader::open(self.region(name)).expect("a region")
    }

    /// The number in the newest record of its region `name`; 0 if there is none.
    pub(crate) fn number(&self, name: &str) -> u64 {
        DynReader::open(self.region(name))
            .ok()
            .and_then(|mut reader| newest(&mut reader))
            .unwrap_or(0)
    }

    pub(crate) fn state(&self, name: &str) -> Option<State> {
        Some(DynReader::open(self.region(name)).ok()?.state())
    }

    /// Fields of a mirror's row in the bridge's own region, as text.
    pub(crate) fn row<const N: usize>(
        &self,
        mirror: &str,
        names: [&str; N],
    ) -> Option<[String; N]> {
        let mut reader = DynInstanceReader::open(self.region("bridge")).ok()?;
        let instance = reader.find(mirror)?;
        let mut record = RecordBuf::new(reader.schema().clone());
        reader.latest(instance, record.bytes_mut()).ok()??;
        let fields = reader.schema().fields().to_vec();
        Some(names.map(|name| {
            let field = fields.iter().find(|field| field.name() == name).expect("a field");
            record.view().shown(field, None).to_string()
        }))
    }

    /// The same as numbers.
    pub(crate) fn numbers<const N: usize>(
        &self,
        mirror: &str,
        names: [&str; N],
    ) -> Option<[u64; N]> {
        Some(self.row(mirror, names)?.map(|text| text.parse().expect("a number")))
    }

    /// What its bridge says about the link of a mirror; empty if it has no row.
    pub(crate) fn link(&self, mirror: &str) -> String {
        self.row(mirror, ["link"]).map_or_else(String::new, |[link]| link)
    }

    /// How old the newest record of a mirror was when it came.
    pub(crate) fn age(&self, mirror: &str) -> Duration {
        let [published, received] = self.numbers(mirror, ["published", "received"]).expect("a row");
        Duration::from_nanos(received.saturating_sub(published))
    }
}

/// The number in the newest record; `None` if there is none, or it cannot be read.
pub(crate) fn newest(reader: &mut DynReader) -> Option<u64> {
    let mut record = vec![0; reader.schema().size() as usize];
    reader.latest(&mut record).ok()??;
    Some(number_of(&record))
}

/// Processor time of a process in hundredths of a second, its resident memory and the most it had, in KiB, and its
/// descriptors.
pub(crate) struct Usage {
    pub(crate) ticks: u64,
    pub(crate) resident: u64,
    pub(crate) most: u64,
    pub(crate) descriptors: usize,
}

impl Usage {
    pub(crate) fn of(daemon: &Daemon) -> Self {
        let read = |file: &str| {
            std::fs::read_to_string(format!("/proc/{}/{file}", daemon.pid())).expect("a process")
        };
        let (stat, status) = (read("stat"), read("status"));
        let (_, fields) = stat.rsplit_once(')').expect("a name");
        let fields: Vec<u64> =
            fields.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect();
        let kib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let word = line.and_then(|line| line.split_whitespace().next());
            word.and_then(|word| word.parse().ok()).expect("KiB")
        };
        let descriptors = std::fs::read_dir(format!("/proc/{}/fd", daemon.pid()));
        Self {
            ticks: fields[11] + fields[12],
            resident: kib("VmRSS:"),
            most: kib("VmHWM:"),
            descriptors: descriptors.expect("a process").count(),
        }
    }
}
