//! `{instance}` in the paths and keys of sources; in regular expressions see `pattern`.
//!
//! Invariant: a text that was checked expands with any name; a path stays in its folder with any name for
//! which [`in_path`] returns one.
//!
//! Braces mean something only where the record has instances: `{{` and `}}` are literal ones then.

use layout::InstanceName;
use layout::text::quote;

use super::read::RecordKind;
use crate::fault::Fault;

pub(super) const PLACEHOLDER: &str = "{instance}";
/// What is wrong with a placeholder in a record without instances.
pub(super) const NO_INSTANCES: &str =
    "{instance} is the name of an instance, and the record has none; add instances to [record]";

/// A part of a text.
enum Part<'t> {
    Literal(&'t str),
    Name,
}

/// An instance whose name leads a path out of its folder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} would lead out of a folder in a path with {{instance}}; give it another name", quote(.0))]
pub struct LeavesFolder(InstanceName);

/// What is wrong with the braces of `text`, of a source of a record of this kind, if anything.
pub(super) fn fault(text: &str, kind: RecordKind) -> Option<Fault> {
    match kind {
        RecordKind::OfInstances => parts(text).find_map(Result::err).map(Fault::Other),
        RecordKind::Plain => {
            text.contains(PLACEHOLDER).then(|| Fault::Other(NO_INSTANCES.to_owned()))
        }
    }
}

/// `text`, which was checked, with `name` in place of each placeholder.
pub(super) fn expand(text: &str, name: &str) -> String {
    let part = |part: Result<Part<'_>, String>| match part {
        Ok(Part::Name) => name.to_owned(),
        Ok(Part::Literal(text)) => text.to_owned(),
        Err(_) => String::new(), // the text was checked
    };
    parts(text).map(part).collect()
}

/// The same for a path. `escape`: makes a name match itself where the path is a pattern.
pub(super) fn in_path(
    text: &str,
    name: &InstanceName,
    escape: impl Fn(&str) -> String,
) -> Result<String, LeavesFolder> {
    let expanded = text.split('/').map(|component| {
        let plain = expand(component, name);
        let has_name = parts(component).any(|part| matches!(part, Ok(Part::Name)));
        if has_name && (name.contains('/') || plain == "." || plain == "..") {
            return Err(LeavesFolder(*name));
        }
        Ok(expand(component, &escape(name)))
    });
    Ok(expanded.collect::<Result<Vec<_>, _>>()?.join("/"))
}

/// The parts of `text`, or what is wrong with the first bad one, after which there are no more.
fn parts(text: &str) -> impl Iterator<Item = Result<Part<'_>, String>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (part, behind) = next_part(rest)?;
        rest = behind;
        Some(part)
    })
}

fn next_part(text: &str) -> Option<(Result<Part<'_>, String>, &str)> {
    if text.is_empty() {
        return None;
    }
    for (written, brace) in [("{{", "{"), ("}}", "}")] {
        if let Some(rest) = text.strip_prefix(written) {
            return Some((Ok(Part::Literal(brace)), rest));
        }
    }
    if let Some(rest) = text.strip_prefix(PLACEHOLDER) {
        return Some((Ok(Part::Name), rest));
    }
    match text.find(['{', '}']) {
        Some(0) => {
            let brace = &text[..1];
            let why = format!(
                "a single {brace} is no placeholder; write {{instance}}, or {brace}{brace} for a brace"
            );
            Some((Err(why), ""))
        }
        at => {
            let (literal, rest) = text.split_at(at.unwrap_or(text.len()));
            Some((Ok(Part::Literal(literal)), rest))
        }
    }
}

#[cfg(test)]
mod tests {
    use layout::InstanceName;

    use super::{expand, in_path};

    fn path(text: &str, name: &str) -> Option<String> {
        let name = InstanceName::new(name).expect("a name");
        in_path(text, &name, glob::Pattern::escape).ok()
    }

    #[test]
    fn a_name_takes_the_place_of_each_placeholder_and_double_braces_are_braces() {
        assert_eq!(expand("{instance}-{{x}}-{instance}", "a"), "a-{x}-a");
        assert_eq!(expand("{{instance}}", "a"), "{instance}");
        assert_eq!(expand("", "a"), "");
    }

    #[test]
    fn a_name_never_leads_a_path_out_of_its_folder() {
        for bad in ["..", ".", "a/b", "/", "../x", "x/.."] {
            assert_eq!(path("/sys/{instance}/x", bad), None, "{bad}");
        }
        assert_eq!(path("/sys/{instance}.{instance}", "."), Some("/sys/...".to_owned()));
        assert_eq!(path("/sys/.{instance}/x", "."), None);
        assert_eq!(path("/sys/../x{instance}", "..a"), Some("/sys/../x..a".to_owned()));
        assert_eq!(path("/sys/none", "a/b"), Some("/sys/none".to_owned()));
    }

    #[test]
    fn a_name_in_a_pattern_matches_itself_alone() {
        assert_eq!(path("/x/{instance}/*", "a*[b]"), Some("/x/a[*][[]b[]]/*".to_owned()));
    }
}
