//! What another user on the machine can do to a region, its writers and readers.
//!
//! ```text
//!   reader     may read the file, and tries to change it, its writer or its reader
//!   locks      may read the file, and holds every lock and wait queue that this gives
//!   group      is a member of the region's group, or is not
//!   squatting  has created the default directory first
//!   run_on_disk  the same where `/run` is not in memory
//!   shared     may create files in the region's directory
//!   swaps      replaces the file with the region's name while programs start
//!   moved      renames the region's directory and puts something else in its place
//! ```
//!
//! The other user is `nobody`; that takes root. SECURITY.md names what each story shows.

mod group;
mod locks;
mod moved;
mod reader;
mod run_on_disk;
mod shared;
mod squatting;
mod swaps;

use e2e::{Daemon, Place, Program, Unprivileged};

/// A shell of the other user in `place` that runs `script`; `None` if there is no other user.
fn other_users_shell(place: &Place, script: &str) -> Option<Daemon> {
    let shell = Unprivileged::another(&Program::new("sh", "/bin/sh"))?;
    let mut command = shell.command(place);
    Some(Daemon::start("a shell of another user", command.args(["-c", script]).env("LC_ALL", "C")))
}

/// The configuration of a counter at `./x.region`, with more lines in its `[region]`.
fn configure(place: &Place, more: &str) {
    place.write(
        "x.toml",
        format!(
            "[region]\npath = \"./x.region\"\n{more}\n[record]\nname = \"X\"\n[[record.field]]\n\
             name = \"n\"\ntype = \"i32\"\nsource = {{ counter = {{}} }}\n[producer]\ntick = \"10ms\"\n"
        ),
    );
    open_to_all(&place.path("x.toml"), 0o644);
}

fn open_to_all(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("chmod");
}
