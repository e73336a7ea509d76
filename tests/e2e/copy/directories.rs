//! The copy is made in the directory that its name led to at the start, and nowhere else.

use std::fs;
use std::os::unix::fs::symlink;

use e2e::Place;

use super::stopped_copy::{HUGE, StoppedCopy};
use super::{
    another_user_does, copies, fails_without_leftovers, mode_of, names, noise, refuses, same,
    set_mode, sticky,
};

#[test]
fn another_users_link_in_a_shared_directory_is_not_followed() {
    let place = Place::new().open_to_all();
    place.write("source", "payload");
    place.write("target", "original");
    sticky(&place, "sticky");
    let Some(()) = another_user_does(&place, "ln -s ../target sticky/out") else { return };
    symlink("sticky/out", place.path("link")).expect("a link");
    for dest in ["sticky/out", "link"] {
        let line = refuses(&place, &format!("source {dest}"), "is a symbolic link that uid 65534");
        assert!(line.ends_with("give the name it points to"), "{line}");
    }
    assert_eq!(fs::read(place.path("target")).expect("a file"), b"original");
    symlink("../target", place.path("sticky/own")).expect("a link");
    copies(&place, "source sticky/own");
    assert_eq!(fs::read(place.path("target")).expect("a file"), b"payload");
}

#[test]
fn a_directory_swapped_in_during_the_copy_is_not_written_to() {
    let place = Place::new();
    place.write("source", noise(HUGE));
    for dir in ["u", "u/d", "victim"] {
        fs::create_dir(place.path(dir)).expect("mkdir");
    }
    fs::write(place.path("victim/out"), "important").expect("a file");
    set_mode(&place, "victim/out", 0o600);
    let mut stopped = StoppedCopy::copying_to(&place, "u/d/out", "");
    fs::rename(place.path("u/d"), place.path("u/e")).expect("rename");
    symlink("../victim", place.path("u/d")).expect("a link");
    stopped.release();
    assert_eq!(stopped.copy.exit_code(), 0, "{:?}", stopped.copy.err());
    assert_eq!(place.path("victim/out").metadata().expect("a file").len(), 9);
    assert_eq!(
        (mode_of(&place, "victim/out"), e2e::names_in(&place.path("victim")).len()),
        (0o600, 1)
    );
    same(&place.path("source"), &place.path("u/e/out"));
}

#[test]
fn a_directory_removed_during_the_copy_is_a_named_error() {
    let place = Place::new();
    place.write("source", noise(HUGE));
    fs::create_dir(place.path("d")).expect("mkdir");
    let mut stopped = StoppedCopy::copying_to(&place, "d/out", "");
    fs::remove_dir(place.path("d")).expect("rmdir");
    stopped.release();
    let fact = "d/out: linkat: No such file or directory (os error 2); its directory was removed";
    fails_without_leftovers(&place, &mut stopped.copy, fact, &["source".into()].into());
}

#[test]
fn a_file_that_takes_the_name_during_the_copy_is_checked_before_it_is_replaced() {
    let place = Place::new();
    place.write("source", noise(HUGE));
    let before = |more: &str| ["source".into(), more.to_owned()].into();
    let mut stopped = StoppedCopy::new(&place, "");
    fs::create_dir(place.path("copy")).expect("mkdir");
    stopped.release();
    fails_without_leftovers(&place, &mut stopped.copy, "copy: is a directory", &before("copy"));
    fs::remove_dir(place.path("copy")).expect("rmdir");
    let mut stopped = StoppedCopy::new(&place, "");
    fs::hard_link(place.path("source"), place.path("copy")).expect("a link");
    stopped.release();
    fails_without_leftovers(&place, &mut stopped.copy, "is the source itself", &before("copy"));
    fs::remove_file(place.path("copy")).expect("unlink");
    let mut stopped = StoppedCopy::new(&place, "");
    place.write("copy", "secret");
    set_mode(&place, "copy", 0o600);
    stopped.release();
    assert_eq!(stopped.copy.exit_code(), 0, "{:?}", stopped.copy.err());
    assert_eq!(mode_of(&place, "copy"), 0o600);
    assert_eq!(names(&place).len(), 2);
}

#[test]
fn a_name_of_a_directory_is_refused() {
    let place = Place::new();
    place.write("source", "x");
    refuses(&place, "source new/", "new/: names no file; give the copy a name");
    refuses(&place, "source .", "./source: is the source itself");
    symlink("loop", place.path("loop")).expect("a link");
    refuses(&place, "source loop", "its symbolic links lead in a circle");
    refuses(&place, &format!("source {}", "x".repeat(256)), "give it a shorter name");
}

#[test]
fn in_a_directory_the_copy_has_the_name_of_the_source() {
    let place = Place::new();
    place.write("source", "x");
    for dir in ["plain", "dots", "slash"] {
        fs::create_dir(place.path(dir)).expect("mkdir");
    }
    symlink("plain", place.path("link")).expect("a link");
    for (dest, copy) in
        [("link", "plain/source"), ("dots/.", "dots/source"), ("slash/", "slash/source")]
    {
        copies(&place, &format!("source {dest}"));
        assert_eq!(fs::read(place.path(copy)).expect(copy), b"x");
    }
    refuses(&place, "source plain --no-clobber", "plain/source: exists");
    fs::create_dir(place.path("dots/other")).expect("mkdir");
    fs::rename(place.path("dots/other"), place.path("slash/other")).expect("rename");
    place.write("other", "y");
    refuses(&place, "other slash", "slash/other: is a directory");
}
