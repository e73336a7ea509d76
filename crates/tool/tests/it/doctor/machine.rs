//! Directories of a machine: `/run/mapcast`, `/dev/shm`, `/etc/mapcast` and those of systemd, in a mount
//! namespace of the test's own.

use std::fs;
use std::process::Stdio;

use super::{Diagnosis, is_root, say};
use crate::world::{MAPCAST, World};

/// Empty directories in memory over the machine's, and the files of `/etc` that programs need.
const MACHINE: &str = "set -e
mkdir -p etc; for file in passwd group nsswitch.conf ld.so.cache; do
  if [ -e /etc/$file ]; then cp /etc/$file etc; fi
done
mkdir -p etc/mapcast/producer.d etc/systemd; mount --bind etc /etc
for dir in /run /dev/shm; do mount -t tmpfs -o mode=755 none $dir; done
";
/// The status of a script that cannot mount what it needs.
const NOT_POSSIBLE: i32 = 9;
/// Ends a script: this user alone, with a number of its own.
const AS_USER: &str = "exec unshare --user --map-user=1234 --map-group=1234 -- \"$@\"\n";
const AS_ROOT: &str = "exec \"$@\"\n";

/// `doctor` with `arguments` on a machine that `script` prepares; `None` where this user may not mount.
fn doctor(world: &World, script: &str, arguments: &str) -> Option<Diagnosis> {
    let mut around = vec!["--mount", "--propagation", "private"];
    if !is_root() {
        around.extend(["--user", "--map-root-user"]);
    }
    let unshare = || {
        let mut command = world.command_of("/usr/bin/unshare");
        command.args(&around).stdin(Stdio::null()).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command
    };
    let probe = unshare().args(["unshare", "--user", "--map-user=1234", "true"]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        say("not run: no mount namespace here");
        return None;
    }
    let mut command = unshare();
    command.env_remove("MAPCAST_DIR").args(["/bin/sh", "-c", &format!("{MACHINE}{script}"), "sh"]);
    command.args([MAPCAST, "doctor", "--format", "json"]).args(arguments.split_whitespace());
    let output = command.output().expect("unshare");
    if output.status.code() == Some(NOT_POSSIBLE) {
        say(&format!("not run: {}", String::from_utf8_lossy(&output.stderr)));
        return None;
    }
    Some(Diagnosis::of(&output))
}

/// A world with `live.region`, which is closed.
fn world() -> World {
    let world = World::new();
    drop(world.students("live"));
    world
}

#[test]
fn a_region_in_shared_memory_of_an_ordinary_user_is_deleted_by_logind() {
    let logind =
        "mkdir -p /run/systemd/users /dev/shm/mapcast-1234; chmod 700 /dev/shm/mapcast-1234
                  cp live.region /dev/shm/mapcast-1234/live.region\n";
    let script = format!("{logind}{AS_USER}");
    let Some(diagnosis) = doctor(&world(), &script, "live") else { return };
    diagnosis.is(&["remove-ipc", "closed"]);
    diagnosis.has(
        "remove-ipc",
        "logind deletes the regions of 1234 in it at logout (RemoveIPC=yes)",
        "loginctl enable-linger 1234",
    );
    let off = "printf '[Login]\\nRemoveIPC=no\\n' > /etc/systemd/logind.conf\n";
    let diagnosis =
        doctor(&world(), &format!("{logind}{off}{AS_USER}"), "live").expect("as before");
    diagnosis.is(&["closed"]);
}

#[test]
fn a_full_file_system_is_reported() {
    for (options, fact) in
        [("size=64k", "0 bytes free"), ("size=1m,nr_inodes=2", "no inode is free")]
    {
        let script = format!(
            "mkdir /run/mapcast; mount -t tmpfs -o mode=755,{options} none /run/mapcast
             cp live.region /run/mapcast; cat /dev/zero >/run/mapcast/live.filler 2>/dev/null || :
             {AS_ROOT}"
        );
        let Some(diagnosis) = doctor(&world(), &script, "live") else { return };
        diagnosis.is(&["full", "closed"]).has("full", fact, "df -h /run/mapcast");
    }
}

#[test]
fn a_file_system_without_a_limit_is_not_full() {
    let script = format!(
        "mkdir /run/mapcast; mount -t tmpfs -o mode=755,size=0 none /run/mapcast
         cp live.region /run/mapcast; {AS_ROOT}"
    );
    let Some(diagnosis) = doctor(&world(), &script, "live") else { return };
    diagnosis.is(&["closed"]);
}

#[test]
fn a_unit_of_the_template_starts_a_region_only_if_it_has_a_configuration() {
    let systemctl = "#!/bin/sh
printf '%s\\n' Id=mapcast-producer@live.service LoadState=loaded ActiveState=inactive
";
    let script = |config: &str| {
        format!(
            "mkdir -p /run/mapcast; cp live.region /run/mapcast; {config}
             chmod 755 systemctl; PATH=$PWD:$PATH; {AS_ROOT}"
        )
    };
    let world = world();
    fs::write(world.path("systemctl"), systemctl).expect("written");
    let Some(diagnosis) = doctor(&world, &script(":"), "live") else { return };
    diagnosis.is(&["closed"]).has("closed", "", "producer CONFIG.toml");
    let none = doctor(&world, &script("rm /run/mapcast/live.region"), "live").expect("as before");
    let fact = "mapcast-producer@live.service reads /etc/mapcast/live.toml";
    none.is(&["no-region"]).has("no-region", fact, "producer CONFIG.toml");
    let broken = script("echo broken > /etc/mapcast/live.toml");
    let diagnosis = doctor(&world, &broken, "live").expect("as before");
    diagnosis.has("closed", "", "systemctl restart mapcast-producer@live.service");
    let config = world.prints("schema live --as toml").replace("\"live\"", "\"other\"");
    fs::write(world.path("other.toml"), config).expect("written");
    let of_another = script("cp other.toml /etc/mapcast/live.toml");
    let diagnosis = doctor(&world, &of_another, "live").expect("as before");
    diagnosis.is(&["closed"]).has("closed", "", "producer CONFIG.toml");
}

#[test]
fn a_full_directory_without_regions_is_reported() {
    let script = format!(
        "mkdir /run/mapcast; mount -t tmpfs -o mode=755,size=64k none /run/mapcast
         cat /dev/zero >/run/mapcast/filler 2>/dev/null || :
         {AS_ROOT}"
    );
    let step = "df -h /run/mapcast";
    let Some(diagnosis) = doctor(&World::new(), &script, "") else { return };
    diagnosis.is(&["full"]).has("full", "0 bytes free", step);
    // A region that is not there is perhaps not there for that.
    let diagnosis = doctor(&World::new(), &script, "live").expect("as before");
    diagnosis.is(&["no-region", "full"]).has("full", "0 bytes free", step);
    // Nor can the directory be made.
    let parent = format!(
        "mount -t tmpfs -o mode=755,size=64k none /run; cat /dev/zero >/run/filler 2>/dev/null || :
         {AS_ROOT}"
    );
    let diagnosis = doctor(&World::new(), &parent, "").expect("as before");
    diagnosis.is(&["full"]).has("full", "0 bytes free", "df -h /run");
}

#[test]
fn a_region_on_overlayfs_is_reported() {
    let script = format!(
        "mkdir -p /run/lower /run/upper /run/work /run/mapcast; cp live.region /run/lower
         mount -t overlay -o lowerdir=/run/lower,upperdir=/run/upper,workdir=/run/work none /run/mapcast || exit {NOT_POSSIBLE}
         {AS_ROOT}"
    );
    let world = world();
    let Some(diagnosis) = doctor(&world, &script, "/run/mapcast/live.region") else { return };
    diagnosis.is(&["overlayfs", "closed"]).has("overlayfs", "each with its own lock", "/dev/shm");
}

#[test]
fn a_region_of_a_service_is_compared_with_its_configuration_and_started_by_its_unit() {
    let world = world();
    let config = world.prints("schema live --as toml").replace("\"live\"", "\"boiler\"");
    fs::write(world.path("boiler.toml"), config.replace("student number", "number"))
        .expect("written");
    let show =
        "printf '%s\\n' Id=mapcast-producer@boiler.service LoadState=loaded ActiveState=inactive";
    fs::write(world.path("systemctl"), format!("#!/bin/sh\n{show}\n")).expect("written");
    let prepared = "mkdir /run/mapcast /run/bin; cp boiler.toml /etc/mapcast
                    cp systemctl /run/bin; chmod 755 /run/bin/systemctl; PATH=/run/bin:$PATH\n";
    let there = format!("{prepared}cp -p live.region /run/mapcast/boiler.region\n{AS_ROOT}");
    let Some(diagnosis) = doctor(&world, &there, "boiler") else { return };
    diagnosis.is(&["closed", "schema-differs"]);
    diagnosis.has("closed", "", "systemctl restart mapcast-producer@boiler.service");
    let step = "systemctl reload-or-restart mapcast-producer@boiler.service";
    diagnosis.has("schema-differs", "in the region, \"number\" in /etc/mapcast/boiler.toml", step);

    let missing = format!("{prepared}echo '[region]' >/etc/mapcast/producer.d/bad.toml\n{AS_ROOT}");
    let diagnosis = doctor(&world, &missing, "boiler").expect("as before");
    let fact = "/etc/mapcast/boiler.toml describes it";
    diagnosis.is(&["no-region"]).has(
        "no-region",
        fact,
        "systemctl restart mapcast-producer@boiler.service",
    );
    doctor(&world, &missing, "").expect("as before").is(&["bad-configuration"]);
}
