//! `[producer]` and `[consumer]`: each text stands behind a record with one field, from line 8 on.

use crate::case::{Case, daemons, whole};

pub(crate) static CASES: &[Case] = &[
    daemons(
        "a tick of zero",
        &["[producer]", r#"tick = "0s""#],
        r#"9:8: producer.tick: "0s" is not a duration longer than zero; write tick = "1s""#,
    ),
    daemons(
        "a tick without a unit",
        &["[producer]", r#"tick = "5""#],
        r#"9:8: producer.tick: "5" is not a duration with a unit; write tick = "1s""#,
    ),
    daemons(
        "a tick without quotes",
        &["[producer]", "tick = 5"],
        r#"9:8: producer.tick: expected a duration in quotes, found a whole number; write tick = "1s""#,
    ),
    daemons(
        "a tick that is a word",
        &["[producer]", r#"tick = "often""#],
        r#"9:8: producer.tick: "often" is not a duration; write tick = "1s""#,
    ),
    daemons(
        "an empty tick",
        &["[producer]", r#"tick = """#],
        r#"9:8: producer.tick: "" is not a duration; write tick = "1s""#,
    ),
    daemons(
        "a tick in an unknown unit",
        &["[producer]", r#"tick = "5 parsec""#],
        r#"9:8: producer.tick: "5 parsec" is not a duration in ns, us, ms, s, min, h or days; write tick = "1s""#,
    ),
    daemons(
        "a tick of more than a year",
        &["[producer]", r#"tick = "366days""#],
        r#"9:8: producer.tick: "366days" is not a duration of at most 365 days; write tick = "1s""#,
    ),
    daemons(
        "a tick larger than any duration",
        &["[producer]", r#"tick = "99999999999999999999s""#],
        r#"9:8: producer.tick: "99999999999999999999s" is not a duration of 1ns to 365 days; write tick = "1s""#,
    ),
    daemons(
        "an unknown key of the producer",
        &["[producer]", r#"tik = "1s""#],
        "9:1: producer.tik: unknown key; did you mean tick?",
    ),
    daemons(
        "a key of the consumer in the producer",
        &["[producer]", r#"poll = "1s""#],
        "9:1: producer.poll: unknown key; it belongs to [consumer], move it there",
    ),
    daemons(
        "an input that no field reads",
        &["[producer]", r#"input = "/run/x.pipe""#],
        "9:9: producer.input: has no effect: no field has an input source; remove it",
    ),
    daemons(
        "an empty input",
        &["[producer]", r#"input = """#],
        r#"9:9: producer.input: "" is not a path; write input = "/run/mapcast/sensor.pipe""#,
    ),
    daemons(
        "a deadline for an input that no field reads",
        &["[producer]", r#"input_deadline = "1s""#],
        "9:18: producer.input_deadline: has no effect: no field has an input source; remove it",
    ),
    daemons(
        "a deadline that is shorter than any silence that readers notice",
        &["[producer]", r#"input_deadline = "499ms""#],
        r#"9:18: producer.input_deadline: "499ms" is not a duration of at least 500ms; write input_deadline = "500ms""#,
    ),
    daemons(
        "a deadline without quotes",
        &["[producer]", "input_deadline = 500"],
        r#"9:18: producer.input_deadline: expected a duration in quotes, found a whole number; write input_deadline = "500ms""#,
    ),
    whole(
        "a deadline for the input of a bare file",
        &[
            r#"region = { path = "./x", format = "bare" }"#,
            r#"record = { name = "R", field = [{ name = "a", type = "u8", source = { input = {} } }] }"#,
            r#"producer = { input_deadline = "1s" }"#,
        ],
        "3:31: producer.input_deadline: has no effect: a bare file has no state; remove it",
    ),
    daemons(
        "a line too short",
        &["[producer]", r#"max_line = "1B""#],
        r#"9:12: producer.max_line: "1B" is not a size from 64B to 64MiB; write max_line = "64KiB""#,
    ),
    daemons(
        "a line too long",
        &["[producer]", r#"max_line = "1GiB""#],
        r#"9:12: producer.max_line: "1GiB" is not a size from 64B to 64MiB; write max_line = "64KiB""#,
    ),
    daemons(
        "a line in an unknown unit",
        &["[producer]", r#"max_line = "64 lines""#],
        r#"9:12: producer.max_line: "64 lines" is not a size; write max_line = "64KiB""#,
    ),
    daemons(
        "a negative line",
        &["[producer]", "max_line = -1"],
        r#"9:12: producer.max_line: -1 is not a size; write max_line = "64KiB""#,
    ),
    daemons(
        "a line that is true",
        &["[producer]", "max_line = true"],
        r#"9:12: producer.max_line: true is not a size; write max_line = "64KiB""#,
    ),
    daemons(
        "a long busy wait",
        &["[producer]", r#"busy_wait = "1s""#],
        r#"9:13: producer.busy_wait: "1s" is not a duration of at most 10ms; write busy_wait = "50us""#,
    ),
    daemons(
        "a negative processor",
        &["[producer]", "cpu = -1"],
        "9:7: producer.cpu: -1 is not a processor from 0 to 1023; write cpu = 1",
    ),
    daemons(
        "a processor that no machine has",
        &["[producer]", "cpu = 1024"],
        "9:7: producer.cpu: 1024 is not a processor from 0 to 1023; write cpu = 1",
    ),
    daemons(
        "a priority of zero",
        &["[producer]", "priority = 0"],
        "9:12: producer.priority: 0 is not a priority from 1 to 99; write priority = 50",
    ),
    daemons(
        "a priority above all",
        &["[producer]", "priority = 100"],
        "9:12: producer.priority: 100 is not a priority from 1 to 99; write priority = 50",
    ),
    daemons(
        "a poll of zero",
        &["[consumer]", r#"poll = "0ms""#],
        r#"9:8: consumer.poll: "0ms" is not a duration longer than zero; write poll = "2s""#,
    ),
    daemons(
        "a line template with an unknown field",
        &["[consumer]", r#"line = "{b}""#],
        r#"9:8: consumer.line: at byte 0 of the line, "b" is no field; use one of: a, lineage, sequence, instance, epoch, state, age, published_at"#,
    ),
    daemons(
        "a line template that does not close",
        &["[consumer]", r#"line = "{a""#],
        "9:8: consumer.line: the line template opens { at byte 0 and does not close it; add } or write {{ for a brace",
    ),
    daemons(
        "an empty line template",
        &["[consumer]", r#"line = """#],
        "9:8: consumer.line: the line template is empty; leave it out to print every field",
    ),
    daemons(
        "a line template with a control character",
        &["[consumer]", r#"line = "{a}\u001b""#],
        r"9:8: consumer.line: the line template holds the control character '\u{1b}' at byte 3; only tabs and line breaks are possible",
    ),
    daemons(
        "a line template with a precision for an integer",
        &["[consumer]", r#"line = "{a:.2}""#],
        "9:8: consumer.line: at byte 0 of the line, a precision is for f32 and f64, age and published_at; remove it",
    ),
    daemons(
        "a line that is no text",
        &["[consumer]", "line = 5"],
        r#"9:8: consumer.line: expected a string, found a whole number; write line = "id={id}\tname={name}""#,
    ),
    daemons(
        "an unknown key of the consumer",
        &["[consumer]", r#"format = "json""#],
        "9:1: consumer.format: unknown key; it belongs to [region], move it there",
    ),
];
