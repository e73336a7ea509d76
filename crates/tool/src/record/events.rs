//! What happens to the regions beside their records: a channel of its own, in JSON.

use std::collections::BTreeMap;

use mapcast::InstanceName;
use serde_json::{Map, Value, json};

use super::mcap_writer::Channel;
use super::stream::key;

/// Topic of missed records, lineages, writers.
const TOPIC: &str = "mapcast/events";

/// The message that `what` has happened to the region called `region`, or to an instance; `more` is an object.
pub(crate) fn message(
    region: &str,
    instance: Option<InstanceName>,
    what: &str,
    more: Value,
) -> String {
    let mut event = Map::new();
    event.insert("region".into(), region.into());
    event.insert("event".into(), what.into());
    event.extend(instance.map(|instance| ("instance".into(), Value::from(&*instance))));
    if let Value::Object(more) = more {
        event.extend(more);
    }
    Value::Object(event).to_string()
}

/// The channel.
pub(crate) fn channel() -> Channel {
    let text = json!({ "type": "string" });
    let number = json!({ "type": "integer" });
    let schema = json!({
        "title": "mapcast.Event",
        "type": "object",
        "properties": {
            "region": text, "instance": text, "event": text, "record": text,
            "count": number, "lineage": number,
        },
    });
    Channel {
        topic: TOPIC.into(),
        metadata: BTreeMap::from([(key::KIND.to_owned(), key::EVENTS.to_owned())]),
        record: "mapcast.Event".into(),
        schema_encoding: "jsonschema",
        schema: schema.to_string().into_bytes(),
        message_encoding: "json",
    }
}
