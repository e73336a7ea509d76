//! Copies that are refused, before a byte is written.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use e2e::{Daemon, Place, Unprivileged};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::{LARGE, copies, fails_without_leftovers, names, noise, refuses};
use crate::copier;

#[test]
fn a_file_is_not_copied_onto_itself_by_any_name() {
    let place = Place::new();
    place.write("source", "kept");
    fs::hard_link(place.path("source"), place.path("hard")).expect("a link");
    symlink("source", place.path("soft")).expect("a link");
    for dest in ["source", "./source", "hard", "soft"] {
        refuses(
            &place,
            &format!("source {dest}"),
            "is the source itself; give the copy another name",
        );
    }
    assert_eq!(fs::read(place.path("source")).expect("a file"), b"kept");
}

#[test]
fn a_special_file_on_either_side_is_refused_without_blocking() {
    let place = Place::new();
    place.write("source", "x");
    fs::create_dir(place.path("dir")).expect("a directory");
    mkfifo(&place.path("pipe"), Mode::S_IRWXU).expect("a pipe");
    symlink("nowhere", place.path("dangling")).expect("a link");
    refuses(&place, "dir copy", "dir: is a directory; give the name of a regular file");
    refuses(&place, "pipe copy", "pipe: is a named pipe");
    refuses(&place, "/dev/null copy", "/dev/null: is a character device");
    refuses(&place, "source pipe", "pipe: is a named pipe");
    refuses(&place, "source /dev/null", "/dev/null: is a character device");
    refuses(&place, "source /dev/stdout", "/dev/stdout: is a named pipe");
    fs::create_dir(place.path("dir/source")).expect("a directory");
    refuses(
        &place,
        "source dir",
        "dir/source: is a directory; give the name of the copy in it: dir/source/source",
    );
    refuses(&place, "source dangling", "is a symbolic link to nothing");
}

#[test]
fn a_mounted_file_is_refused_before_it_is_copied_to() {
    e2e::with_own_mounts(|| {
        let place = Place::new();
        for name in ["source", "below", "config"] {
            place.write(name, name);
        }
        let _mount = e2e::Mount::file(&place.path("below"), place.path("config"));
        let line = refuses(&place, "source config", "config: is a mount");
        assert!(line.ends_with("cannot be replaced; give the copy another name"), "{line}");
        assert_eq!(fs::read(place.path("config")).expect("a file"), b"below");
    });
}

#[test]
fn a_missing_file_is_named() {
    let place = Place::new();
    place.write("source", "x");
    refuses(&place, "none copy", "none: no such file; check the name");
    refuses(&place, "source none/copy", "its directory does not exist; create it first");
    refuses(&place, "source source/copy", "source/copy: ");
}

#[test]
fn a_directory_that_cannot_be_synced_is_refused_before_the_copy_has_its_name() {
    let copier = Unprivileged::new(&copier());
    let place = Place::new().open_to_all();
    place.write("source", "new");
    fs::create_dir(place.path("drop")).expect("a directory");
    fs::write(place.path("drop/copy"), "old").expect("write");
    for (name, mode) in [("source", 0o644), ("drop/copy", 0o666), ("drop", 0o333)] {
        let mode = Permissions::from_mode(mode);
        fs::set_permissions(place.path(name), mode).expect("chmod");
    }
    let mut refused = copier.start(&place, "source drop/copy --sync");
    assert_eq!(refused.exit_code(), 1, "{:?}", refused.err());
    let line = refused.err().concat();
    assert!(line.contains("drop/copy: open: Permission denied"), "{line}");
    assert!(line.ends_with("may read its directory, or leave out --sync"), "{line}");
    assert_eq!(fs::read(place.path("drop/copy")).expect("a file"), b"old");
    assert_eq!(copier.start(&place, "source drop/copy").exit_code(), 0);
    assert_eq!(fs::read(place.path("drop/copy")).expect("a file"), b"new");
}

#[test]
fn permissions_are_not_worked_around() {
    let copier = Unprivileged::new(&copier());
    let place = Place::new().open_to_all();
    let everybody = |name: &str, mode| {
        fs::set_permissions(place.path(name), Permissions::from_mode(mode)).expect("chmod");
    };
    for (name, mode) in [("secret", 0o000), ("source", 0o644), ("fixed", 0o444)] {
        place.write(name, name);
        everybody(name, mode);
    }
    for dir in ["locked", "open"] {
        fs::create_dir(place.path(dir)).expect("a directory");
    }
    everybody("locked", 0o555);
    everybody("open", 0o777);
    let cases = [
        (
            "secret",
            "open/copy",
            "secret: open: Permission denied",
            "may read it, or change its mode",
        ),
        (
            "source",
            "locked/copy",
            "locked/copy: open: Permission denied",
            "may write to its directory, or change the directory's mode",
        ),
        (
            "source",
            "fixed",
            "fixed: access: Permission denied",
            "may write to it, or change its mode",
        ),
    ];
    for (source, dest, fact, advice) in cases {
        let mut copy = Daemon::start("copier", copier.command(&place).args([source, dest]));
        let line = fails_without_leftovers(&place, &mut copy, fact, &names(&place));
        assert!(line.ends_with(&format!("use an account that {advice}")), "{line}");
    }
    assert_eq!(fs::read_dir(place.path("open")).expect("a directory").count(), 0);
}

#[test]
fn a_file_size_limit_is_an_error_and_not_a_signal() {
    let place = Place::new();
    place.write("source", noise(LARGE));
    for engine in ["auto", "mmap", "pread", "copy-range"] {
        let mut command = copier().command_after("ulimit -f 1000", &place);
        let mut copy =
            Daemon::start("copier", command.args(["source", "copy", "--engine", engine]));
        let line =
            fails_without_leftovers(&place, &mut copy, "File too large", &["source".into()].into());
        assert!(line.contains("raise the limit (ulimit -f)"), "{line}");
    }
}

#[test]
fn an_unusable_engine_is_an_error_only_if_chosen() {
    let (place, other) = (Place::new(), Place::on_disk());
    let source = other.write("source", noise(LARGE));
    let arguments = format!("{} copy", source.display());
    // Between memory and disk: different file systems, unless this machine has only one.
    let mut copy = copier().start(&place, &format!("{arguments} --engine copy-range"));
    if copy.exit_code() != 0 {
        let line = copy.says("the kernel cannot copy between these file systems");
        assert!(line.contains("use another --engine; copy was not touched"), "{line}");
        assert_eq!(names(&place).len(), 0);
    }
    copies(&place, &format!("{arguments} --verify"));
}

/// A file system of 4 MiB, in a mount namespace of its own.
#[test]
fn a_full_file_system_is_an_error_and_leaves_no_files() {
    let place = Place::new();
    place.write("source", noise(LARGE));
    fs::create_dir(place.path("small")).expect("a directory");
    let script = "mount -t tmpfs -o size=4m none small || exit 77; echo old > small/copy; \
                  \"$0\" source small/copy --engine \"$1\"; echo \"exit $?\"; ls -A small; cat small/copy";
    for engine in ["auto", "mmap", "pread"] {
        let around = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script];
        let mut command = copier().command_under(&around, &place);
        let mut shell = Daemon::start("a shell with a small file system", command.arg(engine));
        let code = shell.exit_code();
        if shell.out().is_empty() {
            // In a container there may be no namespaces, and so no mounts.
            assert_ne!(code, 0, "{:?}", shell.err());
            return;
        }
        assert_eq!(shell.out(), ["exit 1", "copy", "old"], "{engine}: {:?}", shell.err());
        let line = shell.says("small/copy: cannot be written at byte ");
        assert!(line.contains("No space left on device"), "{engine}: {line}");
        assert!(line.contains("free space there"), "{engine}: {line}");
    }
}
