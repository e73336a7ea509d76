//! A complete copy: every byte, every hole, mode and times on request, output only on request.

use std::fs::{self, File, FileTimes, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use e2e::{Daemon, Place, Program};

use super::{LARGE, copies, mode_of, names, noise, refuses, same};
use crate::copier;

const ENGINES: [&str; 4] = ["auto", "mmap", "pread", "copy-range"];

#[test]
fn every_engine_copies_every_length_with_one_process_and_with_several() {
    let place = Place::new();
    for len in [0, 1, 7, 4095, 4096, 4097, LARGE] {
        place.write("source", noise(len));
        for engine in ENGINES {
            for jobs in [1, 2, 5] {
                copies(&place, &format!("source copy --engine {engine} --jobs {jobs} --verify"));
                same(&place.path("source"), &place.path("copy"));
            }
        }
    }
    assert_eq!(names(&place).len(), 2);
}

#[test]
fn copies_between_disk_and_memory_are_complete() {
    let (memory, disk) = (Place::new(), Place::on_disk());
    let source = memory.write("source", noise(LARGE));
    let (there, back) = (disk.path("there"), memory.path("back"));
    copies(&memory, &format!("source {} --sync", there.display()));
    copies(&memory, &format!("{} back", there.display()));
    same(&source, &back);
}

#[test]
fn holes_stay_holes() {
    for place in [Place::new(), Place::on_disk()] {
        let source = File::create_new(place.path("source")).expect("a file");
        source.set_len(1 << 30).expect("a gigabyte of nothing");
        let island = noise(100_000);
        for at in [5 << 20, (700 << 20) + 12_345] {
            source.write_all_at(&island, at).expect("an island");
        }
        for engine in ENGINES {
            copies(&place, &format!("source copy --engine {engine} --verify"));
            let meta = place.path("copy").metadata().expect("a copy");
            assert_eq!(meta.len(), 1 << 30);
            // In blocks of 512 bytes; huge pages may round two islands up to 2 MiB each.
            assert!(meta.blocks() * 512 < 16 << 20, "{engine}: {} blocks", meta.blocks());
            let copy = File::open(place.path("copy")).expect("a copy");
            let mut bytes = vec![0; island.len()];
            copy.read_exact_at(&mut bytes, (700 << 20) + 12_345).expect("bytes");
            assert!(bytes == island, "{engine}");
        }
    }
}

#[test]
fn without_preserve_the_mode_is_the_old_files_or_the_sources_less_the_umask() {
    let place = Place::new();
    fs::set_permissions(place.write("source", "x"), Permissions::from_mode(0o4777)).expect("chmod");
    let mut command = copier().command_after("umask 027", &place);
    let mut copy = Daemon::start("copier", command.args(["source", "copy"]));
    assert_eq!(copy.exit_code(), 0, "{:?}", copy.err());
    assert_eq!(mode_of(&place, "copy"), 0o750);
    fs::set_permissions(place.write("old", "y"), Permissions::from_mode(0o604)).expect("chmod");
    copies(&place, "source old");
    assert_eq!(
        (mode_of(&place, "old"), fs::read(place.path("old")).expect("old")),
        (0o604, b"x".into())
    );
}

#[test]
fn preserve_keeps_mode_times_and_as_root_the_owner() {
    let place = Place::new();
    let source = place.write("source", noise(5000));
    if nix::unistd::geteuid().is_root() {
        std::os::unix::fs::chown(&source, Some(12_345), Some(54_321)).expect("chown");
    }
    fs::set_permissions(&source, Permissions::from_mode(0o2751)).expect("chmod");
    let time = |seconds, nanos| SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos);
    let times = FileTimes::new()
        .set_accessed(time(1_000_000, 7))
        .set_modified(time(2_000_000, 123_456_789));
    File::open(&source).expect("source").set_times(times).expect("utimens");
    let of = |name: &str| {
        let meta = place.path(name).metadata().expect("a file");
        let times = (meta.atime(), meta.atime_nsec(), meta.mtime(), meta.mtime_nsec());
        (meta.mode(), times, meta.uid(), meta.gid())
    };
    let before = of("source");
    copies(&place, "source copy --preserve");
    assert_eq!(of("copy"), before);
    assert_eq!(of("copy").1.2, 2_000_000);
}

#[test]
fn a_link_is_followed_on_both_sides_and_stays_a_link() {
    let place = Place::new();
    place.write("source", "new");
    place.write("target", "old");
    symlink("source", place.path("from")).expect("a link");
    symlink("target", place.path("to")).expect("a link");
    copies(&place, "from to");
    assert!(place.path("to").symlink_metadata().expect("a link").is_symlink());
    assert_eq!(fs::read(place.path("target")).expect("a file"), b"new");
}

#[test]
fn no_clobber_keeps_what_is_there() {
    let place = Place::new();
    place.write("source", "new");
    copies(&place, "source copy --no-clobber");
    place.write("source", "newer");
    refuses(&place, "source copy --no-clobber", "copy: exists; leave out --no-clobber");
    assert_eq!(fs::read(place.path("copy")).expect("a file"), b"new");
}

#[test]
fn a_file_with_a_wrong_length_is_copied_to_its_end() {
    let place = Place::new();
    // procfs claims 0 bytes, sysfs 4096.
    copies(&place, "/proc/self/limits copy");
    assert!(fs::read_to_string(place.path("copy")).expect("a copy").contains("Max open files"));
    let mtu = Path::new("/sys/class/net/lo/mtu");
    let Ok(text) = fs::read(mtu) else {
        return writeln!(std::io::stderr(), "not run: no sysfs here").expect("stderr");
    };
    assert!(mtu.metadata().expect("a file").len() > text.len() as u64, "a claim");
    for engine in ENGINES {
        for more in ["--jobs 1", "--jobs 4", "--verify"] {
            copies(&place, &format!("{} mtu --engine {engine} {more}", mtu.display()));
            assert_eq!(fs::read(place.path("mtu")).expect("a copy"), text, "{engine} {more}");
        }
    }
}

#[test]
fn an_empty_file_is_copied_by_one_process() {
    let place = Place::new();
    place.write("source", "");
    let mut copy = copier().start(&place, "source copy -v");
    assert_eq!(copy.exit_code(), 0);
    let line = copy.says("copied 0 B in ");
    assert!(line.contains(" s, 1 process"), "{line}");
}

/// `script` of util-linux gives it a terminal. Elsewhere it is silent, as every other test
/// requires.
#[test]
fn on_a_terminal_a_bar_shows_progress_speed_and_time_left() {
    let place = Place::new();
    place.write("source", noise(LARGE));
    let run = format!("{} source copy --jobs 1", copier().path().display());
    let mut command = Program::new("script", "script").command(&place);
    command.args(["-q", "-e", "-c", &run, "/dev/null"]);
    let mut terminal = Daemon::start("script", command.env("TERM", "xterm").env("COLUMNS", "100"));
    assert_eq!(terminal.exit_code(), 0, "{:?}", terminal.out());
    let shown = terminal.out().join("\n");
    for part in ["copying ", "MiB of 32.00 MiB", "/s, ", " left"] {
        assert!(shown.contains(part), "{part:?}: {shown:?}");
    }
    same(&place.path("source"), &place.path("copy"));
}

#[test]
fn verbose_prints_size_speed_and_engine() {
    let place = Place::new();
    place.write("source", noise(LARGE));
    let mut copy = copier().start(&place, "source copy -v --jobs 2 --engine mmap --verify");
    assert_eq!(copy.exit_code(), 0);
    let line = copy.says("copied 32.0 MiB in ");
    assert!(line.ends_with("/s, 2 processes, engine mmap, verified"), "{line}");
}
