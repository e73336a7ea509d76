//! A region that a supervisor creates once and passes to its children as open descriptors: a
//! writable one to the producer, a read-only one to the consumer.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use e2e::{Daemon, Place, Program, proc};
use nix::sys::memfd::{MFdFlags, memfd_create};
use serde_json::Value;

/// Starts `program` with `region` as descriptor 3, called "region".
fn start(program: &Program, place: &Place, region: &File, args: &str) -> Daemon {
    let before = "exec 3<&0 </dev/null && export LISTEN_PID=$$";
    let mut command = program.command_after(before, place);
    command.args(args.split_whitespace()).env("LISTEN_FDS", "1").env("LISTEN_FDNAMES", "region");
    Daemon::start_reading(program.name(), &mut command, region.try_clone().expect("dup"))
}

/// A read-only descriptor of the same file.
fn read_only(file: &File) -> File {
    File::open(format!("/proc/self/fd/{}", file.as_raw_fd())).expect("open")
}

fn next(consumer: &mut Daemon) -> (u64, u64) {
    let line = consumer.next_out();
    let value: Value = serde_json::from_str(&line).expect("JSON");
    let number = |key: &str| value[key].as_u64().expect("a number");
    (number("epoch"), number("sequence"))
}

#[test]
fn a_supervisor_passes_one_region_to_two_children_and_their_successors() {
    let place = Place::new();
    let memfd = memfd_create("handed-over", MFdFlags::MFD_CLOEXEC).expect("memfd");
    let path = place.path("mine");
    let file = File::options().read(true).write(true).create_new(true).open(&path).expect("file");
    let memfd_name = PathBuf::from("/memfd:handed-over (deleted)");
    for (region, name) in [(File::from(memfd), memfd_name), (file, path)] {
        // The consumer starts first, and the file is not a region yet.
        let args = "--follow --format json";
        let mut consumer = start(&super::consumer(), &place, &read_only(&region), args);
        consumer.says("waiting for fd:region");
        let mut producer = start(&super::producer(), &place, &region, "--tick 10ms");
        let (epoch, mut last) = next(&mut consumer);
        assert_eq!(epoch, 1);
        assert_eq!(rights(&producer, &name), ["rw-s"]);
        assert_eq!(rights(&consumer, &name), ["r--s"]);
        let modes = proc::open_modes(consumer.pid(), &name);
        assert!(!modes.is_empty() && modes.iter().all(|mode| *mode == "O_RDONLY"), "{modes:?}");

        producer.kill9();
        consumer.says("dead");
        let mut producer = start(&super::producer(), &place, &region, "--tick 10ms");
        loop {
            let (epoch, sequence) = next(&mut consumer);
            assert!(sequence > last, "{sequence} after {last}");
            last = sequence;
            if epoch == 2 {
                break;
            }
        }
        producer.stop();
        consumer.says("closed");
        consumer.stop();
    }
    assert!(!place.path("stu.region").exists(), "the configuration's own region is not made");
}

fn rights(daemon: &Daemon, file: &Path) -> Vec<String> {
    proc::mappings(daemon.pid(), file)
}
