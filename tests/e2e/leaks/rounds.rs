//! One process attaches, re-attaches, publishes, takes over and is refused, repeatedly.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use e2e::proc::Footprint;
use e2e::{Daemon, Place, Program, Unprivileged};
use layout::{Record, Stu};
use region::{Options, Writer};

use super::{is_flat, length, show};

/// Re-attachments, unless `E2E_LEAKS_ROUNDS` says otherwise; of everything else a tenth.
const ROUNDS: u64 = 6000;
/// Fewest rounds in which a leak shows.
const FEWEST: u64 = 6000;

fn leaker() -> Program {
    Program::new("leaker", env!("CARGO_BIN_EXE_leaker"))
}

fn rounds() -> u64 {
    length("E2E_LEAKS_ROUNDS", ROUNDS)
}

fn tenth() -> u64 {
    (rounds() / 10).max(FEWEST)
}

/// The footprints that a `leaker` has printed.
#[track_caller]
fn looks(mut leaker: Daemon) -> Vec<Footprint> {
    let looks = (0..20).map(|_| {
        let line = leaker.next_out();
        Footprint::parse(&line).unwrap_or_else(|| panic!("not a look: {line}"))
    });
    let looks = looks.collect();
    assert_eq!(leaker.exit_code(), 0, "{:?}", leaker.err());
    looks
}

#[test]
fn opening_closing_and_re_attaching_leak_nothing() {
    let mut table = String::new();
    for (kind, rounds) in [
        ("replaced", rounds()),
        ("cut", tenth()),
        ("bare", tenth()),
        ("attached", tenth()),
        ("resumed", tenth()),
        ("taken-over", tenth()),
        ("given-up", (tenth() / 500).max(40)), // each waits for 50 ms
        ("busy", tenth()),
    ] {
        let place = Place::new();
        let leaker = leaker().start(&place, &format!("{kind} {rounds} ./x.region"));
        table += &is_flat(&format!("{kind}, {rounds} times"), &looks(leaker));
    }
    show(&table);
}

#[test]
fn refused_attaches_leak_nothing() {
    let place = Place::new().open_to_all();
    let mut writer =
        Writer::<Stu>::open_with(place.path("region"), &Options::new()).expect("a region");
    writer.publish(&Stu::new(10, "xiaoming", 'm')).expect("a record");
    writer.close();
    let whole = fs::read(place.path("region")).expect("a region");
    place.write("text", "a letter of somebody's\n".repeat(400));
    place.write("truncated", &whole[..whole.len() - 1]);
    let mut damaged = whole.clone();
    damaged[usize::try_from(Stu::schema().size()).expect("28")] ^= 1; // in the header
    place.write("damaged", damaged);
    symlink("region", place.path("link")).expect("a link");
    fs::create_dir(place.path("directory")).expect("a directory");
    let forbidden = place.write("forbidden", whole);
    fs::set_permissions(forbidden, Permissions::from_mode(0o600)).expect("chmod");
    let mut table = String::new();
    for kind in ["text", "truncated", "damaged", "link", "directory", "missing", "forbidden"] {
        let stranger = (kind == "forbidden").then(|| Unprivileged::another(&leaker()));
        let args = format!("refused {} ./{kind}", tenth());
        let leaker = match stranger {
            None => leaker().start(&place, &args),
            Some(Some(stranger)) => stranger.start(&place, &args),
            Some(None) => continue,
        };
        table += &is_flat(&format!("refused: {kind}, {} times", tenth()), &looks(leaker));
    }
    show(&table);
}
