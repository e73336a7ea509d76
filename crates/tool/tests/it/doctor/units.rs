//! What `systemctl` shows: a script in its place.

use std::fs;

use crate::world::World;

impl World {
    /// Puts a `systemctl` here that does `script`.
    fn systemctl(&self, script: &str) {
        fs::create_dir_all(self.path("bin")).expect("a directory");
        // Written by another process: one that another test starts just then inherits no descriptor of it, and what a
        // process can write to cannot be executed (ETXTBSY).
        let mut shell = self.command_of("/bin/sh");
        shell.args(["-c", "printf '%s\\n' '#!/bin/sh' \"$1\" > bin/systemctl", "sh", script]);
        assert!(shell.status().expect("a shell").success());
        self.chmod("bin/systemctl", 0o755);
    }
}

/// A unit as `systemctl show` prints it.
fn unit(name: &str, load: &str, active: &str) -> String {
    let limits = "LimitNOFILE=65536\nLimitMEMLOCK=8388608\nLimitRTPRIO=0\n";
    format!(
        "printf '%s\\n' 'Id={name}
LoadState={load}
ActiveState={active}
Result=start-limit-hit
{limits}'\n"
    )
}

const X: &str = "mapcast-producer@no-such.service";

#[test]
fn a_unit_that_has_failed_is_reported_and_restarts_the_region_that_is_missing() {
    let world = World::in_memory();
    world.systemctl(&unit(X, "loaded", "failed"));
    let diagnosis = world.doctor("no-such");
    diagnosis.is(&["no-region", "unit-failed"]);
    diagnosis.has(
        "no-region",
        &format!("{X} reads /etc/mapcast/no-such.toml"),
        "producer CONFIG.toml",
    );
    let step = format!("systemctl reset-failed {X}");
    diagnosis.has("unit-failed", "it has failed (start-limit-hit)", &step);
}

#[test]
fn a_unit_that_is_masked_is_reported() {
    let world = World::in_memory();
    world.systemctl(&unit(X, "masked", "inactive"));
    let diagnosis = world.doctor("no-such");
    diagnosis.has("unit-masked", "cannot be started", &format!("systemctl unmask {X}"));
}

#[test]
fn a_systemctl_that_hangs_or_fails_is_given_up() {
    let world = World::in_memory();
    let _writer = world.students("live");
    world.systemctl("exec /bin/sleep 1000");
    let diagnosis = world.doctor("");
    diagnosis.is(&[]);
    assert!(diagnosis.unchecked().contains("systemctl did not answer within 3 s"));
    world.systemctl("echo No bus. >&2; exit 7");
    assert!(world.doctor("").unchecked().contains("systemctl: No bus. (exit status: 7)"));
}
