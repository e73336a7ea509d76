//! The file of a region: its mode, owner and file system.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use mapcast::State;
use nix::sys::statfs::{FsType, OVERLAYFS_SUPER_MAGIC, TMPFS_MAGIC, statfs};
use serde::Serialize;

use crate::writer::{group_name, user_name};

/// A file, as people ask about it; the parts that the system does not say are `None`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FileFacts {
    size: Option<u64>,
    mode: Option<String>,
    user: Option<String>,
    group: Option<String>,
    file_system: Option<&'static str>,
}

impl FileFacts {
    pub(crate) fn of(path: &Path) -> Self {
        let file = fs::metadata(path).ok();
        let file = file.as_ref();
        Self {
            size: file.map(Metadata::len),
            mode: file.map(|file| format!("{:04o}", file.mode() & 0o7777)),
            user: file.map(|file| user_name(file.uid())),
            group: file.map(|file| group_name(file.gid())),
            file_system: file_system(path),
        }
    }

    /// `3456 bytes, mode 0644, root:root, in memory`.
    pub(crate) fn text(&self) -> String {
        let owner = self.user.as_ref().zip(self.group.as_ref());
        let parts = [
            self.size.map(|size| daemon::counted(size, "byte")),
            self.mode.as_ref().map(|mode| format!("mode {mode}")),
            owner.map(|(user, group)| format!("{user}:{group}")),
            self.file_system.map(str::to_owned),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// What is wrong with a region in `state` in such a file.
    pub(crate) fn warnings(&self, state: State) -> Vec<String> {
        let mut warnings = Vec::new();
        match self.file_system {
            Some(DISK) => warnings.push(
                "the file is on a disk: write-back can delay the writer; use a directory in memory".into(),
            ),
            Some(OVERLAY) => warnings.push(
                "the file is on overlayfs, where a name can mean two files; use a directory in memory".into(),
            ),
            _ => {}
        }
        match state {
            State::Dead => warnings.push("its writer ended without closing it".into()),
            State::Stalled => warnings.push("its writer has missed its heartbeats".into()),
            State::Stale => warnings.push("it is from an earlier boot of the machine".into()),
            _ => {}
        }
        warnings
    }
}

const MEMORY: &str = "in memory";
pub(crate) const OVERLAY: &str = "on overlayfs";
pub(crate) const DISK: &str = "on a disk";

/// Where the file at `path` is; `None` if the system does not say.
pub(crate) fn file_system(path: &Path) -> Option<&'static str> {
    statfs(path).ok().map(|of| kind(of.filesystem_type()))
}

fn kind(of: FsType) -> &'static str {
    match of {
        TMPFS_MAGIC => MEMORY,
        OVERLAYFS_SUPER_MAGIC => OVERLAY,
        _ => DISK,
    }
}
