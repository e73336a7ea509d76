//! The samples of a scrape.

use mapcast::{Options, Record, Stu, Writer};

use super::publish_drone;
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
        "mapcast_drone_mode_state{region=\"drone\",mapcast_drone_mode_state=\"off\"} 0",
        "mapcast_drone_mode_state{region=\"drone\",mapcast_drone_mode_state=\"auto \\\"x\\\"\"} 1",
        "mapcast_drone_mode{region=\"drone\"} 1",
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
        "# TYPE mapcast_drone_mode_state stateset",
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
fn no_text_of_a_record_controls_a_terminal() {
    let world = World::new();
    let mut writer = world.students("live");
    let mut student = Stu::new(1, "", 'm');
    for (name, want) in [
        (&b"a\x1b[2J\n\"b\r"[..], r#"a\\x1b[2J\\x0a\"b\\x0d"#),
        (b"\xff\xc2\x9b\xe2\x80\xae", "\u{fffd}\\\\x9b\\\\u{202e}"),
        (br"\x1b C:\", r"\\\\x1b C:\\"),
    ] {
        student.name = [0; 20];
        student.name[..name.len()].copy_from_slice(name);
        writer.publish(&student).expect("published");
        let server = Server::start(&world, "");
        let text = server.metrics();
        let line = format!("mapcast_stu_name_info{{region=\"live\",value=\"{want}\"}} 1");
        assert!(text.lines().any(|have| have == line), "{line}\n{text}");
        assert!(!text.replace('\n', "").contains(char::is_control), "{text:?}");
    }
}

#[test]
fn the_chosen_fields_are_exported_of_each_region_that_has_them() {
    let world = World::new();
    let _drone = publish_drone(&world);
    let _live = world.students("live");
    let server = Server::start(&world, "--fields name,battery");
    let text = server.metrics();
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let names = samples.map(|line| line.split('{').next().expect("a name"));
    let mut names: Vec<_> = names.filter(|name| !name.starts_with("mapcast_re")).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "mapcast_drone_battery_ratio",
            "mapcast_drone_name_info",
            "mapcast_missed_records_total",
            "mapcast_missed_records_total",
            "mapcast_scrape_duration_seconds",
            "mapcast_stu_name_info",
        ]
    );
    let all = server.events().next("all");
    let record = all["values"][1]["line"]["record"].as_object().expect("a record");
    assert_eq!(record.keys().collect::<Vec<_>>(), ["name"]);
    assert_eq!(all["regions"][1]["fields"].as_array().map(Vec::len), Some(1));
    let output = world.run("export --textfile . --fields moed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("--fields: no region has moed now; did you mean mode?\n"), "{said}");
    let output = world.run("export --fields accel[0]");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("an element cannot be chosen; write accel"), "{said}");
    let output = world.run("export --textfile . --fields mode,name,mode");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.ends_with("--fields: mode is named twice; name it once\n"), "{said}");
}

#[test]
fn a_thousand_regions_are_in_one_scrape() {
    let world = World::new();
    let writers: Vec<Writer<Stu>> =
        (0..1000).map(|number| world.students(&format!("r{number}"))).collect();
    let server = Server::start(&world, "");
    let text = server.metrics();
    assert_eq!(text.matches("mapcast_stu_id{").count(), 1000);
    assert_eq!(text.matches("mapcast_region_up{").count(), writers.len());
}
