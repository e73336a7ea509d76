//! The C programs of tests/c, compiled.

use std::path::Path;

use crate::program::tool;
use crate::{Daemon, Place, Program};

/// Compiles tests/c/NAME.c without a warning into `place`, where programs can be executed.
pub fn compile_c(name: &str, place: &Place) -> Program {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("c/{name}.c"));
    let program = place.path(name);
    let mut command = tool("cc");
    command.args(["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-o"]);
    let mut compiler = Daemon::start("cc", command.arg(&program).arg(source));
    if compiler.exit_code() != 0 || !compiler.err().is_empty() {
        compiler.fail("a C compiler must take it without a word");
    }
    Program::new(&format!("C {name}"), program)
}
