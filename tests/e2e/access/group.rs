//! A region for a group: its members can read it, other users cannot, also after its file was
//! replaced.

use std::fs;
use std::os::unix::fs::MetadataExt;

use e2e::{NOBODY, Place, Unprivileged};
use nix::sys::signal::Signal;
use nix::unistd::{Gid, Group};

use super::configure;
use crate::{consumer, producer};

/// Numbers of groups that need not exist in the group database.
const READERS: u32 = 54_321;
const OTHERS: u32 = 54_322;

/// Configures a region that `group` alone may read.
fn for_group(place: &Place, group: &str, slots: u32) {
    configure(place, &format!("mode = \"0640\"\ngroup = \"{group}\"\nslots = {slots}"));
}

/// A member of `group` reads the region, and the same user without it is refused.
#[track_caller]
fn only_members_read(place: &Place, group: u32) {
    let how = "./x.region --once --timeout 1m";
    let reader = Unprivileged::new(&consumer()).in_group(group);
    assert_eq!(reader.start(place, how).exit_code(), 0);
    let mut stranger = Unprivileged::new(&consumer()).start(place, how);
    assert_eq!(stranger.exit_code(), 1);
    stranger.says("./x.region: open: Permission denied");
    let meta = fs::metadata(place.path("x.region")).expect("a region");
    assert_eq!((meta.gid(), meta.mode() & 0o7777), (group, 0o640));
}

#[test]
fn only_members_read_a_groups_region_through_restart_loss_reload_and_take_over() {
    if Unprivileged::another(&consumer()).is_none() {
        return;
    }
    let place = Place::new().open_to_all();
    for_group(&place, &READERS.to_string(), 8);
    let mut first = producer().start(&place, "./x.toml");
    first.says("(created, epoch 1)");
    only_members_read(&place, READERS);

    first.stop();
    let mut second = producer().start(&place, "./x.toml");
    second.says("(resumed, epoch 2");
    only_members_read(&place, READERS);

    fs::remove_file(place.path("x.region")).expect("removed");
    second.says("was deleted while in use; recreated");
    only_members_read(&place, READERS);

    for (group, slots) in [(OTHERS, 8), (READERS, 16)] {
        for_group(&place, &group.to_string(), slots);
        second.signal(Signal::SIGHUP);
        second.says("x.toml is in force");
        only_members_read(&place, group);
    }

    let mut standby = producer().start(&place, "./x.toml --standby");
    standby.says("waiting to take over");
    second.kill9();
    standby.says("publishing X");
    only_members_read(&place, READERS);
    standby.stop();
}

#[test]
fn a_group_that_lost_the_region_gets_no_further_record() {
    if Unprivileged::another(&consumer()).is_none() {
        return;
    }
    for change in [format!("group = \"{OTHERS}\""), String::new()] {
        let place = Place::new().open_to_all();
        for_group(&place, &READERS.to_string(), 8);
        let mut writer = producer().start(&place, "./x.toml");
        writer.says("publishing");
        let member = Unprivileged::new(&consumer()).in_group(READERS);
        let mut reader = member.start(&place, "./x.region --follow --format json");
        reader.next_out();
        configure(&place, &format!("mode = \"0640\"\n{change}"));
        writer.signal(Signal::SIGHUP);
        writer.says("is in force: replaced (the old one was open to more users), epoch 2");
        reader.says("./x.region: open: Permission denied");
        reader.stop();
        assert!(reader.out().iter().all(|line| e2e::Reading::of(line).epoch == 1));
        writer.stop();
    }
}

#[test]
fn a_group_may_be_given_by_name() {
    let Ok(Some(group)) = Group::from_gid(Gid::from_raw(1)) else { return };
    if Unprivileged::another(&consumer()).is_none() {
        return;
    }
    let place = Place::new().open_to_all();
    for_group(&place, &group.name, 8);
    let mut writer = producer().start(&place, "./x.toml");
    writer.says("publishing");
    only_members_read(&place, 1);
    writer.stop();
}

#[test]
fn a_producer_gives_its_region_only_to_a_group_it_belongs_to() {
    let Some(member) = Unprivileged::another(&producer()) else { return };
    let place = Place::new();
    super::open_to_all(place.dir(), 0o777);
    for_group(&place, &READERS.to_string(), 8);
    let mut stranger = Unprivileged::new(&producer()).start(&place, "./x.toml");
    assert_eq!(stranger.exit_code(), 1);
    let line = stranger.says("./x.region: cannot be given to group \"54321\" (fchown: ");
    assert!(line.contains("; make this account a member of it, "), "{line}");
    assert_eq!(fs::read_dir(place.dir()).expect("a place").count(), 1, "x.toml alone");

    let mut member = member.in_group(READERS).start(&place, "./x.toml");
    member.says("publishing");
    let meta = fs::metadata(place.path("x.region")).expect("a region");
    assert_eq!((meta.uid(), meta.gid()), (NOBODY, READERS));
    // A reload that fails changes nothing.
    for_group(&place, &OTHERS.to_string(), 8);
    member.signal(Signal::SIGHUP);
    member.says("cannot be given to group \"54322\"");
    assert_eq!(fs::metadata(place.path("x.region")).expect("a region").gid(), READERS);
    member.stop();
}
