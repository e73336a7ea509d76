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

/// A C program writes the struct, in place.
fn writes(stage: &Stage, id: i32) -> Step {
    stage.file(move |path| {
        let file = File::options().write(true).create(true).truncate(false).open(path).unwrap();
        let bytes = Stu::new(id, "xiaoming", 'm');
        std::os::unix::fs::FileExt::write_all_at(&file, bytemuck::bytes_of(&bytes), 0).unwrap();
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
