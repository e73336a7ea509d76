//! The struct alone, as C programs share it.

use std::fs::{self, File};
use std::path::PathBuf;

use daemon::Exit;
use layout::Stu;

use super::{Stage, Step};

const STU: &str = r#"
[record]
name = "STU"
field = [
    { name = "id", type = "i32" },
    { name = "name", type = "char[20]" },
    { name = "sex", type = "char" },
]
[consumer]
line = "id={id}\tname={name}\t{sex}"
"#;

/// A configuration for a bare file that is not there yet.
fn stage() -> (Stage, PathBuf) {
    let stage = Stage::empty();
    let config = stage.dir.path().join("bare.toml");
    let region = format!("[region]\nformat = \"bare\"\npath = \"{}\"\n", stage.path().display());
    fs::write(&config, region + STU).unwrap();
    (stage, config)
}

/// The same for an array, whose structs have these names.
fn array_stage(instances: &str) -> (Stage, PathBuf) {
    let (stage, config) = stage();
    let text = fs::read_to_string(&config).unwrap();
    let named = text.replace("field = [", &format!("instances = {instances}\nfield = ["));
    let named = named.replace("line = \"", "line = \"{instance}\\t");
    fs::write(&config, named).unwrap();
    (stage, config)
}

/// A C program writes the struct, in place.
fn writes(stage: &Stage, id: i32) -> Step {
    writes_at(stage, 0, id)
}

/// The same in an array.
fn writes_at(stage: &Stage, place: u64, id: i32) -> Step {
    stage.file(move |path| {
        let file = File::options().write(true).create(true).truncate(false).open(path).unwrap();
        let bytes = Stu::new(id, "xiaoming", 'm');
        let bytes = bytemuck::bytes_of(&bytes);
        std::os::unix::fs::FileExt::write_all_at(&file, bytes, 28 * place).unwrap();
    })
}

#[test]
fn a_struct_without_a_header_is_read_by_the_configuration() {
    let (stage, config) = stage();
    writes(&stage, 10)();
    let played = stage.play_source(config.to_str().unwrap(), &["--once"], []);
    assert_eq!(played.lines(), ["id=10\tname=xiaoming\tm"]);
    assert_eq!(played.notices, [""; 0]);
    let played = stage.play_source(config.to_str().unwrap(), &["--once", "--format=status"], []);
    assert_eq!(played.lines(), ["-\t-\t-\tid=10\tname=xiaoming\tm"]);
}

#[test]
fn what_a_bare_file_lacks_is_null_or_empty() {
    let (stage, config) = stage();
    writes(&stage, 10)();
    let once = |format| {
        stage.play_source(config.to_str().unwrap(), &["--once", "--format", format], []).out
    };
    let json = r#"{"lineage":null,"sequence":null,"published_at":null,"age_ns":null,"state":null,"epoch":null,"record":{"id":10,"name":"xiaoming","sex":"m"}}"#;
    assert_eq!(once("json"), format!("{json}\n"));
    let header =
        "lineage,sequence,published_at,age_ns,state,epoch,record.id,record.name,record.sex";
    let csv = format!("{header}\n,,,,,,10,xiaoming,m\n");
    assert_eq!(once("csv"), csv);
}

#[test]
fn a_bare_file_cannot_be_followed_and_that_is_wrong_usage() {
    let (stage, config) = stage();
    let (exit, message) = stage.play_source(config.to_str().unwrap(), &["--follow"], []).failure();
    assert_eq!(exit, Exit::Usage);
    assert!(message.ends_with("leave out --follow"), "{message}");
}

#[test]
fn a_file_that_has_no_size_yet_is_waited_for() {
    let (stage, config) = stage();
    let create = stage.file(|path| drop(File::create(path).unwrap()));
    let steps = [create, writes(&stage, 10)];
    let played = stage.play_source(config.to_str().unwrap(), &["--poll=1ms"], steps);
    assert_eq!(played.ids()[0], 10);
    let waiting = format!("waiting for {}", stage.path().display());
    assert_eq!(played.words(), [waiting.as_str(), "attached"]);
}

#[test]
fn a_file_of_another_size_is_refused() {
    let (stage, config) = stage();
    fs::write(stage.path(), [0; 27]).unwrap();
    let (exit, message) = stage.play_source(config.to_str().unwrap(), &[], []).failure();
    assert_eq!(exit, Exit::Failure);
    assert!(message.contains("has 27 bytes, the record has 28"), "{message}");
}

#[test]
fn a_bare_file_that_is_cut_deleted_and_replaced_is_found_again() {
    for len in [0, 5] {
        let (stage, config) = stage();
        writes(&stage, 1)();
        let steps = [
            stage.file(move |path| {
                File::options().write(true).open(path).unwrap().set_len(len).unwrap();
            }),
            stage.file(|_| {}),
            writes(&stage, 2),
            stage.file(|path| fs::remove_file(path).unwrap()),
            writes(&stage, 3),
        ];
        let played = stage.play_source(config.to_str().unwrap(), &["--poll=1ms"], steps);
        let mut ids = played.ids();
        ids.dedup();
        assert_eq!(ids, [1, 2, 3], "{len}");
        let expected = ["truncated", "re-attached", "missing", "re-attached"];
        assert_eq!(played.words(), expected, "{len}: {:?}", played.notices);
    }
}

#[test]
fn an_array_is_a_table_with_a_line_for_each_struct() {
    let (stage, config) = array_stage("3");
    for place in 0..3 {
        writes_at(&stage, place, 10 + i32::try_from(place).unwrap())();
    }
    let once = |args: &[&str]| {
        let args = [&["--once"], args].concat();
        let played = stage.play_source(config.to_str().unwrap(), &args, []);
        played.lines().iter().map(|line| (*line).to_owned()).collect::<Vec<_>>()
    };
    let line = |place: i32| format!("{place}\tid={}\tname=xiaoming\tm", 10 + place);
    assert_eq!(once(&[]), [0, 1, 2].map(line));
    assert_eq!(once(&["--instance", "[12]"]), [1, 2].map(line));
    let json = r#"{"lineage":null,"sequence":null,"instance":"2","published_at":null,"age_ns":null,"state":null,"epoch":null,"record":{"id":12,"name":"xiaoming","sex":"m"}}"#;
    assert_eq!(once(&["--format=json", "--instance=2"]), [json]);
    let csv = once(&["--format=csv", "--instance=1", "--fields=id"]);
    assert_eq!(csv[1], ",,1,,,,,11");
}

#[test]
fn what_changes_in_an_array_is_printed_with_the_name_of_its_struct() {
    let (stage, config) = array_stage(r#"["hong", "ming"]"#);
    for place in 0..2 {
        writes_at(&stage, place, 1)();
    }
    let steps = [writes_at(&stage, 1, 2), writes_at(&stage, 0, 3)];
    let args = ["--poll=1ms", "--on-change", "--fields=id"];
    let played = stage.play_source(config.to_str().unwrap(), &args, steps);
    assert_eq!(played.lines(), ["hong\tid=1", "ming\tid=1", "ming\tid=2", "hong\tid=3"]);
}

#[test]
fn an_instance_that_an_array_does_not_have_is_an_error_at_once() {
    let (stage, config) = array_stage("3");
    let failure = stage.play_source(config.to_str().unwrap(), &["--instance=3"], []).failure();
    let expected = format!("{}: no instance 3; ", stage.path().display());
    assert!(failure.0 == Exit::NoValue && failure.1.starts_with(&expected), "{failure:?}");
}

#[test]
fn an_array_of_another_length_is_refused() {
    let (stage, config) = array_stage("3");
    fs::write(stage.path(), [0; 28]).unwrap();
    let (exit, message) = stage.play_source(config.to_str().unwrap(), &[], []).failure();
    assert_eq!(exit, Exit::Failure);
    assert!(message.contains("has 28 bytes, 3 structs of 28 have 84"), "{message}");
}
