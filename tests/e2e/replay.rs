//! Records that a consumer has printed as JSON, published again by a producer.

use std::fs::File;

use e2e::{Daemon, Place, Reading};

use crate::{consumer, producer};

/// Sources that a line of input has no key for, an unknown number, an exact one and a label.
const CONFIG: &str = r#"
[region]
path = "./first.region"
slots = 16
[record]
name = "R"
[[record.field]]
name = "count"
type = "u64"
source = { counter = { start = 9007199254740993 } }
[[record.field]]
name = "unknown"
type = "f32[2]"
source = { const = [nan, 0.1] }
[[record.field]]
name = "mode"
type = "u8"
labels = { 0 = "manual", 1 = "auto" }
source = { const = "auto" }
[[record.field]]
name = "name"
type = "char[8]"
source = { const = "a\"b" }
"#;

#[test]
fn what_a_consumer_printed_is_published_again_as_the_same_records() {
    let place = Place::new();
    place.write("r.toml", CONFIG);
    let mut first = producer().start(&place, "r.toml --tick 1ms --ticks 10");
    assert_eq!(first.exit_code(), 0, "{:?}", first.err());
    for options in ["", " --labels --units"] {
        let args = format!("./first.region --last 5 --format json{options}");
        let mut recorder = consumer().start(&place, &args);
        assert_eq!(recorder.exit_code(), 0, "{:?}", recorder.err());
        let lines = recorder.out();
        assert_eq!(lines.len(), 5);
        let file = place.write("r.jsonl", lines.join("\n") + "\n");

        let mut command = producer().command(&place);
        command.args(["r.toml", "--replay", "--region", "./again.region"]);
        let input = File::open(file).expect("the record");
        let mut again = Daemon::start_reading("producer", &mut command, input);
        assert_eq!(again.exit_code(), 0, "{:?}", again.err());
        assert_eq!(again.said("skipped"), 0, "{:?}", again.err());

        let mut reader = consumer().start(&place, "./again.region --last 5 --format json");
        assert_eq!(reader.exit_code(), 0, "{:?}", reader.err());
        let records = |lines: &[String]| -> Vec<_> {
            lines.iter().map(|line| Reading::of(line).record["count"].clone()).collect()
        };
        assert_eq!(records(&reader.out()), records(&lines));
        let last = &reader.out()[4];
        let want =
            r#""record":{"count":9007199254741002,"unknown":[null,0.1],"mode":1,"name":"a\"b"}}"#;
        assert!(last.ends_with(want), "{last}");
    }
}

#[test]
fn a_line_that_is_no_record_is_skipped_with_the_reason() {
    let place = Place::new();
    place.write("r.toml", CONFIG);
    let mut command = producer().command(&place);
    command.args(["r.toml", "--replay"]);
    let mut producer = Daemon::start_with_input("producer", &mut command);
    producer.say(r#"{"sequence":1,"record":{"count":1,"unknown":[1,2],"mode":0}}"#);
    producer.says(r#"line 1 skipped: key "/record/name" is missing, and it is required"#);
    producer.say(r#"{"record":{"count":1,"unknown":[1,2],"mode":"auto","name":"x"}}"#);
    producer.end_input();
    assert_eq!(producer.exit_code(), 0, "{:?}", producer.err());
    let mut reader = consumer().start(&place, "./first.region --once --fields mode,count");
    assert_eq!((reader.exit_code(), reader.out()), (0, vec!["mode=auto\tcount=1".to_owned()]));
}
