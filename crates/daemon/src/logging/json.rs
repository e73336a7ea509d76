//! One event as one JSON object a line, for collectors.
//!
//! ```text
//! {"timestamp":"2026-02-03T04:05:06.070809Z","level":"WARN","message":"...","epoch":1,"target":"producer"}
//! ```

use std::time::SystemTime;

use humantime::format_rfc3339_micros;
use serde::Serializer as _;
use serde_json::{Serializer, Value};

use super::entry::Entry;

/// `entry` as a line: time, level, message, its fields, target.
pub(super) fn line(entry: &Entry) -> Vec<u8> {
    let time = format_rfc3339_micros(SystemTime::now()).to_string();
    let head = [
        ("timestamp", time.into()),
        ("level", entry.level.as_str().into()),
        ("message", entry.message.as_str().into()),
    ];
    let fields = entry.fields.iter().map(|(name, value)| (*name, value.clone()));
    let target = [("target", Value::from(entry.target))];
    let mut line = Vec::with_capacity(256);
    // Writing text and numbers to memory cannot fail.
    let _ = Serializer::new(&mut line).collect_map(head.into_iter().chain(fields).chain(target));
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::Format;
    use super::super::testing::logged;

    #[test]
    fn a_line_is_one_object_whose_members_have_their_types_and_order() {
        let line = logged(Format::Json, || {
            tracing::warn!(region = %"/x\u{202e}", epoch = 2_u64, share = 0.5, "a\n\"b\"");
        });
        let (time, rest) = line.split_at(43);
        assert!(time.starts_with("{\"timestamp\":\"2") && time.ends_with("Z\","), "{line}");
        let want = "\"level\":\"WARN\",\"message\":\"a \\\"b\\\"\",\"region\":\"/x\\\\u{202e}\",\
                    \"epoch\":2,\"share\":0.5,\"target\":\"daemon::logging::json::tests\"}\n";
        assert_eq!(rest, want);
        serde_json::from_str::<Value>(&line).expect("JSON");
    }
}
