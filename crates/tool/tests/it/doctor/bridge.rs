//! The region of a bridge, and mirrors without news.

use std::time::Duration;

use layout::Record;
use mapcast::{InstanceWriter, Options, Stu};

use crate::world::{World, wait_until};

/// A row, as far as the doctor reads it.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Record)]
#[record(crate = layout, name = "BRIDGE")]
struct Row {
    #[record(text)]
    direction: [u8; 16],
    #[record(text)]
    host: [u8; 16],
    #[record(text)]
    name: [u8; 32],
    #[record(text)]
    link: [u8; 16],
    #[record(text)]
    why: [u8; 64],
}

fn text<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    bytes[..text.len()].copy_from_slice(text.as_bytes());
    bytes
}

/// The region of a bridge that runs, with the rows `[direction, host, name, link, why]`.
fn bridge(world: &World, rows: &[[&str; 5]]) -> InstanceWriter<Row> {
    let path = world.path("bridge.region");
    let mut writer = Options::new().open_instances::<Row>(path, 8).expect("a writer");
    for [direction, host, name, link, why] in rows {
        let mirror = if *direction == "import" { format!("{host}.{name}") } else { (*name).into() };
        let instance = writer.instance(&mirror).expect("room");
        let row = Row {
            direction: text(direction),
            host: text(host),
            name: text(name),
            link: text(link),
            why: text(why),
        };
        writer.publish(instance, &row).expect("published");
    }
    writer
}

#[test]
fn a_bridge_without_a_link_or_a_host_has_findings_with_cause_and_step() {
    let world = World::in_memory();
    let _bridge = bridge(
        &world,
        &[
            ["connect", "hostB", "tcp/10.0.0.1:7447", "link lost", "Connection refused; start it"],
            ["connect", "hostB", "tcp/10.0.0.2:7447", "live", ""],
            ["import", "hostA", "stu", "host lost", ""],
            ["import", "hostA", "cpu", "host lost", ""],
            ["import", "hostC", "stu", "dead", ""],
        ],
    );
    let diagnosis = world.doctor("bridge");
    diagnosis.is(&["no-link", "no-link"]);
    diagnosis.has("no-link", "no link to tcp/10.0.0.1:7447: Connection refused", "start it");
    diagnosis.has("no-link", "host hostA is not heard of", "mapcast doctor bridge, on hostA");
}

#[test]
fn a_mirror_without_news_leads_to_its_source_or_to_its_bridge() {
    let world = World::in_memory();
    let options = Options::new().period(Duration::from_millis(1));
    for name in ["hostA.stu", "hostC.stu"] {
        let path = world.path(&format!("{name}.region"));
        let mut mirror = options.open::<Stu>(path).expect("a mirror");
        mirror.publish(&Stu::new(1, "x", 'm')).expect("published");
    }
    let rows =
        [["import", "hostA", "stu", "host lost", ""], ["import", "hostC", "stu", "dead", ""]];
    let bridge = bridge(&world, &rows);
    for (name, step) in [
        ("hostA.stu", "mapcast doctor bridge: it is a mirror of hostA/stu, host lost"),
        ("hostC.stu", "mapcast doctor stu, on hostC, where it is dead"),
    ] {
        world.doctor(name).has("closed", "its writer closed it", step);
    }
    drop(bridge);
    wait_until("a bridge that has ended", || {
        let diagnosis = world.doctor("hostA.stu");
        diagnosis.findings()[0]["step"].as_str().is_some_and(|step| step.contains("does not run"))
    });
}

#[test]
fn a_mirror_without_a_file_leads_to_its_row_and_not_to_a_producer() {
    let world = World::in_memory();
    let _bridge = bridge(
        &world,
        &[["import", "hostA", "stu", "loop", ""], ["import", "hostC", "stu", "not there", ""]],
    );
    for (name, step) in [
        ("hostA.stu", "consumer bridge --once: it is a mirror of hostA/stu, loop"),
        ("hostC.stu", "mapcast doctor stu, on hostC, where it is not there"),
    ] {
        world.doctor(name).has("no-region", name, step);
    }
}
