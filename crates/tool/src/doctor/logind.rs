//! `RemoveIPC=`: whether logind deletes what a user has in `/dev/shm` when its last session ends.
//!
//! See logind.conf(5). It deletes files in directories there, too. System users are spared, and those that
//! linger, because they never log out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::id::Id;
use super::path_walk::PathWalk;
use super::report::{Report, shell_word};
use crate::writer::user_name;

/// Where its configuration is; the first directory has precedence.
const FOLDERS: [&str; 4] =
    ["/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd"];
/// The first number of an ordinary user.
const FIRST_USER: u32 = 1000;

/// Reports that logind will delete the file at the end of `walk`.
pub(super) fn check(walk: &PathWalk, report: &mut Report) {
    let Some(file) = walk.file().filter(|file| file.path.starts_with("/dev/shm")) else { return };
    let is_running = Path::new("/run/systemd/users").exists();
    if file.uid < FIRST_USER || !is_running || !removes(&FOLDERS.map(Path::new)) {
        return;
    }
    let user = user_name(file.uid);
    if Path::new("/var/lib/systemd/linger").join(&user).exists() {
        return;
    }
    let fact = format!("logind deletes the regions of {user} in it at logout (RemoveIPC=yes)");
    let step = format!("loginctl enable-linger {}", shell_word(Path::new(&user)));
    let directory = file.path.parent().unwrap_or(&file.path);
    report.add(Id::RemoveIpc, directory, fact, step);
}

/// Whether `RemoveIPC=` is on, by the files in `folders`: it is unless one switches it off.
fn removes(folders: &[&Path]) -> bool {
    let main = folders.iter().find_map(|dir| fs::read_to_string(dir.join("logind.conf")).ok());
    let drop_ins = drop_ins(folders).into_iter().filter_map(|path| fs::read_to_string(path).ok());
    let mut values = main.into_iter().chain(drop_ins).filter_map(|text| value_in(&text));
    values.next_back().unwrap_or(true)
}

/// The drop-ins by their names, each from the first folder that has it.
fn drop_ins(folders: &[&Path]) -> Vec<PathBuf> {
    let mut named = BTreeMap::new();
    for folder in folders.iter().rev() {
        let entries = fs::read_dir(folder.join("logind.conf.d")).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            if path.extension().is_some_and(|ending| ending == "conf") {
                named.insert(path.file_name().map(ToOwned::to_owned), path);
            }
        }
    }
    named.into_values().collect()
}

/// The last value in one file.
fn value_in(text: &str) -> Option<bool> {
    let values = text.lines().filter_map(|line| line.trim().split_once('='));
    let values = values.filter(|(key, _)| key.trim() == "RemoveIPC");
    let mut values = values.map(|(_, value)| value.trim().to_ascii_lowercase());
    values.next_back().map(|value| !["no", "n", "false", "f", "off", "0"].contains(&&*value))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::removes;

    #[test]
    fn the_last_file_by_name_decides_and_a_folder_hides_the_later_ones() {
        let dir = tempfile::tempdir().expect("a directory");
        let (etc, usr) = (dir.path().join("etc"), dir.path().join("usr"));
        let folders = [etc.as_path(), usr.as_path()];
        let write = |path: &Path, text: &str| {
            fs::create_dir_all(path.parent().expect("a folder")).expect("mkdir");
            fs::write(path, text).expect("write");
        };
        assert!(removes(&folders), "the default");
        write(&usr.join("logind.conf"), "[Login]\nRemoveIPC=no\n");
        assert!(!removes(&folders));
        write(&etc.join("logind.conf"), "[Login]\n#RemoveIPC=no\n");
        assert!(removes(&folders), "the main file of /etc is the only one");
        write(&usr.join("logind.conf.d/50-x.conf"), "[Login]\n RemoveIPC = off\n");
        assert!(!removes(&folders));
        write(&etc.join("logind.conf.d/50-x.conf"), "");
        assert!(removes(&folders), "an empty file of the same name hides it");
        write(&etc.join("logind.conf.d/60-y.conf"), "[Login]\nRemoveIPC=0\n");
        assert!(!removes(&folders));
    }
}
