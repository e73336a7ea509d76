//! Paths that cannot be a region: the error names the kind of file, which is left unchanged.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

use e2e::{Mount, Place, Unprivileged, with_own_mounts};
use nix::sys::stat::Mode;
use nix::sys::statvfs::statvfs;
use nix::unistd::mkfifo;

use super::{both, contents, is_refused, is_refused_as, region_bytes, run, says_once};
use crate::{consumer, producer};

/// Asserts that both programs refuse `./x.region`, made by `make`, with `fact`.
#[track_caller]
fn both_refuse(make: impl Fn(&Place), fact: &str) {
    let place = Place::new();
    make(&place);
    let fact = format!("./x.region: {fact}");
    is_refused(&producer(), &place, &["--region", "./x.region", "--ticks", "1"], &[&fact]);
    is_refused(&producer(), &place, &["--region", "./x.region", "--standby"], &[&fact]);
    is_refused(&consumer(), &place, &["./x.region"], &[&fact]);
    is_refused(&consumer(), &place, &["./x.region", "--follow", "--timeout", "9s"], &[&fact]);
}

#[test]
fn a_directory_is_not_a_region() {
    let fact = "is a directory, not a regular file; give the path of a region";
    both_refuse(|place| fs::create_dir(place.path("x.region")).expect("mkdir"), fact);
}

#[test]
fn a_symbolic_link_is_not_followed() {
    let fact = "is a symbolic link, not a regular file; give the path of a region";
    for target in ["true.region", "nothing", "x.region", "."] {
        let make = |place: &Place| {
            place.write("true.region", region_bytes(place));
            symlink(target, place.path("x.region")).expect("symlink");
        };
        both_refuse(make, fact);
    }
}

#[test]
fn a_pipe_and_a_socket_are_refused_without_waiting_for_their_other_end() {
    let fifo = |place: &Place| {
        mkfifo(&place.path("x.region"), Mode::from_bits_truncate(0o600)).expect("mkfifo");
    };
    both_refuse(fifo, "is a named pipe, not a regular file");
    let socket = |place: &Place| {
        UnixListener::bind(place.path("x.region")).expect("bind");
    };
    both_refuse(socket, "is a socket or a pipe, not a regular file");
}

#[test]
fn a_device_is_not_a_region() {
    let place = Place::new();
    for device in ["/dev/null", "/dev/zero", "/dev/full"] {
        let fact = format!("{device}: is a character device, not a regular file");
        is_refused(&producer(), &place, &["--region", device, "--ticks", "1"], &[&fact]);
        is_refused(&consumer(), &place, &[device], &[&fact]);
    }
}

#[test]
fn an_empty_file_a_text_and_zeros_are_not_regions() {
    let text = "this is a letter, and longer than any header\n".repeat(20);
    let contents: [(&[u8], &str); 6] = [
        (b"", ": 0 bytes long, shorter than a header"),
        (b"x", ": 1 byte long, shorter than a header"),
        (b"id=10\tname=xiaoming\tm\n", ": 22 bytes long, shorter than a header"),
        (text.as_bytes(), " (no mapcast header)"),
        (&[0; 255], ": 255 bytes long, shorter than a header"),
        (&[0; 8192], " (no mapcast header)"),
    ];
    for (content, fact) in contents {
        let make = |place: &Place| drop(place.write("x.region", content));
        both_refuse(make, &format!("is not a region{fact}; give another path"));
    }
}

#[test]
fn a_bare_file_of_another_size_is_refused_with_both_sizes() {
    let place = Place::new();
    let stu = fs::read_to_string(e2e::shipped_config("stu.toml")).expect("shipped");
    let bare =
        stu.replace("name = \"stu\"", "path = \"./x.bin\"").replace("\"mapcast\"", "\"bare\"");
    place.write("bare.toml", bare);
    for (content, fact) in [
        (&b"27 bytes are not the record"[..], "./x.bin: has 27 bytes, the record has 28"),
        (b"these bytes are more than 28", "28"),
        (b"a letter of more than twenty-eight bytes", "./x.bin: has 40 bytes, the record has 28"),
    ] {
        place.write("x.bin", content);
        if content.len() != 28 {
            is_refused(&producer(), &place, &["bare.toml", "--ticks", "1"], &[fact]);
            is_refused(&consumer(), &place, &["bare.toml", "--once"], &[fact]);
        }
    }
    // An empty one may belong to a C program that is about to set its size: readers wait for it.
    place.write("x.bin", "");
    let fact = "./x.bin: has 0 bytes, the record has 28";
    is_refused(&producer(), &place, &["bare.toml", "--ticks", "1"], &[fact]);
    let mut waiting = consumer().start(&place, "bare.toml --timeout 50ms");
    assert_eq!(waiting.exit_code(), 3, "{:?}", waiting.err());
}

#[test]
fn a_missing_directory_is_not_created() {
    let place = Place::new();
    let facts =
        ["./none/x.region: its directory does not exist", "; create it first, or correct the path"];
    is_refused(&producer(), &place, &["--region", "./none/x.region"], &facts);
    let mut consumer = consumer().start(&place, "./none/x.region --once");
    assert_eq!(consumer.exit_code(), 3, "to a reader it is a region that is not there");
    assert!(contents(place.dir()).is_empty());
}

#[test]
fn a_path_through_a_file_and_a_too_long_one_are_named() {
    let place = Place::new();
    place.write("file", "a file");
    let long = format!("./{}", "x".repeat(300));
    for (path, fact) in [
        ("./file/x.region", "./file/x.region: open: Not a directory"),
        (&long, "x: open: File name too long"),
    ] {
        is_refused(&producer(), &place, &["--region", path], &[fact, "; "]);
        is_refused(&consumer(), &place, &[path, "--once"], &[fact, "; "]);
    }
    let facts = ["./nothing/: ", "irectory"];
    is_refused(&producer(), &place, &["--region", "./nothing/"], &facts);
}

#[test]
fn a_directory_that_this_user_may_not_write_to_is_named() {
    let place = Place::new().open_to_all();
    fs::create_dir(place.path("locked")).expect("mkdir");
    fs::set_permissions(place.path("locked"), Permissions::from_mode(0o555)).expect("chmod");
    let mut command = Unprivileged::new(&producer()).command(&place);
    command.args(["--region", "./locked/x.region"]);
    let facts = ["./locked/x.region: create: Permission denied", "; use an account that"];
    is_refused_as(&producer(), &mut command, &place, &facts);
}

/// File systems whose error numbers point to permissions, names or space, even for root.
const KERNELS_OWN: [&str; 12] = [
    "sysfs",
    "proc",
    "cgroup2",
    "tracefs",
    "debugfs",
    "securityfs",
    "mqueue",
    "hugetlbfs",
    "devpts",
    "bpf",
    "pstore",
    "fusectl",
];

#[test]
fn a_file_system_that_cannot_hold_a_region_is_named() {
    with_own_mounts(|| {
        let mut tried = false;
        for kind in KERNELS_OWN {
            let place = Place::new();
            let Some(mount) = Mount::kernels_own(kind, place.path(kind)) else { continue };
            let path = format!("./{kind}/x.region");
            let mut writer = producer().start(&place, &format!("--region {path} --ticks 1"));
            assert_eq!(writer.exit_code(), 1, "{kind}: {:?}", writer.err());
            let line = writer.says(&format!("{path}: its file system cannot hold a region ("));
            assert!(line.ends_with("); give a file on tmpfs or on a disk"), "{line}");
            assert!(!mount.path("x.region").exists(), "{kind}");
            tried = true;
        }
        if !tried {
            std::io::stderr().write_all(b"not run: none can be mounted here\n").expect("stderr");
        }
    });
}

#[test]
fn a_default_directory_that_others_may_write_to_is_not_used() {
    let place = Place::new();
    let open = place.path("open");
    fs::create_dir(&open).expect("mkdir");
    for mode in [0o777, 0o1777, 0o775] {
        fs::set_permissions(&open, Permissions::from_mode(mode)).expect("chmod");
        let says =
            format!("{}: has mode {mode:04o}: others may create files in it", open.display());
        for program in both() {
            let mut command = program.command(&place);
            is_refused_as(&program, command.env("MAPCAST_DIR", &open), &place, &[&says]);
        }
    }
}

#[test]
fn a_default_directory_that_is_a_file_is_named() {
    let place = Place::new();
    let (file, link) = (place.write("file", "a file"), place.path("link"));
    symlink(place.dir(), &link).expect("symlink");
    for (dir, fact) in [(file, "is not a directory"), (link, "is a symbolic link, not a directory")]
    {
        let says = format!("{}: {fact}", dir.display());
        for program in both() {
            let mut command = program.command(&place);
            is_refused_as(&program, command.env("MAPCAST_DIR", &dir), &place, &[&says]);
        }
    }
}

#[test]
fn a_missing_group_is_named() {
    let place = Place::new();
    let stu = fs::read_to_string(e2e::shipped_config("stu.toml")).expect("shipped");
    place.write("stu.toml", stu.replace("slots = 8", "group = \"no-such-group\"\nslots = 8"));
    let facts = ["stu.region: there is no group \"no-such-group\" here; create it or correct"];
    is_refused(&producer(), &place, &["stu.toml"], &facts);
}

#[test]
fn a_region_that_does_not_fit_the_file_system_is_an_error_at_the_start() {
    const TOO_LARGE: u64 = 1 << 40;
    let place = Place::new();
    let limit = statvfs(place.dir()).map_or(0, |fs| fs.blocks() * fs.fragment_size());
    if !place.dir().starts_with("/dev/shm") || limit == 0 || limit >= TOO_LARGE {
        return; // only a memory file system with a limit refuses at once, without being filled
    }
    let text = "[region]\npath = \"./x.region\"\nslots = 65536\n[record]\nname = \"X\"\n\
                [[record.field]]\nname = \"x\"\ntype = \"u8[16777216]\"\n\
                source = { input = {} }\n";
    place.write("large.toml", text);
    let facts = ["./x.region: fallocate: No space left on device", "; free space there"];
    is_refused(&producer(), &place, &["large.toml"], &facts);
}

#[test]
fn a_path_is_printed_as_given_with_controls_escaped() {
    let place = Place::new();
    fs::create_dir(place.path("a\x1b[2Jb")).expect("mkdir");
    let mut daemon = run(&consumer(), consumer().command(&place).arg("./a\x1b[2Jb"));
    assert_eq!(daemon.exit_code(), 1);
    says_once(&daemon, &consumer(), &["./a\\u{1b}[2Jb: is a directory"]);
}
