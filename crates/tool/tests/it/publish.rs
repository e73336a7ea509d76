//! `publish`: records from arguments and lines, and what is refused.

use std::fs;
use std::io::Write as _;
use std::process::{Output, Stdio};

use crate::world::{MAPCAST, World};

pub(crate) const POINT: &str = "publish point --field x:f64:m --field mode:u8::0=off,1=auto";

/// Runs it with `input` on its standard input.
pub(crate) fn fed(world: &World, arguments: &str, input: &str) -> Output {
    let mut command = world.command();
    command.args(arguments.split(' ')).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("mapcast");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("written");
    child.wait_with_output().expect("mapcast")
}

pub(crate) fn state(world: &World, name: &str) -> String {
    let row = world.prints(&format!("inspect {name} --format json"));
    let row: serde_json::Value = serde_json::from_str(&row).expect("JSON");
    row["state"].as_str().expect("a state").to_owned()
}

#[test]
fn a_record_is_published_and_the_region_closed() {
    let world = World::new();
    assert_eq!(world.prints(&format!("{POINT} x=1.5 mode=auto")), "");
    assert_eq!(world.prints("get point x mode"), "1.5\nauto\n");
    assert_eq!(state(&world, "point"), "closed");
}

#[test]
fn a_region_that_exists_needs_no_description_and_keeps_its_other_values() {
    let world = World::new();
    world.prints(&format!("{POINT} x=1.5 mode=auto"));
    world.prints("publish point x=2");
    assert_eq!(world.prints("get point x mode"), "2\nauto\n");
    let facts = world.prints("inspect point --format json");
    assert!(facts.contains("\"sequence\":2") && facts.contains("\"unit\":\"m\""), "{facts}");
}

#[test]
fn the_fields_of_a_configuration_that_have_sources_have_their_values() {
    let world = World::new();
    let config = "[region]\nname = \"own\"\n[record]\nname = \"R\"\n\
        [[record.field]]\nname = \"t\"\ntype = \"f32\"\nsource = { input = { key = \"/a/b\" } }\n\
        [[record.field]]\nname = \"k\"\ntype = \"u8\"\nsource = { const = 7 }\n\
        [[record.field]]\nname = \"twice\"\ntype = \"f32\"\nsource = { expr = \"t * 2\" }\n";
    fs::write(world.path("r.toml"), config).expect("a file");
    world.prints("publish ./r.toml t=1.5");
    assert_eq!(world.prints("get own t k twice"), "1.5\n7\n3\n");
    world.prints("publish other t=2 --config r.toml");
    assert_eq!(world.prints("get other t k twice"), "2\n7\n4\n");
    let output = fed(&world, "publish other - --config r.toml", "{\"a\": {\"b\": 5}}\n");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(world.prints("get other t twice"), "5\n10\n");
    let none = world.run("publish other --config r.toml");
    assert_eq!(none.status.code(), Some(2), "{none:?}");
    let output = world.run("publish other k=8 --config r.toml");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn each_good_line_is_a_record_and_a_bad_one_is_reported_with_its_number() {
    let world = World::new();
    let lines = "{\"x\": 1, \"mode\": 0}\n{\"y\": 1}\n{\"mode\": \"auto\"}";
    let output = fed(&world, &format!("{POINT} -"), lines);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("error: line 2: key \"y\" is unknown; use mode, x\n"), "{said}");
    assert!(said.ends_with("1 line skipped; the messages above say why\n"), "{said}");
    assert_eq!(world.prints("get point x mode"), "1\nauto\n");
    assert!(world.prints("inspect point --format json").contains("\"sequence\":2"));
}

#[test]
fn an_instance_is_published_and_the_others_stay() {
    let world = World::new();
    let fields = "--field rx:u64:B";
    world.prints(&format!("publish net rx=1 --instance eth0 {fields}"));
    world.prints("publish net rx=2 --instance lo");
    world.prints("publish net rx=3 --instance eth0");
    assert_eq!(world.prints("get net rx"), "eth0\t3\nlo\t2\n");
    let config = world.prints("schema net");
    fs::write(world.path("net.toml"), config).expect("a file");
    for (arguments, end) in [
        ("publish net rx=4", "name one with --instance\n"),
        ("publish net.toml rx=4 --instance lo", "with --field and --instance\n"),
    ] {
        let output = world.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.ends_with(end), "{said}");
    }
}

#[test]
fn a_line_may_be_as_long_as_the_record_needs() {
    let world = World::new();
    let values = vec!["-2.2250738585072014e-308"; 16_384].join(", ");
    let line = format!("{{\"v\": [{values}]}}\n");
    let output = fed(&world, "publish wide - --field v:f64[16384]", &line);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(world.prints("get wide v[16383]"), "-2.2250738585072014e-308\n");
    let output = fed(&world, "publish wide -", &line.repeat(2));
    assert!(output.status.success(), "{output:?}");
    fs::write(world.path("wide.toml"), world.prints("schema wide")).expect("a file");
    let output = fed(&world, "publish wide - --config wide.toml", &line);
    assert!(output.status.success(), "{output:?}");
    assert!(world.prints("inspect wide --format json").contains("\"sequence\":4,"));
}

#[test]
fn a_region_without_room_for_one_more_instance_gets_it_by_max_instances() {
    let world = World::new();
    world.prints("publish net x=1 --instance a --max-instances 1 --field x:u8");
    let full = |arguments: &str, end: &str| {
        let output = world.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && said.ends_with(end), "{arguments}: {said}");
    };
    let end = "has 1 instance beside b; give --max-instances 2 or more\n";
    full("publish net x=2 --instance b", end);
    world.prints("publish net x=2 --instance b --max-instances 2");
    assert_eq!(world.prints("get net x"), "a\t1\nb\t2\n");
    let end = "has 2 instances, more than 1; give a larger --max-instances\n";
    full("publish net x=2 --instance a --max-instances 1", end);
    assert_eq!(world.prints("get net x"), "a\t1\nb\t2\n");
}

/// The instances of a region and how many it can have.
fn room(world: &World) -> String {
    let row = world.prints("list --format json");
    let row: serde_json::Value = serde_json::from_str(row.trim()).expect("JSON");
    format!("{} of {}", row["instances"], row["max_instances"])
}

#[test]
fn an_instance_joins_with_its_first_whole_record_from_lines() {
    let world = World::new();
    let fields = "--field x:u8 --field y:u8";
    world.prints(&format!("publish net x=1 y=1 --instance a {fields}"));
    for input in ["", "{\"z\": 1}\n", "{\"x\": 1}\n", "x"] {
        let output = fed(&world, "publish net - --instance b", input);
        assert_eq!(output.status.code(), Some(1), "{input}: {output:?}");
        let output = fed(&world, "publish net - --instance b --max-instances 2", input);
        assert_eq!(output.status.code(), Some(1), "{input}: {output:?}");
        assert_eq!(room(&world), "1 of 64", "{input}");
    }
    let output = fed(&world, "publish net - --instance b", "{\"x\": 2}\n{\"y\": 3}\n");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(world.prints("get net x y"), "a\t1\t1\nb\t2\t3\n");
}

#[test]
fn a_maximum_without_room_for_the_new_instance_leaves_the_region_as_it_was() {
    let world = World::new();
    world.prints("publish net x=1 --instance a --field x:u8");
    world.prints("publish net x=2 --instance b");
    let output = world.run("publish net x=3 --instance c --max-instances 2");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.ends_with("has 2 instances beside c; give --max-instances 3 or more\n"), "{said}");
    assert_eq!(room(&world), "2 of 64");
    let slots = || {
        let row = world.prints("inspect net --format json");
        serde_json::from_str::<serde_json::Value>(&row).expect("JSON")["slots"].clone()
    };
    let (before, config) = (slots(), world.prints("schema net"));
    let config = config.replace("[region]\n", "[region]\nslots = 32\n");
    fs::write(world.path("net.toml"), config.replace("instances = ", "# ")).expect("a file");
    let output = fed(&world, "publish net - --instance c --config net.toml", "");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(slots(), before);
    assert!(before.as_u64().is_some_and(|slots| slots != 32), "{before}");
    world.prints("publish net x=3 --instance c --max-instances 3");
    assert_eq!(room(&world), "3 of 3");
}

#[test]
fn a_region_of_another_record_is_replaced_only_if_that_is_asked_for() {
    let world = World::new();
    world.prints(&format!("{POINT} x=1.5 mode=auto"));
    let other = "publish point x=3 --field x:f32:m --field y:u8";
    let output = world.run(&format!("{other} y=1"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let want = "point.region: holds another record: \
                field x is f64 at byte 0 in the region, f32 at byte 0 in --field; \
                field y is in --field and not in the region; field mode is in the region and not in --field; \
                its size in bytes is 16 in the region, 8 in --field; \
                its alignment is 8 in the region, 4 in --field; \
                publish to another name, or give --replace, by which its records are lost\n";
    assert!(said.ends_with(want), "{said}");
    let lines = world.run(&format!("{other} -").replace(" x=3", ""));
    assert_eq!(lines.status.code(), Some(1), "{lines:?}");
    assert_eq!(world.prints("get point x mode"), "1.5\nauto\n");
    world.prints(&format!("{other} y=1 --replace"));
    assert_eq!(world.prints("get point x y"), "3\n1\n");
    let many = "publish point z=1 --field z:u8 --instance a --replace";
    world.prints(many);
    assert_eq!(world.prints("get point z"), "a\t1\n");
    world.prints("publish point z=2 --field z:u8 --replace");
    assert_eq!(world.prints("get point z"), "2\n");
}

#[test]
fn a_record_that_is_described_in_other_words_continues() {
    let world = World::new();
    world.prints(&format!("{POINT} x=1.5 mode=auto"));
    let config = world.prints("schema point").replace("0 = \"off\"", "0 = \"out\", 2 = \"on\"");
    fs::write(world.path("point.toml"), config).expect("a file");
    world.prints("publish point x=2 --config point.toml");
    assert_eq!(world.prints("get point x mode"), "2\nauto\n");
    world.prints("publish point mode=on");
    assert_eq!(world.prints("get point x mode"), "2\non\n");
}

#[test]
fn lines_have_a_region_and_come_from_something_that_can_be_read() {
    let world = World::new();
    let output = world.run("publish -");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.ends_with("write its name before it: `mapcast publish REGION -`\n"), "{said}");
    let mut command = world.command_with("publish x - --field a:u8");
    let directory = fs::File::open(world.path("")).expect("a directory");
    let output = command.stdin(directory).output().expect("mapcast");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let want = "cannot read standard input: Is a directory (os error 21); give a file\n";
    assert!(said.ends_with(want), "{said}");
}

#[test]
fn what_cannot_be_published_is_refused_with_what_to_write() {
    let world = World::new();
    world.prints(&format!("{POINT} x=1 mode=off"));
    for (arguments, code, end) in [
        ("publish pont x=1", 3, "no such region; did you mean point?\n"),
        ("publish none x=1", 3, "describe its record with --field x:f64, or with --config FILE\n"),
        ("publish point mdoe=off", 2, "key \"mdoe\" is unknown; did you mean mode?\n"),
        ("publish point mode=on", 2, "use a number or one of its labels\n"),
        (
            "publish point mode=300",
            2,
            "does not fit field \"mode\" (u8); use a value it can hold\n",
        ),
        (
            "publish point x",
            2,
            "\"x\" is no value; write FIELD=VALUE, or - alone for lines of JSON on standard input\n",
        ),
        ("publish point - x=1", 2, "or - alone for lines of JSON on standard input\n"),
        (
            "publish point",
            2,
            "point.region: no values; write them as x=VALUE, or - for lines of JSON on standard input\n",
        ),
        ("publish new --field x:f64", 2, "or - for lines of JSON on standard input\n"),
        ("publish point x=1 --instance a", 2, "no instances; leave out --instance\n"),
        (
            "publish point mode=NaN",
            2,
            "\"NaN\" is no label of field \"mode\"; use a number or one of its labels\n",
        ),
        (
            "publish new --field n:u64 n=NaN",
            2,
            "NaN is not a whole number, and field \"n\" is u64; change the value\n",
        ),
        (
            "publish new --field n:u64 n=-Infinity",
            2,
            "-Infinity is not a whole number, and field \"n\" is u64; change the value\n",
        ),
        (
            "publish new --field :u8 x=1",
            2,
            "write NAME:TYPE, such as x:f64 or x:f64:m\n\nFor more information, try '--help'.\n",
        ),
        ("publish new --field x:f64 --field y:u8 y=1", 2, "no value yet for x; give it one\n"),
        ("publish new --field x:f64 --field x:u8 x=1", 2, "rename one of them\n"),
    ] {
        let output = world.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments}: {said}");
        assert!(said.ends_with(end), "{arguments}: {said}");
    }
    assert_eq!(world.prints("get point x mode"), "1\noff\n");
    assert!(!world.path("new.region").exists());
}

#[test]
fn a_configuration_whose_fields_have_sources_of_their_own_needs_no_values() {
    let world = World::new();
    let config = "[region]\nname = \"own\"\n[record]\nname = \"R\"\n\
        [[record.field]]\nname = \"k\"\ntype = \"u8\"\nsource = { const = 7 }\n";
    fs::write(world.path("r.toml"), config).expect("a file");
    world.prints("publish ./r.toml");
    assert_eq!(world.prints("get own k"), "7\n");
}

#[test]
fn the_elements_of_a_list_are_written_as_single_values_are() {
    let world = World::new();
    let fields = "--field v:f32[3] --field modes:u8[2]::0=off,1=auto";
    world.prints(&format!("publish pose v=[1,NaN,-Infinity] modes=[auto,0] {fields}"));
    assert_eq!(world.prints("get pose v modes[0] modes[1]"), "[1, NaN, -inf]\nauto\noff\n");
}

#[test]
fn lines_from_a_closed_or_an_empty_standard_input_are_refused() {
    let world = World::new();
    let closed = |redirected: &str| {
        let mut shell = world.command_of("/bin/sh");
        let script = format!("exec \"$0\" {POINT} - {redirected}");
        shell.args(["-c", &script]).arg(MAPCAST).output().expect("a shell")
    };
    let output = closed("<&-");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.ends_with(
            "standard input is closed; pipe lines of JSON into it, or give values as arguments\n"
        ),
        "{said}"
    );
    assert!(!world.path("point.region").exists());
    let output = closed("</dev/null");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("standard input is empty, and nothing was published; "), "{said}");
    let help = world.prints("help publish");
    assert!(
        help.contains("1  failure, a line was skipped, or standard input had no line\n"),
        "{help}"
    );
    assert!(!world.path("point.region").exists());
}

#[test]
fn an_option_that_is_out_of_range_is_wrong_usage_and_names_the_option_and_the_range() {
    let world = World::new();
    let long = "x".repeat(65);
    for (options, want) in [
        (
            "--instance a --max-instances 0",
            "'--max-instances <N>': give a whole number from 1 to 65536",
        ),
        (
            "--instance a --max-instances 65537",
            "'--max-instances <N>': give a whole number from 1 to 65536",
        ),
        (
            "--instance a --max-instances x",
            "'--max-instances <N>': give a whole number from 1 to 65536",
        ),
        (&*format!("--instance {long}"), "has 65 bytes, at most 64 are possible"),
        (
            "--instance=",
            "'--instance <NAME>': an instance needs a name; give a name of 1 to 64 bytes",
        ),
    ] {
        let output = world.run(&format!("publish net rx=1 --field rx:u64 {options}"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{options}: {said}");
        assert!(said.contains(want), "{options}: {said}");
        assert!(!world.path("net.region").exists());
    }
}
