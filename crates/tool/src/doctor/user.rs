//! Users of this machine and their groups.

use std::ffi::CString;
use std::fs;

use nix::unistd::{self, Gid, getegid, geteuid, getgrouplist, getgroups};

use crate::writer::user_name;

/// A user, as permissions see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) groups: Vec<u32>,
}

impl User {
    /// The user of this process, with the groups that the process has.
    pub(super) fn current() -> Self {
        let uid = geteuid().as_raw();
        let mut groups = vec![getegid().as_raw()];
        groups.extend(getgroups().unwrap_or_default().into_iter().map(Gid::as_raw));
        Self { name: user_name(uid), uid, groups }
    }

    /// The user called `name`, with the groups that it gets when it logs in; or the one with this number,
    /// which need not have a name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let number = name.parse::<u32>().ok();
        let by_number = || unistd::User::from_uid(number?.into()).ok().flatten();
        let Some(user) = unistd::User::from_name(name).ok().flatten().or_else(by_number) else {
            return number.map(|uid| Self { name: name.to_owned(), uid, groups: Vec::new() });
        };
        let login = CString::new(user.name.clone()).ok()?;
        let groups = getgrouplist(&login, user.gid).unwrap_or_else(|_| vec![user.gid]);
        let groups = groups.into_iter().map(Gid::as_raw).collect();
        Some(Self { name: user.name, uid: user.uid.as_raw(), groups })
    }

    /// The users in `/etc/passwd`, in its order; and this process's, who may be known elsewhere.
    pub(super) fn all() -> Vec<Self> {
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let named = passwd.lines().filter_map(|line| Self::named(line.split(':').next()?));
        let mut users: Vec<Self> = named.collect();
        let current = Self::current();
        if users.iter().all(|user| user.uid != current.uid) {
            users.push(current);
        }
        users
    }

    pub(super) fn is_root(&self) -> bool {
        self.uid == 0
    }
}
