//! How records are printed: `--line`, `[consumer] line`, `--fields`, and what they do with a record
//! that they do not fit.

use std::fs;

use daemon::Exit;
use layout::{FieldSpec, Scalar, Schema};

use super::Stage;

fn one_student() -> Stage {
    let stage = Stage::of_students();
    stage.publishes([10])();
    stage
}

/// A configuration for the region of `stage`, of students or with other fields.
pub(super) fn config(stage: &Stage, fields: &str, line: &str) -> String {
    let path = stage.dir.path().join("own.toml");
    let text = format!(
        "[region]\npath = {:?}\n[record]\nname = \"STU\"\nfield = [{fields}]\n[consumer]\nline = '{line}'\n",
        stage.path()
    );
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

const STUDENT: &str = "{ name = \"id\", type = \"i32\" }, { name = \"name\", type = \"char[20]\" }, \
                       { name = \"sex\", type = \"char\" }";

#[test]
fn a_line_of_ones_own_wins_over_the_regions() {
    let stage = one_student();
    let out = |source: &str, args: &[&str]| {
        let args = [args, &["--once"]].concat();
        stage.play_source(source, &args, []).lines().join("\n")
    };
    let region = stage.path();
    let region = region.to_str().unwrap();
    let config = config(&stage, STUDENT, "{name:>10}|{sequence:03}");
    assert_eq!(out(region, &[]), "id=10\tname=xiaoming\tm");
    assert_eq!(out(region, &["--line", r"{id}\t{state}\n{sex}"]), "10\tlive\nm");
    assert_eq!(out(&config, &[]), "  xiaoming|001");
    assert_eq!(out(&config, &["--line", "{id:<4}|"]), "10  |");
    assert_eq!(out(&config, &["--fields", "sex,id"]), "sex=m\tid=10");
    let status = out(&config, &["--format", "status"]);
    assert!(status.starts_with("1\tlive\t") && status.ends_with("\t  xiaoming|001"), "{status}");
}

#[test]
fn a_line_of_the_configuration_that_does_not_fit_the_region_gives_way_to_the_regions() {
    let stage = one_student();
    let config = config(&stage, "{ name = \"x\", type = \"i32\" }", "{x:>4}|");
    let played = stage.play_source(&config, &["--once"], []);
    assert_eq!(played.lines(), ["id=10\tname=xiaoming\tm"]);
    assert_eq!(played.words(), ["holds record STU (28 bytes)", "consumer.line"]);
    assert!(played.notices[1].ends_with("printing the region's own line"), "{:?}", played.notices);
}

#[test]
fn options_that_do_not_fit_the_record_end_it_with_the_nearest_name() {
    let stage = one_student();
    for (args, why) in [
        (["--fields", "id,naem"], "--fields: \"naem\" is no field; did you mean name?"),
        (
            ["--line", "{id} {naem}"],
            "--line: at byte 5 of the line, \"naem\" is no field; did you mean name?",
        ),
        (["--line", r"\t{id:>0}"], "with 1 to 1000 columns"),
    ] {
        let (exit, message) = stage.play(&args, []).failure();
        assert_eq!(exit, Exit::Usage);
        assert!(message.ends_with(why), "{message}");
    }
}

#[test]
fn a_later_region_that_the_options_do_not_fit_is_logged_and_not_printed() {
    let stage = one_student();
    let other = Schema::builder("P").field(FieldSpec::new("x", Scalar::U8)).build().unwrap();
    let change = |schema: Schema| {
        stage.with_writer(move |writer| {
            writer.change(&schema, &region::Options::new()).unwrap();
        })
    };
    let steps = [
        change(other),
        stage.publishes_bytes(&[1]),
        change(<layout::Stu as layout::Record>::schema()),
        stage.publishes([12]),
    ];
    let played = stage.play(&["--follow", "--format", "csv", "--fields", "id"], steps);
    let cells: Vec<_> =
        played.lines().iter().map(|line| line.rsplit(',').next().unwrap()).collect();
    assert_eq!(cells, ["record.id", "10", "12"]);
    assert_eq!(played.words(), ["re-attached", "--fields", "re-attached"]);
    assert!(played.notices[1].contains("printing nothing until"), "{:?}", played.notices);
}

#[test]
fn an_option_without_effect_is_an_error() {
    let stage = one_student();
    for (args, why) in [
        (&["--line", "{id}", "--format", "json"][..], "--line: is for text"),
        (&["--labels"], "--labels: text has labels already"),
        (&["--units", "--format", "status"], "--units: is for JSON and CSV"),
    ] {
        let error = stage.parsed(args).check().unwrap_err();
        assert_eq!(error.exit(), Exit::Usage);
        assert!(error.to_string().starts_with(why), "{error}");
    }
}
