//! Every program in the documents compiles without a warning and does what it says.

use crate::tree::{compiled, done, have, place, settled, source, tool};

/// The blocks of `language` in a document, each a whole program.
pub(crate) fn programs(document: &str, language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(source(document)).expect("a document");
    let fence = format!("```{language}\n");
    let blocks = text.split(&fence).skip(1).filter_map(|rest| rest.split("```").next());
    blocks.map(str::to_owned).collect()
}

/// Compiles and runs the first program of a document, with which it begins; returns what it prints.
#[track_caller]
fn printed_by_the_first(document: &str, language: &str, compiler: &str, standard: &str) -> String {
    let place = place();
    let programs = programs(document, language);
    let file = place.path().join(format!("program.{language}"));
    std::fs::write(&file, programs.first().expect("a program")).expect("a source");
    let program = compiled(compiler, &[standard, "-pedantic"], &file, &place);
    done(settled(&mut tool(program), &place))
}

#[test]
fn the_page_for_c_begins_with_a_program_that_works() {
    if have(&["cc"]) {
        assert_eq!(
            printed_by_the_first("../../docs/c.md", "c", "cc", "-std=c11"),
            "1.5 2.5 80 %\n"
        );
    }
}

#[test]
fn the_page_for_cpp_begins_with_a_program_that_works() {
    if have(&["c++"]) {
        assert_eq!(
            printed_by_the_first("../../docs/cpp.md", "cpp", "c++", "-std=c++17"),
            "1.5 2.5\n"
        );
    }
}
