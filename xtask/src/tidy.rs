//! What must hold of the source tree itself, as tests: `cargo test -p xtask`.

use std::path::{Path, PathBuf};

/// The only files that may contain unsafe code, each for the reason in its header.
///
/// Eight in the product's own programs, eight for C, one for Python, one that forks for the copier and the lessons, one that
/// measures what the machine itself can do, and one that calls another library's unsafe function.
const UNSAFE: [&str; 20] = [
    "crates/bench/src/lines.rs",
    "crates/capi/src/bare.rs",
    "crates/capi/src/border.rs",
    "crates/capi/src/error.rs",
    "crates/capi/src/follower.rs",
    "crates/capi/src/instances.rs",
    "crates/capi/src/reader.rs",
    "crates/capi/src/values.rs",
    "crates/capi/src/writer.rs",
    "crates/compare/src/peers/mmap_sync.rs",
    "crates/daemon/src/closed_streams.rs",
    "crates/daemon/src/process.rs",
    "crates/daemon/src/systemd/passed.rs",
    "crates/python/src/descriptor.rs",
    "crates/region/src/copy.rs",
    "crates/region/src/fork.rs",
    "crates/region/src/guard.rs",
    "crates/region/src/mapping.rs",
    "crates/region/src/sigbus.rs",
    "crates/shared/src/child.rs",
];

/// Lines a source file may have before its tests.
const LONGEST: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the root").to_owned()
}

pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|err| panic!("{path}: {err}"))
}

/// Every file below the root with one of these endings, by its path from there.
pub(crate) fn files(endings: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the project").flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" && name != ".git" {
                folders.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let below = path.strip_prefix(root()).expect("below the root");
                found.push(below.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn source_and_configuration_are_ascii() {
    for path in files(&[".rs", ".toml", ".c", ".h", ".hpp", ".cpp"]) {
        let text = read(&path);
        let strange = text.lines().position(|line| !line.is_ascii());
        assert_eq!(strange.map(|at| at + 1), None, "{path}: the line is not ASCII");
    }
}

#[test]
fn no_source_file_has_grown_past_one_idea() {
    for path in files(&[".rs"]) {
        let text = read(&path);
        let lines = text.lines().take_while(|line| *line != "#[cfg(test)]").count();
        assert!(
            lines <= LONGEST,
            "{path} has {lines} lines before its tests, {LONGEST} is the most"
        );
    }
}

#[test]
fn unsafe_code_is_in_the_named_files_only() {
    let mark = concat!("allow(", "unsafe_code");
    let with: Vec<String> =
        files(&[".rs"]).into_iter().filter(|path| read(path).contains(mark)).collect();
    assert_eq!(with, UNSAFE);
    for path in UNSAFE {
        assert!(read(path).contains("//! # Safety"), "{path}: its header has no `# Safety`");
    }
}

#[test]
fn every_source_file_says_first_what_it_is() {
    for path in files(&[".rs"]) {
        let text = read(&path);
        assert!(text.starts_with("//! "), "{path}: its first line is not a `//!` comment");
    }
}

#[test]
fn nothing_is_left_to_do_later() {
    let marks = ["TODO", "FIXME", "XXX", "HACK", "#[ignore", "unimplemented!("];
    for path in files(&[".rs"]).iter().filter(|path| !path.ends_with("tidy.rs")) {
        let text = read(path);
        let found = marks.iter().find(|mark| text.contains(**mark));
        assert_eq!(found, None, "{path}");
    }
}

/// Tests that start programs of the machine's alone, which need its environment.
const TOOLS_ONLY: [&str; 2] = ["crates/layout/tests/it/c_abi.rs", "crates/tool/tests/it/schema.rs"];

/// A program with one test, which may go to another directory.
const ALONE: [&str; 1] = ["crates/region/tests/chdir.rs"];

/// A region of this machine, a service manager above the tests or a variable of the shell must not decide
/// whether they pass.
#[test]
fn a_test_starts_programs_with_an_environment_of_its_own() {
    let is_test = |path: &String| path.starts_with("tests/") || path.contains("/tests/");
    for path in files(&[".rs"]).into_iter().filter(is_test) {
        let text = read(&path);
        let starts = text.contains("Command::new(") && !TOOLS_ONLY.contains(&&*path);
        assert!(!starts || text.contains(".env_clear()"), "{path}: `env_clear` the command first");
        let through_the_harness = path.starts_with("tests/") && path != "tests/src/program.rs";
        assert!(!(starts && through_the_harness), "{path}: start it by tests/src/program.rs");
        let moves = text.contains("set_current_dir(") && !ALONE.contains(&&*path);
        assert!(!moves, "{path}: the directory is all tests'");
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    for path in files(&[".md"]) {
        let text = read(&path);
        let folder = root().join(&path).parent().expect("a folder").to_owned();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            assert!(folder.join(target).exists(), "{path}: the link to {target} leads nowhere");
        }
    }
}

#[test]
fn the_changelog_speaks_of_this_version() {
    let version = env!("CARGO_PKG_VERSION");
    let heading = format!("## {version}");
    assert!(read("CHANGELOG.md").contains(&heading), "CHANGELOG.md has no heading {heading:?}");
}

/// Documents that name the test of each promise.
const PROMISES: [&str; 3] = ["SECURITY.md", "docs/copier.md", "docs/guarantees.md"];

/// The names of tests in `document`: claims in backticks, perhaps with the module before them.
fn named_tests(document: &str) -> Vec<&str> {
    let is_name = |text: &&str| {
        text.matches('_').count() >= 3
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:".contains(&byte))
    };
    document.split('`').skip(1).step_by(2).filter(is_name).collect()
}

/// Is `name`, such as `kill::a_test` or `lock::tests::a_test`, in a file of that module?
fn is_a_test((path, source): &(String, String), name: &str) -> bool {
    let (modules, test) = name.rsplit_once("::").unwrap_or(("", name));
    let module = modules.trim_end_matches("::tests").rsplit("::").next().unwrap_or_default();
    let is_module = |part: &str| module.is_empty() || part.trim_end_matches(".rs") == module;
    // A function, or the name of a case of a test program without the usual harness.
    let marks = [format!("fn {test}("), format!("(\"{test}\","), format!("::{test}\"")];
    path.split('/').any(is_module) && marks.iter().any(|mark| source.contains(mark))
}

#[test]
fn every_test_that_a_document_names_is_there() {
    let sources: Vec<_> =
        files(&[".rs"]).into_iter().map(|path| (path.clone(), read(&path))).collect();
    for path in PROMISES {
        let document = read(path);
        let names = named_tests(&document);
        assert!(names.len() > 9, "{path} names {} tests", names.len());
        for name in names {
            let is_there = sources.iter().any(|source| is_a_test(source, name));
            assert!(is_there, "{path} names {name}, which is no test");
        }
    }
}

#[test]
fn every_crate_is_in_the_architecture_map() {
    let map = read("ARCHITECTURE.md");
    for folder in std::fs::read_dir(root().join("crates")).expect("crates").flatten() {
        let name = folder.file_name().to_string_lossy().into_owned();
        assert!(map.contains(&format!("`{name}`")), "ARCHITECTURE.md does not name `{name}`");
    }
}

/// Messages with a number that is never one, or that is not of the noun behind it.
const NEVER_ONE: [&str; 9] = [
    "at most {",
    "{} slots is not a power of two",
    "{threads} threads, and only one",
    "longer than {",
    "has {count} groups",
    "names no module",
    "[... of {} bytes]",
    "the list has {len} elements", // more than fit
    "{slots} of {stride} bytes",
];

/// Crates whose messages reach users.
const WITH_MESSAGES: [&str; 14] = [
    "capi", "channel", "consumer", "copier", "daemon", "layout", "producer", "python", "query",
    "region", "render", "settings", "shared", "tool",
];

#[test]
fn a_message_about_one_thing_is_in_the_singular() {
    let noun = "(bytes|records|lines|ticks|descriptors|processes|fields|files|slots|elements|labels\
                |names|threads|messages|values|groups|steps|columns)";
    let plural = format!(r"\{{[^A-Z{{}} ][^{{}}]*\}} ([a-z]+ )?{noun}\b|\{{\}} ([a-z]+ )?{noun}\b");
    let plural = regex_lite::Regex::new(&plural).expect("a pattern");
    let of_users = |path: &&String| {
        let is_ours = |name: &&str| path.starts_with(&format!("crates/{name}/src/"));
        WITH_MESSAGES.iter().any(is_ours) && !path.contains("test")
    };
    let sources = files(&[".rs"]);
    for path in sources.iter().filter(of_users) {
        let text = read(path);
        let code = text.lines().take_while(|line| *line != "#[cfg(test)]");
        let code = code.filter(|line| !line.trim_start().starts_with("//"));
        let wrong = code
            .filter(|line| plural.is_match(line))
            .find(|line| !NEVER_ONE.iter().any(|never| line.contains(never)));
        assert_eq!(wrong, None, "{path}: use layout::text::counted");
    }
}
