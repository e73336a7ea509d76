//! Another user renames the directory of a region and puts something else at its path.
//!
//! ```text
//!   d/x.region, published to      mv d e, and at d:      a link           the writer stays in e
//!                                                        another user's   the writer stays in e
//!                                                        wider            the writer stays in e
//!                                                        one like it      the writer and its readers
//!                                                                         go over to it
//! ```

use std::fs;
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::path::Path;

use e2e::{Daemon, NOBODY, Place, Reading, Unprivileged, names_in};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::{configure, open_to_all, other_users_shell};
use crate::{consumer, producer};

/// A place with a directory `u` of another user, and in it `d`, where a region is published.
struct Scene {
    place: Place,
    writer: Daemon,
}

impl Scene {
    /// `d` belongs to this user.
    #[track_caller]
    fn new(how: &str) -> Option<Self> {
        Unprivileged::another(&producer())?;
        let place = Place::new().open_to_all();
        configure(&place, how);
        fs::create_dir_all(place.path("u/d")).expect("mkdir");
        fs::create_dir(place.path("victim")).expect("mkdir");
        chown(place.path("u"), Some(NOBODY), None).expect("chown");
        let mut writer = producer().start(&place, "./x.toml --region ./u/d/x.region");
        writer.says("publishing");
        Some(Self { place, writer })
    }

    /// Runs `script` in `u` as the other user.
    #[track_caller]
    fn neighbour(&self, script: &str) {
        let script = format!("cd u && {script}");
        let mut shell = other_users_shell(&self.place, &script).expect("another user");
        assert_eq!(shell.exit_code(), 0, "{script}: {:?}", shell.err());
    }

    /// Asserts that the writer has logged `fact` about the directory's path and stays in its
    /// directory.
    #[track_caller]
    fn stays(&mut self, fact: &str) {
        let fact = format!("./u/d/x.region: its directory was moved away, and {fact}");
        self.writer.says(&fact);
        let how = "./u/e/x.region --follow --format json --count 3";
        let mut reader = consumer().start(&self.place, how);
        assert_eq!(reader.exit_code(), 0, "it is published to: {:?}", reader.err());
        assert!(reader.out().iter().all(|line| Reading::of(line).epoch == 1), "{:?}", reader.out());
        assert_eq!(self.writer.said(&fact), 1, "once: {:?}", self.writer.err());
        assert_eq!(self.writer.said("; recreated"), 0, "{:?}", self.writer.err());
    }

    /// Stops the writer; asserts that its region is where it was and that `others` are empty.
    #[track_caller]
    fn ends(mut self, others: &[&str]) {
        self.writer.stop();
        for other in others {
            assert!(names_in(&self.place.path(other)).is_empty(), "{other}");
        }
        assert_eq!(names_in(&self.place.path("u/e")), ["x.region".to_owned()].into());
    }
}

fn owner(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").uid()
}

#[test]
fn a_producer_warns_of_a_directory_of_another_user() {
    let Some(_) = Unprivileged::another(&producer()) else { return };
    for (mode, what) in [
        (0o755, "mode 0755: that user may delete and replace it"),
        (0o1777, "mode 1777: that user may delete and replace it"),
        (0o777, "mode 0777: others may delete and replace it"),
    ] {
        let place = Place::new();
        chown(place.dir(), Some(NOBODY), None).expect("chown");
        open_to_all(place.dir(), mode);
        for format in ["", "format = \"bare\""] {
            configure(&place, format);
            let mut writer = producer().start(&place, "./x.toml --ticks 1");
            assert_eq!(writer.exit_code(), 0, "{:?}", writer.err());
            let line = format!("./x.region: is in a directory of uid {NOBODY}, {what}");
            assert_eq!(writer.said(&line), 1, "{:?}", writer.err());
            fs::remove_file(place.path("x.region")).expect("removed");
        }
    }
}

#[test]
fn a_link_in_place_of_the_directory_is_not_followed() {
    for format in ["", "format = \"bare\""] {
        let Some(mut scene) = Scene::new(format) else { return };
        scene.neighbour("mv d e && ln -s ../victim d");
        let fact = "a symbolic link is on the way to it";
        if format.is_empty() {
            scene.stays(fact);
        } else {
            scene.writer.says(fact);
        }
        // Nor is it if the file is lost as well.
        fs::remove_file(scene.place.path("u/e/x.region")).expect("removed");
        scene.writer.skip_err();
        scene.neighbour("rm d && mv e d");
        scene.writer.says("was deleted while in use; recreated");
        scene.neighbour("mv d e && ln -s ../victim d");
        scene.writer.says(fact);
        scene.ends(&["victim"]);
    }
}

#[test]
fn a_link_above_the_directory_is_not_followed() {
    let Some(mut scene) = Scene::new("") else { return };
    let place = &scene.place;
    fs::create_dir(place.path("victim/d")).expect("mkdir");
    fs::rename(place.path("u"), place.path("v")).expect("renamed");
    symlink("victim", place.path("u")).expect("symlink");
    scene.writer.says("a symbolic link is on the way to it");
    scene.writer.stop();
    assert!(names_in(&scene.place.path("victim/d")).is_empty());
}

#[test]
fn another_users_directory_in_place_of_the_own_is_not_published_in() {
    let Some(mut scene) = Scene::new("") else { return };
    scene.neighbour("mv d e && mkdir d");
    scene.stays(&format!("one of uid {NOBODY} is in its place"));
    scene.ends(&["u/d"]);
}

#[test]
fn a_more_permissive_directory_is_not_published_in() {
    for mode in [0o777, 0o1777, 0o775] {
        let Some(mut scene) = Scene::new("") else { return };
        let dir = scene.place.path("u/d");
        fs::rename(&dir, scene.place.path("u/e")).expect("renamed");
        let aside = scene.place.path("u/aside");
        fs::create_dir(&aside).expect("mkdir");
        open_to_all(&aside, mode);
        fs::rename(&aside, &dir).expect("renamed");
        scene.stays(&format!("one of mode {mode:04o} is in its place"));
        scene.ends(&["u/d"]);
    }
}

#[test]
fn an_equivalent_directory_is_followed_by_writer_and_readers() {
    let Some(mut scene) = Scene::new("") else { return };
    let mut reader = consumer().start(&scene.place, "./u/d/x.region --follow --format json");
    reader.next_out();
    let dir = scene.place.path("u/d");
    fs::rename(&dir, scene.place.path("u/e")).expect("renamed");
    fs::create_dir(&dir).expect("mkdir");
    scene.writer.says("was deleted while in use; recreated");
    reader.out_line("a record of the new region", |line| Reading::of(line).epoch == 2);
    assert_eq!(owner(&scene.place.path("u/d/x.region")), owner(scene.place.dir()));
    scene.writer.stop();
}

#[test]
fn a_directory_that_is_renamed_back_was_held_open() {
    let Some(mut scene) = Scene::new("") else { return };
    scene.neighbour("mv d e && ln -s ../victim d");
    scene.stays("a symbolic link is on the way to it");
    scene.neighbour("rm d && mv e d");
    let mut reader = consumer().start(&scene.place, "./u/d/x.region --once --format json");
    assert_eq!(reader.exit_code(), 0, "{:?}", reader.err());
    assert_eq!(Reading::of(&reader.next_out()).epoch, 1);
    scene.writer.stop();
    assert_eq!(scene.writer.said("; recreated"), 0, "{:?}", scene.writer.err());
}

#[test]
fn a_relative_path_survives_a_rename_of_the_working_directory() {
    let place = Place::new();
    configure(&place, "");
    fs::create_dir(place.path("here")).expect("mkdir");
    let mut command = producer().command(&place);
    command.current_dir(place.path("here")).args(["../x.toml", "--region", "./x.region"]);
    let mut writer = Daemon::start("producer", &mut command);
    writer.says("publishing");
    fs::rename(place.path("here"), place.path("there")).expect("renamed");
    let mut reader = consumer().start(&place, "./there/x.region --follow --format json");
    reader.next_out();
    fs::remove_file(place.path("there/x.region")).expect("removed");
    writer.says("./x.region was deleted while in use; recreated");
    reader.out_line("a record of the new file", |line| Reading::of(line).epoch == 2);
    writer.stop();
    assert_eq!(writer.said("cannot be recreated"), 0, "{:?}", writer.err());
}

#[test]
fn a_default_directory_is_recreated_in_the_held_parent_only() {
    let Some(_) = Unprivileged::another(&producer()) else { return };
    let place = Place::new().open_to_all();
    configure(&place, "");
    let by_name = "[region]\nname = \"x\"";
    let config = fs::read_to_string(place.path("x.toml")).expect("a configuration");
    place.write("x.toml", config.replace("[region]\npath = \"./x.region\"", by_name));
    fs::create_dir(place.path("u")).expect("mkdir");
    chown(place.path("u"), Some(NOBODY), None).expect("chown");
    fs::create_dir(place.path("victim")).expect("mkdir");
    let mut command = producer().command(&place);
    command.arg("x.toml").env("MAPCAST_DIR", place.path("u/d"));
    let mut scene = Scene { writer: Daemon::start("producer", &mut command), place };
    scene.writer.says("publishing");
    scene.neighbour("mv d e");
    scene.writer.says("was deleted while in use; recreated");
    assert_eq!(names_in(&scene.place.path("u/d")), ["x.region".to_owned()].into());
    scene.neighbour("ln -s ../victim f");
    // In one step: between two, the producer would make the directory again.
    let (d, f) = (scene.place.path("u/d"), scene.place.path("u/f"));
    renameat_with(CWD, d, CWD, f, RenameFlags::EXCHANGE).expect("exchanged");
    scene.writer.says("a symbolic link is on the way to it");
    scene.writer.stop();
    assert!(names_in(&scene.place.path("victim")).is_empty());
}

#[test]
fn a_standby_does_not_take_over_where_a_link_leads() {
    let Some(mut scene) = Scene::new("") else { return };
    let how = "./x.toml --region ./u/d/x.region --standby";
    let mut standby = producer().start(&scene.place, how);
    standby.says("waiting to take over");
    let elsewhere = producer().start(&scene.place, "./x.toml --region ./victim/x.region --ticks 1");
    assert_eq!({ elsewhere }.exit_code(), 0);
    let before = fs::read(scene.place.path("victim/x.region")).expect("a region");
    scene.neighbour("mv d e && ln -s ../victim d");
    scene.writer.kill9();
    assert_eq!(standby.exit_code(), 1, "{:?}", standby.err());
    standby.says("./u/d/x.region: its directory was moved away, and a symbolic link");
    assert_eq!(fs::read(scene.place.path("victim/x.region")).expect("a region"), before);
}
