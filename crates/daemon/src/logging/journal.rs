//! systemd's journal, by its native protocol: one datagram per event, one `FIELD=value` per line.
//!
//! Invariant: sending never waits. The sink retries or drops an entry for which the journal has no
//! room. `tracing-journald` blocks in `sendto` until the socket is read.
//!
//! ```text
//! PRIORITY=4
//! TARGET=producer
//! SYSLOG_IDENTIFIER=mapcast-producer
//! MESSAGE=line 7 skipped: not JSON
//! MAPCAST_REGION=/run/mapcast/stu.region
//! ```
//!
//! Price: one system call an event. Entries are too short to need a memfd.

use std::fmt::Write as _;
use std::io::{self, ErrorKind};
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use tracing::Level;

use super::entry::{Entry, short, shown};
use super::sink::{Outcome, Outlet};

/// Where the journal listens.
const SOCKET: &str = "/run/systemd/journal/socket";
/// What the names of an event's own fields begin with.
const PREFIX: &str = "MAPCAST_";

/// The sending end of the journal's socket.
#[derive(Debug)]
pub(super) struct Journal {
    socket: UnixDatagram,
}

impl Journal {
    /// The journal of this machine.
    ///
    /// # Errors
    /// No journal is listening.
    pub(super) fn open() -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        // An empty datagram, which the journal ignores, shows whether it is listening.
        match socket.send_to(&[], SOCKET) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
            _ => Ok(Self { socket }),
        }
    }
}

impl Outlet for Journal {
    fn offer(&mut self, entry: &[u8]) -> Outcome {
        match self.socket.send_to(entry, SOCKET) {
            Ok(_) => Outcome::Taken(entry.len()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Outcome::NoRoom,
            Err(_) => Outcome::Failed,
        }
    }

    fn name(&self) -> &'static str {
        "the journal's socket"
    }
}

/// `entry` in the journal's format. No value has a line break: the entry has escaped them.
pub(super) fn datagram(entry: &Entry) -> Vec<u8> {
    let mut text = format!("PRIORITY={}\nTARGET={}\n", priority(entry.level), entry.target);
    if let Some((file, line)) = entry.place {
        let _ = writeln!(text, "CODE_FILE={file}\nCODE_LINE={line}");
    }
    let _ = writeln!(text, "SYSLOG_IDENTIFIER={}\nMESSAGE={}", identifier(), entry.message);
    for (name, value) in &entry.fields {
        let name = name.to_ascii_uppercase().replace('.', "_");
        let _ = writeln!(text, "{PREFIX}{name}={}", shown(value));
    }
    text.into_bytes()
}

/// As `syslog(3)` counts.
fn priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        _ => 7,
    }
}

/// The name under which this program was started.
fn identifier() -> String {
    let program = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&program).file_name().unwrap_or_default();
    short(&name.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::testing::logged;

    #[test]
    fn no_text_in_an_entry_can_add_a_field() {
        let text = logged(Format::Journal, || {
            tracing::warn!(region = %"/x\nPRIORITY=0", epoch = 2_u64, "a\nPRIORITY=0");
        });
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..2], ["PRIORITY=4", "TARGET=daemon::logging::journal::tests"]);
        assert!(lines[2].starts_with("CODE_FILE=") && lines[3].starts_with("CODE_LINE="), "{text}");
        assert!(lines[4].starts_with("SYSLOG_IDENTIFIER=daemon-"), "{text}");
        let rest = ["MESSAGE=a PRIORITY=0", "MAPCAST_REGION=/x PRIORITY=0", "MAPCAST_EPOCH=2"];
        assert_eq!(lines[5..], rest);
    }

    #[test]
    fn levels_are_priorities() {
        let text = logged(Format::Journal, || {
            tracing::error!("e");
            tracing::info!("i");
            tracing::debug!("d");
            tracing::trace!("t");
        });
        let priorities: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("PRIORITY=")).collect();
        assert_eq!(priorities, ["3", "6", "7", "7"]);
    }
}
