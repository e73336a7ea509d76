//! Regions that come, go, change, or cannot be read.

use std::fs;
use std::sync::Arc;

use mapcast::dynamic::{CType, FieldSpec, RecordBuf, Schema, Writer};

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

#[test]
fn a_region_that_appears_renames_no_metric_of_a_region_with_a_record_of_the_same_name() {
    let world = World::new();
    let publish = |region: &str, mode: FieldSpec| {
        let schema = Schema::builder("SHARED").field(mode).build().expect("a schema");
        let path = world.path(&format!("{region}.region"));
        let mut writer = Writer::open(path, &schema).expect("a writer");
        writer.publish(RecordBuf::new(Arc::new(schema)).bytes()).expect("published");
        writer
    };
    let mode = |ctype: &str| FieldSpec::new("mode", ctype.parse::<CType>().expect("a type"));
    let _labels = publish("m", mode("u8").label(0, "off"));
    let server = Server::start(&world, "");
    let samples = |accept: &str| {
        let text = server.get("/metrics", accept).body;
        let lines =
            text.lines().filter(|line| line.contains("{region=\"m\"") && line.contains("mode"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    for accept in ["text/plain", "application/openmetrics-text"] {
        assert_eq!(
            samples(accept),
            [
                "mapcast_shared_mode{region=\"m\"} 0",
                "mapcast_shared_mode_state{region=\"m\",mapcast_shared_mode_state=\"off\"} 1",
            ]
        );
    }
    let before = samples("application/openmetrics-text");
    // Before it and behind it, in the order of their names.
    let _others = ["a", "z"].map(|name| {
        [("number", "f32"), ("text", "char[4]"), ("bool", "bool")]
            .map(|(kind, ctype)| publish(&format!("{name}-{kind}"), mode(ctype)))
    });
    server.metrics_with("mapcast_shared_mode{region=\"z-number\"} 0");
    let open = server.get("/metrics", "application/openmetrics-text").body;
    assert!(open.contains("mapcast_shared_mode_info{region=\"a-text\","), "{open}");
    assert!(open.contains("mapcast_shared_mode{region=\"a-number\"} 0"), "{open}");
    assert_eq!(samples("application/openmetrics-text"), before);
}

#[test]
fn a_region_that_is_cut_while_a_page_shows_it_is_a_problem_until_it_is_replaced() {
    let world = World::new();
    drop(world.students("live"));
    let server = Server::start(&world, "");
    let mut page = server.events();
    assert!(page.next("all")["regions"][0]["problem"].is_null());
    let file = fs::OpenOptions::new().write(true).open(world.path("live.region"));
    file.expect("the region").set_len(50).expect("cut");
    let problem = page.next("changes")["regions"][0]["problem"].clone();
    assert!(problem.to_string().contains("has 50 bytes, its header promises"), "{problem}");
    assert!(server.metrics().contains("mapcast_region_up{region=\"live\"} 0\n"));
    // One that takes its name at once: without any the region is gone.
    drop(world.students("other"));
    fs::rename(world.path("other.region"), world.path("live.region")).expect("renamed");
    let mut changes = page.next("changes");
    // It may have been listed under its first name, too.
    while changes["regions"][0]["region"] != "live" {
        changes = page.next("changes");
    }
    assert!(changes["regions"][0]["problem"].is_null(), "{changes}");
    assert_eq!(changes["values"][0]["line"]["record"]["id"], 10);
}
