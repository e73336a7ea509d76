//! Regions that come, go, change, or cannot be read.

use std::fs;

use super::publish_drone;
use crate::server::Server;
use crate::world::World;

#[test]
fn a_region_that_is_closed_stays_and_is_not_up() {
    let world = World::new();
    drop(world.students("live"));
    let server = Server::start(&world, "");
    let text = server.metrics();
    assert!(text.contains("mapcast_region_up{region=\"live\"} 0\n"), "{text}");
    assert!(text.contains("mapcast_region_state=\"closed\"} 1\n"), "{text}");
    assert!(text.contains("mapcast_stu_id{region=\"live\"} 10\n"), "{text}");
}

#[test]
fn regions_appear_and_disappear_while_it_runs() {
    let world = World::new();
    let server = Server::start(&world, "");
    assert!(!server.metrics().contains("region=\""));
    let _writer = world.students("live");
    server.metrics_with("mapcast_region_up{region=\"live\"} 1\n");
    fs::remove_file(world.path("live.region")).expect("removed");
    assert!(!server.metrics().contains("region=\"live\""));
}

#[test]
fn a_region_that_gets_another_record_is_exported_as_that() {
    let world = World::new();
    let writer = world.students("drone");
    let server = Server::start(&world, "drone");
    assert!(server.metrics().contains("mapcast_stu_id{region=\"drone\"} 10\n"));
    drop(writer);
    fs::remove_file(world.path("drone.region")).expect("removed");
    let _writer = publish_drone(&world);
    let text = server.metrics();
    assert!(text.contains("mapcast_drone_is_armed{region=\"drone\"} 1\n"), "{text}");
    assert!(!text.contains("mapcast_stu_id"), "{text}");
}

#[test]
fn a_named_region_that_is_not_there_yet_is_down_and_the_nearest_name_is_logged() {
    let world = World::new();
    let _live = world.students("live");
    let mut server = Server::start(&world, "lvie");
    assert!(server.metrics().contains("mapcast_region_up{region=\"lvie\"} 0\n"));
    server.says("did you mean live?");
    let _late = world.students("lvie");
    assert!(server.metrics().contains("mapcast_region_up{region=\"lvie\"} 1\n"));
}

#[test]
fn a_file_that_is_no_region_is_down_and_does_not_hide_the_others() {
    let world = World::new();
    let _live = world.students("live");
    fs::write(world.path("text.region"), "no region").expect("a file");
    let mut server = Server::start(&world, "");
    let text = server.metrics();
    assert!(text.contains("mapcast_region_up{region=\"live\"} 1\n"), "{text}");
    assert!(text.contains("mapcast_region_up{region=\"text\"} 0\n"), "{text}");
    server.says("text.region");
}
