//! Permissions of the copy: a file that another user has put there grants none.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, chown};

use e2e::{Place, Program};
use rustix::fs::XattrFlags;
use rustix::io::Errno;

use super::{another_user_does, copies, mode_of, set_mode, sticky};

/// A place that all users may enter, with a source of this mode.
fn stage(mode: u32) -> Place {
    let place = Place::new().open_to_all();
    place.write("source", "secret");
    set_mode(&place, "source", mode);
    place
}

fn own(place: &Place, name: &str, mode: u32) {
    let _ = fs::remove_file(place.path(name));
    fs::write(place.path(name), "old").expect("a file");
    set_mode(place, name, mode);
}

#[test]
fn the_mode_of_another_users_file_is_ignored() {
    let place = stage(0o600);
    sticky(&place, "sticky");
    let script = "umask 0; echo mine >sticky/wide; echo mine >sticky/narrow; chmod 0 sticky/narrow";
    let Some(()) = another_user_does(&place, script) else { return };
    for name in ["sticky/wide", "sticky/narrow"] {
        copies(&place, &format!("source {name}"));
        let meta = place.path(name).metadata().expect("a copy");
        assert_eq!((mode_of(&place, name), meta.uid()), (0o600, 0), "{name}");
    }
    another_user_does(&place, "! cat sticky/wide 2>&-").expect("another user");
}

#[test]
fn an_own_file_in_a_directory_of_others_grants_no_permission() {
    let place = stage(0o600);
    sticky(&place, "sticky");
    own(&place, "sticky/own", 0o666);
    own(&place, "log", 0o666);
    // Another user may make a hard link to a file that they may write to.
    fs::hard_link(place.path("log"), place.path("sticky/hard")).expect("a link");
    for name in ["sticky/own", "sticky/hard"] {
        copies(&place, &format!("source {name}"));
        assert_eq!(mode_of(&place, name), 0o600, "{name}");
    }
    set_mode(&place, "source", 0o644);
    own(&place, "sticky/own", 0o640);
    copies(&place, "source sticky/own");
    assert_eq!(mode_of(&place, "sticky/own"), 0o640, "nor does it lose one");
    assert_eq!(mode_of(&place, "log"), 0o666);
}

#[test]
fn the_group_of_an_own_file_is_kept_or_loses_its_permissions() {
    let place = stage(0o600);
    let old = place.path("old");
    own(&place, "old", 0o664);
    if !nix::unistd::geteuid().is_root() {
        copies(&place, "source old");
        return assert_eq!(mode_of(&place, "old"), 0o664, "its group is this user's own");
    }
    chown(&old, None, Some(54_321)).expect("chgrp");
    copies(&place, "source old");
    let meta = old.metadata().expect("a copy");
    assert_eq!((mode_of(&place, "old"), meta.gid()), (0o664, 54_321));
    // A user who is not in the group.
    set_mode(&place, "source", 0o444);
    fs::create_dir(place.path("theirs")).expect("mkdir");
    own(&place, "theirs/old", 0o664);
    chown(place.path("theirs"), Some(12_345), None).expect("chown");
    chown(place.path("theirs/old"), Some(12_345), Some(54_321)).expect("chown");
    let copier = e2e::Unprivileged::new(&crate::copier());
    let setpriv = ["setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups"];
    let program = Program::new("copier", copier.path());
    let mut command = program.command_under(&setpriv, &place);
    let mut copy = e2e::Daemon::start("copier", command.args(["source", "theirs/old"]));
    assert_eq!(copy.exit_code(), 0, "{:?}", copy.err());
    let meta = place.path("theirs/old").metadata().expect("a copy");
    assert_eq!((mode_of(&place, "theirs/old"), meta.gid()), (0o644, 12_345));
}

/// An access control list that lets this user read by name, and the group not: the mode shows 0640. Any other
/// user may be unknown in the namespace of the test.
#[rustfmt::skip]
fn list() -> [u8; 44] {
    let [a, b, c, d] = nix::unistd::geteuid().as_raw().to_le_bytes();
    [
        2, 0, 0, 0,
        0x01, 0, 6, 0, 255, 255, 255, 255, // the owner
        0x02, 0, 4, 0, a, b, c, d, // this user by name
        0x04, 0, 0, 0, 255, 255, 255, 255, // the group
        0x10, 0, 4, 0, 255, 255, 255, 255, // the mask
        0x20, 0, 0, 0, 255, 255, 255, 255, // everybody else
    ]
}

/// Sets the list `key` of `name`; `false`, with a message on stderr, if there are no such lists.
fn give_list(place: &Place, name: &str, key: &str) -> bool {
    use std::io::Write as _;
    let file = File::open(place.path(name)).expect("a file");
    match rustix::fs::fsetxattr(&file, key, &list(), XattrFlags::empty()) {
        Ok(()) => true,
        Err(Errno::OPNOTSUPP) => {
            writeln!(std::io::stderr(), "not run: no access control lists here").expect("stderr");
            false
        }
        Err(err) => panic!("{key}: {err}"),
    }
}

#[test]
fn the_mask_of_an_access_control_list_is_not_copied_as_group_permissions() {
    let place = stage(0o644);
    own(&place, "old", 0o600);
    if !give_list(&place, "old", "system.posix_acl_access") {
        return;
    }
    assert_eq!(mode_of(&place, "old"), 0o640, "the mask");
    copies(&place, "source old");
    assert_eq!(mode_of(&place, "old"), 0o600);
    set_mode(&place, "source", 0o600);
    assert!(give_list(&place, "source", "system.posix_acl_access"));
    copies(&place, "source new");
    assert_eq!(mode_of(&place, "new"), 0o600);
    // The default list of the directory is not the source's.
    fs::create_dir(place.path("generous")).expect("mkdir");
    assert!(give_list(&place, "generous", "system.posix_acl_default"));
    own(&place, "source", 0o640);
    copies(&place, "source generous/copy --preserve");
    let list = attribute(&place, "generous/copy", "system.posix_acl_access");
    assert_eq!((mode_of(&place, "generous/copy"), list), (0o640, None));
}

/// The attribute `key` of the file `name`, if it has one.
fn attribute(place: &Place, name: &str, key: &str) -> Option<Vec<u8>> {
    let (file, mut value) = (File::open(place.path(name)).expect("a file"), [0; 256]);
    match rustix::fs::fgetxattr(&file, key, &mut value[..]) {
        Ok(len) => Some(value[..len].to_vec()),
        Err(Errno::NODATA | Errno::OPNOTSUPP) => None,
        Err(err) => panic!("{key}: {err}"),
    }
}

/// A source with an access control list and a note; `None`, with a message on stderr, where there are no such
/// things.
fn annotated() -> Option<Place> {
    let place = stage(0o600);
    let file = File::open(place.path("source")).expect("a file");
    let note = rustix::fs::fsetxattr(&file, "user.note", b"mine", XattrFlags::empty());
    let has_list = give_list(&place, "source", "system.posix_acl_access");
    (has_list && note.is_ok()).then_some(place)
}

#[test]
fn preserve_keeps_the_access_control_list_and_extended_attributes() {
    let Some(place) = annotated() else { return };
    copies(&place, "source plain");
    copies(&place, "source kept --preserve");
    let both = |name: &str| {
        ["system.posix_acl_access", "user.note"].map(|key| attribute(&place, name, key))
    };
    assert_eq!(both("plain"), [None, None]);
    assert_eq!(both("kept"), [Some(list().to_vec()), Some(b"mine".to_vec())]);
    assert_eq!((mode_of(&place, "plain"), mode_of(&place, "kept")), (0o600, 0o640));
}

#[test]
fn what_a_file_system_cannot_keep_is_named() {
    e2e::with_own_mounts(|| {
        let Some(place) = annotated() else { return };
        let Some(_bare) = e2e::Mount::kernels_own("ramfs", place.path("bare")) else { return };
        let mut copy = crate::copier().start(&place, "source bare/copy --preserve");
        assert_eq!((copy.exit_code(), copy.err().len()), (0, 1), "{:?}", copy.err());
        let why = "(Operation not supported (os error 95))";
        let line = format!(
            "copier: warning: bare/copy: without the access control list {why}, user.note {why}; \
             copy to a file system that keeps this, or as root"
        );
        assert_eq!(copy.err(), [line]);
        assert_eq!(mode_of(&place, "bare/copy"), 0o600, "no group by the mask alone");
    });
}
