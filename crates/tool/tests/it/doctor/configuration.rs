//! How a region differs from a configuration, and what the system does not let its producer do.

use std::fmt::Write as _;
use std::fs;

use super::Diagnosis;
use crate::world::World;

/// The record of the tests' regions.
const STUDENT: &str = "\
[record]\nname = \"STU\"\n\
[[record.field]]\nname = \"id\"\ntype = \"i32\"\nhelp = \"student number\"\n\
[[record.field]]\nname = \"name\"\ntype = \"char[20]\"\n\
[[record.field]]\nname = \"sex\"\ntype = \"char\"\n";

impl World {
    /// Writes the configuration `name`: these lines of `[region]`, and the rest.
    fn config(&self, name: &str, region: &str, rest: &str) {
        let text = format!("[region]\nname = \"live\"\n{region}{rest}");
        fs::write(self.path(name), text).expect("written");
    }

    /// The configuration that the region `live` has, with `change` made to its text.
    fn printed(&self, change: impl Fn(String) -> String) -> Diagnosis {
        let text = change(self.prints("schema live --as toml"));
        fs::write(self.path("live.toml"), text).expect("written");
        self.doctor("live --config live.toml")
    }
}

#[test]
fn each_difference_of_a_record_is_a_finding() {
    let world = World::in_memory();
    let _writer = world.students("live");
    world.printed(|text| text).is(&[]);
    // The writer is this test, and no producer that would read the file again.
    let step = format!("kill {}, which is ", std::process::id());
    let other_type = world.printed(|text| text.replace("\"i32\"", "\"u32\""));
    let fact = "field id is i32 at byte 0 in the region, u32 at byte 0 in live.toml";
    other_type.is(&["schema-differs"]).has("schema-differs", fact, &step);
    let help = world.printed(|text| text.replace("student number", "number"));
    let fact = "the help of id is \"student number\" in the region, \"number\" in live.toml";
    help.is(&["schema-differs"]).has("schema-differs", fact, &step);
    let renamed = world.printed(|text| text.replace("sex", "mark"));
    renamed.has("schema-differs", "field mark is in live.toml and not in the region", &step);
    renamed.has("schema-differs", "field sex is in the region and not in live.toml", &step);
    let instances = world.printed(|text| {
        text.replace("[record]\n", "[record]\ninstances = { input = \"symbol\" }\n")
    });
    let fact = "the number of records is one in the region, many in live.toml";
    instances.is(&["schema-differs"]).has("schema-differs", fact, &step);
    let named = world.printed(|text| text.replace("\"STU\"", "\"UTS\""));
    let fact = "the record's name is \"STU\" in the region, \"UTS\" in live.toml";
    named.is(&["schema-differs"]).has("schema-differs", fact, &step);
    // The configuration alone names the region, too; --config is another one for the same region.
    world.doctor("./live.toml").is(&["schema-differs"]);
    fs::write(world.path("as.toml"), world.prints("schema live --as toml")).expect("written");
    world.doctor("./live.toml --config as.toml").is(&[]);
}

#[test]
fn a_configuration_of_another_region_starts_none_of_this_name() {
    let world = World::in_memory();
    drop(world.students("live"));
    let text = world.prints("schema live --as toml").replace("\"live\"", "\"other\"");
    fs::write(world.path("other.toml"), text.replace("sex", "mark")).expect("written");
    let diagnosis = world.doctor("live --config other.toml");
    diagnosis.has("closed", "", "producer CONFIG.toml, the configuration that describes it");
    diagnosis.has("schema-differs", "field mark is in", "producer other.toml --region live");
}

#[test]
fn mode_group_slots_and_wake_are_compared() {
    let world = World::in_memory();
    let _writer = world.students("live");
    let changed = |line: &str| {
        world.printed(|text| text.replace("[region]\n", &format!("[region]\n{line}\n")))
    };
    let mode = changed("mode = \"0640\"");
    mode.is(&["mode-differs"]).has(
        "mode-differs",
        "the mode is 0644 in the region, 0640 in live.toml",
        " and no producer, then producer live.toml",
    );
    changed("group = \"54321\"").is(&["group-differs"]);
    let slots = changed("slots = 64");
    slots.is(&["slots-differ"]).has(
        "slots-differ",
        "in the region, 64 in live.toml",
        "then producer ",
    );
    let is_waking = world.prints("inspect live").contains(", wakes readers");
    changed(&format!("wake = {}", !is_waking)).is(&["wake-differs"]);
}

#[test]
fn a_configuration_that_cannot_be_read_is_reported_with_its_line() {
    let world = World::in_memory();
    let _writer = world.students("live");
    world.config("live.toml", "slot = 8\n", STUDENT);
    for arguments in ["live --config live.toml", "./live.toml"] {
        let diagnosis = world.doctor(arguments);
        let fact = "line 3: region.slot: unknown key";
        diagnosis.is(&["bad-configuration"]).has("bad-configuration", fact, "producer ");
    }
}

#[test]
fn a_configuration_of_another_record_is_one_finding() {
    let world = World::in_memory();
    let _writer = world.students("live");
    let fields = (0..29).fold(String::new(), |mut text, number| {
        let _ = write!(text, "[[record.field]]\nname = \"f{number}\"\ntype = \"f64\"\n");
        text
    });
    world.config(
        "live.toml",
        "mode = \"0640\"\nslots = 64\n",
        &format!("[record]\nname = \"HOST\"\n{fields}"),
    );
    let diagnosis = world.doctor("live --config live.toml");
    let fact = "its record is STU of 3 fields, and live.toml describes HOST of 29 fields";
    let step = "mapcast doctor live --config FILE, where FILE describes STU";
    diagnosis.is(&["schema-differs"]).has("schema-differs", fact, step);
}

#[test]
fn what_to_type_about_many_differences_is_said_once() {
    let world = World::in_memory();
    let _writer = world.students("live");
    let text = world.prints("schema live --as toml");
    let text = text.replace("[region]\n", "[region]\nmode = \"0640\"\nslots = 64\n");
    let text = text.replace("\"i32\"", "\"u32\"").replace("sex", "mark");
    fs::write(world.path("live.toml"), text).expect("written");
    let output = world.run("doctor live --config live.toml --ignore remove-ipc");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(text.matches("type: ").count(), 1, "{text}");
    assert!(text.matches("schema-differs: ").count() >= 3, "{text}");
    assert!(text.contains("slots-differ: ") && text.contains("mode-differs: "), "{text}");
}

#[test]
fn a_configuration_that_is_not_there_is_a_failure_as_of_every_program() {
    let world = World::in_memory();
    let _writer = world.students("live");
    for arguments in ["live --config none.toml", "./none.toml"] {
        let diagnosis = world.doctor(arguments);
        let fact = "cannot be read: No such file";
        diagnosis.is(&["bad-configuration"]).has("bad-configuration", fact, "none.toml");
    }
    for arguments in ["inspect ./none.toml", "publish live id=1 --config none.toml"] {
        let output = world.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments}: {output:?}");
    }
}

#[test]
fn a_bare_file_of_another_size_than_its_record_is_reported() {
    let world = World::in_memory();
    let region = "[region]\nformat = \"bare\"\npath = \"./bare\"\n";
    fs::write(world.path("bare.toml"), format!("{region}{STUDENT}")).expect("written");
    fs::write(world.path("bare"), [0; 28]).expect("written");
    world.chmod("bare", 0o644);
    world.doctor("./bare.toml").is(&[]);
    fs::write(world.path("bare"), [0; 27]).expect("written");
    let diagnosis = world.doctor("./bare.toml");
    let fact = "it has 27 bytes, the record in ./bare.toml has 28 bytes";
    diagnosis.is(&["schema-differs"]).has("schema-differs", fact, "correct the record");
    let array = STUDENT.replacen("[record]\n", "[record]\ninstances = 30\n", 1);
    fs::write(world.path("bare.toml"), format!("{region}{array}")).expect("written");
    fs::write(world.path("bare"), [0; 840]).expect("written");
    world.doctor("./bare.toml").is(&[]);
}

#[test]
fn limits_that_do_not_allow_what_the_configuration_asks_for_are_reported() {
    let world = World::in_memory();
    world.chmod(".", 0o755);
    let mut rest =
        "[producer]\npriority = 50\nlock_memory = true\n[record]\nname = \"X\"\n".to_owned();
    for index in 0..30 {
        let _ = write!(
            rest,
            "[[record.field]]\nname = \"f{index}\"\ntype = \"f64\"\n\
             source = {{ file = {{ path = \"/proc/uptime\" }} }}\n"
        );
    }
    world.config("live.toml", "", &rest);
    world.chmod("live.toml", 0o644);
    let before = "ulimit -n 40; ulimit -l 64";
    let arguments = "--config live.toml --ignore no-region";
    let diagnosis = world.doctor_of_ordinary_user(before, arguments);
    diagnosis.is(&["limit-nofile", "limit-memlock", "limit-rtprio"]);
    let fact = "it takes 48 descriptors, and this shell may have 40";
    diagnosis.has("limit-nofile", fact, "ulimit -n 48");
    diagnosis.has(
        "limit-memlock",
        "this shell may lock 65536 bytes, which may not be enough",
        "ulimit -l unlimited",
    );
    diagnosis.has("limit-rtprio", "priority = 50, and this shell may have 0", "ulimit -r 50");
}
