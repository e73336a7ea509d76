//! `export`: what Prometheus reads, who is answered, and the end.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::sync::Arc;

use mapcast::dynamic::{CType, FieldSpec, RecordBuf, Schema, Value, Writer};
use mapcast::{Options, Record, Stu, Writer as TypedWriter};
use rustix::process::Signal;

use crate::server::Server;
use crate::world::World;

#[repr(C)]
#[derive(Clone, Copy, Record)]
struct Quote {
    #[record(unit = "EUR")]
    price: f64,
    volume: u32,
    reserved: u32,
}

/// One field of each kind.
fn drone() -> Schema {
    let field =
        |name: &str, ctype: &str| FieldSpec::new(name, ctype.parse::<CType>().expect("a type"));
    Schema::builder("DRONE")
        .field(field("battery", "f32").unit("%").help("charge"))
        .field(field("mode", "u8").label(0, "off").label(1, "auto \"x\""))
        .field(field("accel", "f32[3]").unit("m/s2"))
        .field(field("name", "char[8]"))
        .field(field("is_armed", "bool"))
        .field(field("ticks", "u64"))
        .field(field("image", "u8[300]"))
        .build()
        .expect("a schema")
}

fn publish_drone(world: &World) -> Writer {
    let mut writer = Writer::open(world.path("drone.region"), &drone()).expect("a writer");
    let mut record = RecordBuf::new(Arc::new(drone()));
    let accel = [0.5, -9.81, f64::NAN].map(Value::F64).to_vec();
    for (name, value) in [
        ("battery", Value::F64(12.5)),
        ("mode", Value::Uint(1)),
        ("accel", Value::List(accel)),
        ("name", Value::from("a\"b")),
        ("is_armed", Value::Bool(true)),
        ("ticks", Value::Uint(u64::MAX)),
    ] {
        record.set_by_name(name, &value).expect("a value");
    }
    writer.publish(record.bytes()).expect("published");
    writer
}

#[test]
fn each_field_is_a_metric_of_its_type_with_its_unit() {
    let world = World::new();
    let _writer = publish_drone(&world);
    let server = Server::start(&world, "");
    let text = server.metrics();
    for line in [
        "# HELP mapcast_drone_battery_ratio charge",
        "# TYPE mapcast_drone_battery_ratio gauge",
        "mapcast_drone_battery_ratio{region=\"drone\"} 0.125",
        "mapcast_drone_mode{region=\"drone\",mapcast_drone_mode=\"off\"} 0",
        "mapcast_drone_mode{region=\"drone\",mapcast_drone_mode=\"auto \\\"x\\\"\"} 1",
        "mapcast_drone_mode_number{region=\"drone\"} 1",
        "mapcast_drone_accel_meters_per_second_squared{region=\"drone\",index=\"1\"} -9.81",
        "mapcast_drone_accel_meters_per_second_squared{region=\"drone\",index=\"2\"} NaN",
        "mapcast_drone_name_info{region=\"drone\",value=\"a\\\"b\"} 1",
        "mapcast_drone_is_armed{region=\"drone\"} 1",
        "mapcast_drone_ticks{region=\"drone\"} 18446744073709551615",
        "mapcast_region_up{region=\"drone\"} 1",
        "mapcast_region_state{region=\"drone\",mapcast_region_state=\"live\"} 1",
        "mapcast_region_epoch{region=\"drone\"} 1",
        "# TYPE mapcast_records_total counter",
        "mapcast_records_total{region=\"drone\"} 1",
    ] {
        assert!(text.lines().any(|have| have == line), "{line}\n{text}");
    }
    assert!(text.contains("mapcast_region_info{region=\"drone\",record=\"DRONE\",lineage=\""));
    assert!(text.contains("mapcast_record_age_seconds{region=\"drone\"} "), "{text}");
    assert!(!text.contains("image"), "an array of 300 is longer than --longest");
}

#[test]
fn the_format_is_the_one_that_is_accepted() {
    let world = World::new();
    let _writer = publish_drone(&world);
    let server = Server::start(&world, "drone");
    let open = server.get("/metrics", "application/openmetrics-text; version=1.0.0");
    assert!(open.head.contains("content-type: application/openmetrics-text; version=1.0.0"));
    assert!(open.body.ends_with("# EOF\n"));
    for line in [
        "# TYPE mapcast_drone_mode stateset",
        "# TYPE mapcast_drone_name info",
        "# UNIT mapcast_drone_battery_ratio ratio",
        "# TYPE mapcast_records counter",
    ] {
        assert!(open.body.lines().any(|have| have == line), "{line}\n{}", open.body);
    }
    let text = server.get("/metrics", "text/html,*/*;q=0.8");
    assert!(text.head.contains("content-type: text/plain; version=0.0.4"), "{}", text.head);
    assert!(!text.body.contains("# EOF"));
}

#[test]
fn each_instance_has_samples_of_its_own_until_it_is_retired() {
    let world = World::new();
    let path = world.path("quotes.region");
    let mut writer = Options::new().open_instances::<Quote>(path, 8).expect("a writer");
    let quote = |price| Quote { price, volume: 3, reserved: 0 };
    let (one, two) = (writer.instance("AAA").expect("one"), writer.instance("BBB").expect("two"));
    writer.publish(one, &quote(1.5)).expect("published");
    writer.publish(two, &quote(2.5)).expect("published");
    let server = Server::start(&world, "");
    let text = server.metrics();
    for line in [
        "mapcast_quote_price_eur{region=\"quotes\",region_instance=\"AAA\"} 1.5",
        "mapcast_quote_price_eur{region=\"quotes\",region_instance=\"BBB\"} 2.5",
        "mapcast_records_total{region=\"quotes\",region_instance=\"BBB\"} 1",
        "mapcast_region_up{region=\"quotes\"} 1",
    ] {
        assert!(text.lines().any(|have| have == line), "{line}\n{text}");
    }
    writer.retire(one).expect("retired");
    assert!(!server.metrics().contains("AAA"));
}

#[test]
fn records_that_no_scrape_has_read_are_counted_once() {
    let world = World::new();
    let mut writer = world.students("live");
    let server = Server::start(&world, "");
    let missed = |text: &str, count: u64| {
        assert!(
            text.contains(&format!("mapcast_missed_records_total{{region=\"live\"}} {count}\n")),
            "{text}"
        );
    };
    missed(&server.metrics(), 0);
    for id in 0..4 {
        writer.publish(&Stu::new(id, "x", 'm')).expect("published");
    }
    let text = server.metrics();
    missed(&text, 3);
    assert!(text.contains("mapcast_records_total{region=\"live\"} 5\n"), "{text}");
    missed(&server.metrics(), 3);
}

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
fn a_request_for_another_host_is_refused() {
    let world = World::new();
    let _live = world.students("live");
    let server = Server::start(&world, "--host drone.lan");
    let status = |hosts: &str| {
        server.ask(&format!("GET /metrics HTTP/1.1\n{hosts}Connection: close")).status
    };
    assert_eq!(status("Host: evil.example\n"), 403);
    assert_eq!(status("Host: evil.example:9464\n"), 403);
    assert_eq!(status(""), 400);
    assert_eq!(status("Host: localhost\nHost: evil.example\n"), 400);
    assert_eq!(status("Host: localhost:1\n"), 200);
    assert_eq!(status("Host: drone.lan\n"), 200);
    let refused = server.ask("GET /events HTTP/1.1\nHost: evil.example\nConnection: close");
    assert!(refused.body.contains("--host NAME"), "{refused:?}");
}

#[test]
fn what_is_not_there_or_not_a_get_is_refused_and_a_long_head_too() {
    let world = World::new();
    let server = Server::start(&world, "");
    let host = "Host: localhost\nConnection: close";
    assert_eq!(server.ask(&format!("GET /../etc/passwd HTTP/1.1\n{host}")).status, 404);
    assert_eq!(
        server.ask(&format!("POST /metrics HTTP/1.1\n{host}\nContent-Length: 0")).status,
        405
    );
    let long = "x".repeat(40_000);
    assert_eq!(server.ask(&format!("GET / HTTP/1.1\n{host}\nX: {long}")).status, 431);
    let page = server.get("/", "text/html");
    assert!(page.head.contains("content-security-policy: default-src 'none'"), "{}", page.head);
    assert!(page.body.contains("<title>mapcast</title>"));
    let head = server.ask(&format!("HEAD /metrics HTTP/1.1\n{host}"));
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[test]
fn the_page_needs_nothing_from_outside() {
    let world = World::new();
    let server = Server::start(&world, "");
    let page = server.get("/", "text/html").body;
    let links = ["src=\"", "href=\""].map(|mark| page.split(mark).skip(1));
    for link in links.into_iter().flatten().filter_map(|rest| rest.split('"').next()) {
        if link != "data:," {
            assert_eq!(server.get(link, "*/*").status, 200, "{link}");
        }
    }
    assert!(server.get("/uplot-licence.txt", "*/*").body.contains("MIT"));
}

#[test]
fn the_events_begin_with_all_regions_and_continue_with_what_changes() {
    let world = World::new();
    let mut writer = world.students("live");
    let server = Server::start(&world, "");
    let mut stream = server.connect();
    write!(stream, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("sent");
    let mut lines = BufReader::new(stream).lines().map(|line| line.expect("a line in time"));
    let mut data = |event: &str| {
        lines.by_ref().find(|line| *line == format!("event: {event}")).expect("the event");
        let data = lines.next().expect("its data");
        let data = data.strip_prefix("data: ").expect("data");
        serde_json::from_str::<serde_json::Value>(data).expect("JSON")
    };
    let regions = data("regions");
    assert_eq!(regions[0]["fields"][1]["type"], "char[20]");
    let values = data("values");
    assert_eq!(values[0]["line"]["record"]["name"], "xiaoming");
    // Until a look has seen the first record, a second one can be part of the first event after it.
    writer.publish(&Stu::new(11, "b", 'f')).expect("published");
    while data("values")[0]["line"]["record"]["id"] != 11 {}
}

#[test]
fn a_signal_ends_it_with_success_even_if_a_client_is_connected() {
    let world = World::new();
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = Server::start(&world, "");
        let _idle = server.connect();
        assert_eq!(server.end_by(signal).code(), Some(0));
    }
}

#[test]
fn a_port_in_use_is_named_with_the_next_step() {
    let world = World::new();
    let first = Server::start(&world, "");
    let output = world.run(&format!("export --listen {}", first.address));
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains(&format!("{}: cannot listen: Address already in use", first.address)),
        "{said}"
    );
    assert!(said.contains("give another port by --listen"), "{said}");
}

#[test]
fn an_option_that_cannot_be_is_wrong_usage_and_names_the_option() {
    let world = World::new();
    for (option, want) in [
        ("--listen=foo", "'--listen <ADDRESS:PORT>': write an address and a port"),
        ("--listen=127.0.0.1", "'--listen <ADDRESS:PORT>': write an address and a port"),
        ("--host=", "'--host <NAME>': write a name without a port"),
        ("--host=a:80", "'--host <NAME>': write a name without a port"),
        ("--longest=x", "'--longest <N>': give a whole number from 0 to 4294967295"),
        ("--every=1s", "--textfile <DIR>"),
    ] {
        let output = world.run(&format!("export {option}"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{option}: {said}");
        assert!(said.contains(want), "{option}: {said}");
    }
}

#[test]
fn a_thousand_regions_are_in_one_scrape() {
    let world = World::new();
    let writers: Vec<TypedWriter<Stu>> =
        (0..1000).map(|number| world.students(&format!("r{number}"))).collect();
    let server = Server::start(&world, "");
    let text = server.metrics();
    assert_eq!(text.matches("mapcast_stu_id{").count(), 1000);
    assert_eq!(text.matches("mapcast_region_up{").count(), writers.len());
}
