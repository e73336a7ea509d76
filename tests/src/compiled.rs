//! The C programs of tests/c, compiled.

use std::path::Path;

use crate::program::tool;
use crate::{Daemon, Place, Program};

/// Compiles tests/c/NAME.c without a warning into `place`, where programs can be executed.
pub fn compile_c(name: &str, place: &Place) -> Program {
    compile(&format!("c/{name}.c"), "-std=gnu11", place)
}

/// The same for the C file at `source`, a path below tests, in this version of the language.
pub(crate) fn compile(source: &str, language: &str, place: &Place) -> Program {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
    let name = source.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let program = place.path(&name);
    let mut command = tool("cc");
    command.args([language, "-O2", "-Wall", "-Wextra", "-Werror", "-o"]);
    let mut compiler = Daemon::start("cc", command.arg(&program).arg(source));
    if compiler.exit_code() != 0 || !compiler.err().is_empty() {
        compiler.fail("a C compiler must take it without a word");
    }
    Program::new(&format!("C {name}"), program)
}
