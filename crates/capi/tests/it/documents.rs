//! Every program in the documents compiles without a warning and does what it says.

use crate::tree::{compiled, done, have, place, settled, source, tool};

/// The blocks of `language` in a document, each a whole program.
pub(crate) fn programs(document: &str, language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(source(document)).expect("a document");
    let fence = format!("```{language}\n");
    let blocks = text.split(&fence).skip(1).filter_map(|rest| rest.split("```").next());
    blocks.map(str::to_owned).collect()
}

/// Compiles and runs the programs of a document; returns what each prints.
#[track_caller]
fn printed_by(document: &str, language: &str, compiler: &str, standard: &str) -> Vec<String> {
    let programs = programs(document, language);
    let whole = programs.iter().filter(|text| text.contains("int main("));
    let printed = whole.map(|text| {
        let place = place();
        let file = place.path().join(format!("program.{language}"));
        std::fs::write(&file, text).expect("a source");
        let program = compiled(compiler, &[standard, "-pedantic"], &file, &place);
        done(settled(&mut tool(program), &place))
    });
    printed.collect()
}

#[test]
fn the_programs_of_the_page_for_c_work() {
    if have(&["cc"]) {
        assert_eq!(
            printed_by("../../docs/c.md", "c", "cc", "-std=c11"),
            ["1.5 2.5 80 %\n", "7 hong f\n"]
        );
    }
}

#[test]
fn the_program_of_the_page_for_cpp_works() {
    if have(&["c++"]) {
        assert_eq!(printed_by("../../docs/cpp.md", "cpp", "c++", "-std=c++17"), ["1.5 2.5\n"]);
    }
}
