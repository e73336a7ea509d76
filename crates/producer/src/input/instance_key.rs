//! The name of the instance that a line is for.
//!
//! Price: the line is read once more, for its members' ends only.

use layout::InstanceName;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use settings::InputKey;
use std::fmt;

use super::json::{offset, text_of};
use super::keys::shown;
use super::line_error::LineError;

/// Where in a line the name is.
#[derive(Clone, Debug)]
pub(crate) struct InstanceKey {
    /// The key, for messages.
    key: String,
    steps: Vec<String>,
}

impl InstanceKey {
    pub(crate) fn new(key: &InputKey) -> Self {
        Self { key: shown(key), steps: key.steps() }
    }

    /// The name in `line`.
    pub(crate) fn find(&self, line: &[u8]) -> Result<InstanceName, LineError> {
        let line = text_of(line)?;
        let mut parser = serde_json::Deserializer::from_str(line);
        let (first, rest) = self.steps.split_first().unwrap_or((&self.key, &[]));
        let found = parser.deserialize_map(Child(first));
        let found = found.and_then(|found| parser.end().map(|()| found));
        let found = found.map_err(|error| LineError::not_object(line, &error))?;
        let raw = found.and_then(|raw| below(raw.get(), rest));
        let raw = raw.ok_or_else(|| LineError::NoInstance(self.key.clone()))?;
        let name = serde_json::from_str::<String>(raw);
        let name = name.map_err(|error| match raw.as_bytes().first() {
            Some(b'"') => LineError::not_json(&error, line, offset(line, raw)),
            _ => LineError::instance_kind(&self.key, raw),
        })?;
        InstanceName::new(&name).map_err(|error| LineError::BadInstance(error.to_string()))
    }
}

/// The value at `steps` below `raw`, which is JSON.
fn below<'l>(raw: &'l str, steps: &[String]) -> Option<&'l str> {
    let Some((step, rest)) = steps.split_first() else { return Some(raw) };
    let mut parser = serde_json::Deserializer::from_str(raw);
    let child = match raw.as_bytes().first() {
        Some(b'{') => parser.deserialize_map(Child(step)),
        Some(b'[') => parser.deserialize_seq(Child(step)),
        _ => return None,
    };
    below(child.ok()??.get(), rest)
}

/// Finds the member or the element of this name.
struct Child<'s>(&'s str);

impl<'l> Visitor<'l> for Child<'_> {
    type Value = Option<&'l RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'l>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(is_it) = map.next_key_seed(Is(self.0))? {
            if is_it {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'l>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let wanted = self.0.parse::<usize>().ok().filter(|item| item.to_string() == self.0);
        let mut found = None;
        for index in 0.. {
            let Some(element) = list.next_element::<&RawValue>()? else { break };
            if Some(index) == wanted {
                found = Some(element);
            }
        }
        Ok(found)
    }
}

/// Whether a key is this one.
struct Is<'s>(&'s str);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}

#[cfg(test)]
mod tests {
    use settings::InputKey;

    use super::InstanceKey;

    fn found(key: &str, line: &str) -> String {
        let of = if key.starts_with('/') { InputKey::Pointer } else { InputKey::Member };
        let key = of(key.to_owned());
        let found = InstanceKey::new(&key).find(line.as_bytes());
        found.map_or_else(|error| error.to_string(), |name| name.to_string())
    }

    #[test]
    fn the_name_is_a_text_in_a_member_or_at_a_pointer() {
        assert_eq!(found("s", r#"{"price": [1, {"s": 2}], "s": "AAA"}"#), "AAA");
        assert_eq!(found("s", r#"{"s": "\u0041\"b"}"#), "A\"b");
        assert_eq!(found("/a/1/b", r#"{"a": [0, {"b": "x"}], "b": 1}"#), "x");
    }

    #[test]
    fn a_member_is_called_by_its_name_however_it_is_given() {
        assert!(found("/s", "{}").starts_with("key \"s\" is missing"));
        assert!(found("/a~1b", "{}").starts_with("key \"a/b\" is missing"));
    }

    #[test]
    fn a_line_that_names_no_instance_has_an_error_with_the_next_step() {
        let missing = "key \"s\" is missing, and it names the instance; write it in each line";
        for line in [r#"{"price": 1}"#, "{}"] {
            assert_eq!(found("s", line), missing);
        }
        assert!(found("/a/9/b", r#"{"a": [0]}"#).starts_with("key \"/a/9/b\" is missing"));
        for (value, what) in [
            ("5", "a number"),
            ("null", "null"),
            ("true", "true"),
            ("[1]", "a list"),
            ("{}", "an object"),
        ] {
            let want =
                format!("key \"s\" is {what}, and it names the instance; write a string, \"name\"");
            assert_eq!(found("s", &format!("{{\"s\": {value}}}")), want);
        }
        for bad in
            [r#"{"s": ""}"#, r#"{"s": "\u001b[2J"}"#, &format!("{{\"s\": {:?}}}", "x".repeat(65))]
        {
            let error = found("s", bad);
            assert!(error.ends_with("; write 1 to 64 bytes of text"), "{error}");
        }
        // Half a character, which UTF-8 cannot have.
        for (key, text) in [("s", r#"{"s": "a\ud800"}"#), ("/a/0/s", r#"{"a": [{"s": "\udc00"}]}"#)]
        {
            let error = found(key, text);
            assert!(
                error.starts_with("not JSON (") && error.contains("hex escape at column "),
                "{error}"
            );
        }
        assert_eq!(found("s", "[1]"), "JSON, but a list and not an object; write {\"key\": value}");
        assert!(found("s", r#"{"s": "a""#).starts_with("not JSON (the line ends too early"));
    }
}
