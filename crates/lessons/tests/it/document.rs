//! `docs/lessons.md` and the examples say the same.
//!
//! In its `console` blocks a line with `$ ` is a command, the lines below it are what is printed:
//! standard output, then standard error. The letter `N` on its own is a number that differs from run to
//! run; a line that ends with `...` may go on in any way. How many blanks stand between words does
//! not matter.

use crate::example;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const PREFIX: &str = "cargo run -q --example ";

/// A command of the document, and the lines it is to print.
#[derive(Debug)]
struct Shown {
    command: String,
    lines: Vec<String>,
}

fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/lessons.md");
    fs::read_to_string(path).expect("docs/lessons.md")
}

fn shown() -> Vec<Shown> {
    let document = document();
    let blocks = document.split("```console\n").skip(1);
    let blocks = blocks.map(|rest| rest.split("```").next().expect("the rest"));
    blocks.flat_map(commands_of).collect()
}

fn commands_of(block: &str) -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            found.push(Shown { command: command.to_owned(), lines: Vec::new() });
        } else {
            let last = found.last_mut().expect("a block begins with a command");
            last.lines.push(line.to_owned());
        }
    }
    found
}

/// Does `line` say what `pattern` promises?
fn says(line: &str, pattern: &str) -> bool {
    let mut words = line.split_whitespace();
    for wanted in pattern.split_whitespace() {
        if wanted == "..." {
            return true;
        }
        if !words.next().is_some_and(|word| is_word(word, wanted)) {
            return false;
        }
    }
    words.next().is_none()
}

fn is_word(word: &str, wanted: &str) -> bool {
    match wanted.strip_prefix('N') {
        Some(rest) if rest.chars().all(|after| after.is_ascii_punctuation()) => {
            let digits = word.strip_suffix(rest).unwrap_or_default();
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => word == wanted,
    }
}

#[test]
fn every_command_prints_what_the_document_shows() {
    for Shown { command, lines } in shown() {
        let arguments = command.strip_prefix(PREFIX).unwrap_or_else(|| panic!("{command:?}"));
        let mut words = arguments.split_whitespace();
        let name = words.next().expect("an example");
        let arguments: Vec<&str> = words.skip_while(|word| *word == "--").collect();
        let output = example::run(name, &arguments);
        let printed = example::printed(&output);

        let have: Vec<&str> = printed.lines().collect();
        let equal = have.len() == lines.len()
            && have.iter().zip(&lines).all(|(line, pattern)| says(line, pattern));
        assert!(equal, "$ {command}\nprints\n{printed}\ninstead of\n{}", lines.join("\n"));
        let fails = lines.iter().any(|line| line.starts_with("Error: "));
        assert_eq!(output.status.success(), !fails, "$ {command}: {}", output.status);
    }
}

#[test]
fn every_example_stands_in_the_document_and_answers_a_section_of_the_tutorial() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let files: BTreeSet<_> = fs::read_dir(folder)
        .expect("examples")
        .flatten()
        .collect::<Vec<_>>()
        .iter()
        .map(fs::DirEntry::path)
        .collect();
    let shown = shown();
    for path in files {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let runs = |shown: &Shown| shown.command[PREFIX.len()..].split(' ').next() == Some(&*name);
        assert!(shown.iter().any(runs), "no console block runs {name}");
        let source = if path.is_dir() { path.join("main.rs") } else { path };
        let text = fs::read_to_string(source).expect("an example");
        assert!(text.starts_with("//! Seed, "), "{name} does not say which section it answers");
    }
}

#[test]
fn a_pattern_stands_for_what_it_says_and_nothing_else() {
    assert!(says("after 1 s: reads 837000, torn 0", "after 1 s: reads N, torn 0"));
    assert!(says("torn: id=11 name=xiaoming m", "torn: ..."));
    for line in [
        "after 1 s: reads 8x, torn 0",
        "after 1 s: reads , torn 0",
        "after 1 s: reads 8, torn 1",
        "after 1 s: reads 8, torn 0 more",
        "after 1 s: reads 8,",
    ] {
        assert!(!says(line, "after 1 s: reads N, torn 0"), "{line}");
    }
}
