//! The process that writes a region: its user and its unit.
//!
//! The region has the process id that the writer wrote down. It is for people: the process may live in
//! another pid namespace, and `/proc` may be restricted.

use std::fs;
use std::os::unix::fs::MetadataExt;

use nix::unistd::{Gid, Group, Uid, User};
use serde::Serialize;

/// A process that writes a region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Writer {
    pub(crate) pid: u64,
    /// The name of its user, or the number of one without a name; `None` if `/proc` does not show it.
    pub(crate) user: Option<String>,
    /// The systemd unit it belongs to.
    pub(crate) unit: Option<String>,
}

impl Writer {
    /// The process `pid`; `None` for 0, which says nothing.
    pub(crate) fn of(pid: u64) -> Option<Self> {
        let proc = format!("/proc/{pid}");
        let user = fs::metadata(&proc).ok().map(|process| user_name(process.uid()));
        let unit = fs::read_to_string(format!("{proc}/cgroup")).ok().and_then(|text| unit(&text));
        (pid != 0).then_some(Self { pid, user, unit })
    }

    /// `831 (drone, mapcast-producer@drone.service)`.
    pub(crate) fn text(&self) -> String {
        self.with(self.user.iter().chain(&self.unit))
    }

    /// `831 (drone)`.
    pub(crate) fn process_and_user(&self) -> String {
        self.with(self.user.iter())
    }

    fn with<'a>(&self, about: impl Iterator<Item = &'a String>) -> String {
        let about: Vec<_> = about.map(String::as_str).collect();
        if about.is_empty() {
            self.pid.to_string()
        } else {
            format!("{} ({})", self.pid, about.join(", "))
        }
    }
}

/// The name of a user, or its number.
pub(crate) fn user_name(uid: u32) -> String {
    let named = User::from_uid(Uid::from_raw(uid)).ok().flatten();
    named.map_or_else(|| uid.to_string(), |user| user.name)
}

/// The name of a group, or its number.
pub(crate) fn group_name(gid: u32) -> String {
    let named = Group::from_gid(Gid::from_raw(gid)).ok().flatten();
    named.map_or_else(|| gid.to_string(), |group| group.name)
}

/// The kinds of unit that have processes.
const KINDS: [&str; 3] = ["service", "scope", "socket"];

/// The innermost service, scope or socket in the control groups of a process, as `/proc/PID/cgroup`
/// lists them: `0::/system.slice/mapcast-producer@stu.service`.
fn unit(cgroups: &str) -> Option<String> {
    let path = cgroups.lines().find_map(|line| {
        line.strip_prefix("0::").or_else(|| line.split_once(":name=systemd:").map(|(_, path)| path))
    })?;
    let is_unit =
        |part: &&str| part.rsplit_once('.').is_some_and(|(_, kind)| KINDS.contains(&kind));
    path.rsplit('/').find(is_unit).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{Writer, unit};

    #[test]
    fn the_unit_is_the_innermost_service_of_either_version_of_cgroups() {
        let unit = |text| unit(text).unwrap_or_default();
        assert_eq!(
            unit("0::/system.slice/mapcast-producer@stu.service\n"),
            "mapcast-producer@stu.service"
        );
        assert_eq!(unit("8:pids:/x\n9:name=systemd:/user.slice/a.scope\n"), "a.scope");
        assert_eq!(unit("0::/user.slice/user@0.service/app.slice/x.service/sub\n"), "x.service");
        assert_eq!(unit("0::/\n"), "");
    }

    #[test]
    fn this_process_has_a_user_and_no_process_is_number_0() {
        let own = Writer::of(std::process::id().into()).expect("a pid");
        assert!(own.user.is_some());
        assert_eq!(Writer::of(0), None);
    }
}
