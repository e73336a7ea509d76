//! The documents in the package: those of the source tree, without links to what the package lacks.
//!
//! Invariant: a relative link of a document in the package leads to a document in the package (a test
//! checks all of them).

use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag};

/// The folders whose documents are in the package, below the source tree.
const FOLDERS: [&str; 5] =
    ["docs", "docs/model", "docs/performance", "docs/pictures", "docs/readers"];
/// The documents beside them.
const FILES: [&str; 3] = ["README.md", "CHANGELOG.md", "SECURITY.md"];

/// Writes the documents below `into`, where they are in the source tree `root`.
pub(super) fn write(root: &Path, into: &Path) -> io::Result<()> {
    let documents = documents(root)?;
    for document in &documents {
        let to = into.join(document);
        fs::create_dir_all(to.parent().unwrap_or(into))?;
        if document.extension().is_some_and(|extension| extension == "md") {
            let text = fs::read_to_string(root.join(document))?;
            fs::write(to, with_links_to(&text, document, &documents))?;
        } else {
            fs::copy(root.join(document), to)?;
        }
    }
    Ok(())
}

/// The documents, by their paths in the source tree.
fn documents(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut documents: Vec<PathBuf> = FILES.iter().map(PathBuf::from).collect();
    for folder in FOLDERS {
        for entry in fs::read_dir(root.join(folder))? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                documents.push(Path::new(folder).join(entry.file_name()));
            }
        }
    }
    Ok(documents)
}

/// The Markdown `text` of `document`, in which a link to none of `documents` is its words alone.
fn with_links_to(text: &str, document: &Path, documents: &[PathBuf]) -> String {
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for (place, target) in links(text) {
        let is_kept = leads_to(document, &target).is_none_or(|path| documents.contains(&path));
        let Some((words, _)) = text[place.clone()].rsplit_once("](").filter(|_| !is_kept) else {
            continue;
        };
        out.push_str(&text[at..place.start]);
        out.push_str(words.strip_prefix('[').unwrap_or(words));
        at = place.end;
    }
    out.push_str(&text[at..]);
    out
}

/// The links in the Markdown `text`, `[words](target)`: where each is, and its target.
fn links(text: &str) -> impl Iterator<Item = (Range<usize>, CowStr<'_>)> {
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter();
    events.filter_map(|(event, place)| match event {
        Event::Start(Tag::Link { link_type: LinkType::Inline, dest_url, .. }) => {
            Some((place, dest_url))
        }
        _ => None,
    })
}

/// The path in the source tree to which `target` leads from `document`; `None` if it is another place of the
/// same document, or is not in the tree.
fn leads_to(document: &Path, target: &str) -> Option<PathBuf> {
    let target = target.split('#').next().filter(|target| !target.is_empty())?;
    if target.contains("://") {
        return None;
    }
    let mut path = document.parent()?.to_owned();
    for part in Path::new(target).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_what_the_package_lacks_is_its_words_alone() {
        let documents = ["README.md".into(), "docs/a.md".into()];
        let linked = |text: &str| with_links_to(text, "docs/a.md".as_ref(), &documents);
        let kept = "[x](../README.md), [y](a.md#z), [z](#z), [w](https://x.y/z), `[v](../v.md)` ](";
        assert_eq!(linked(kept), kept);
        assert_eq!(linked("see [the `map`](../MAP.md) or [b](b.md#c)."), "see the `map` or b.");
    }

    #[test]
    fn no_document_in_the_package_links_to_what_it_lacks() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let into = tempfile::tempdir().unwrap();
        write(root, into.path()).unwrap();
        let documents = documents(root).unwrap();
        for document in documents.iter().filter(|path| path.extension().is_some_and(|e| e == "md"))
        {
            let text = fs::read_to_string(into.path().join(document)).unwrap();
            for (_, target) in links(&text) {
                if let Some(path) = leads_to(document, &target) {
                    assert!(into.path().join(&path).exists(), "{}: {target}", document.display());
                }
            }
        }
        assert!(documents.len() > 12, "{documents:?}");
    }
}
