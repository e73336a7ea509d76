//! The C compiler of this machine agrees with every offset, size and alignment.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use layout::{CType, FieldSpec, Record, Scalar, Schema, Stu};

use crate::generator::Random;

const fn c_name(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::I8 => "int8_t",
        Scalar::I16 => "int16_t",
        Scalar::I32 => "int32_t",
        Scalar::I64 => "int64_t",
        Scalar::U8 => "uint8_t",
        Scalar::U16 => "uint16_t",
        Scalar::U32 => "uint32_t",
        Scalar::U64 => "uint64_t",
        Scalar::F32 => "float",
        Scalar::F64 => "double",
        Scalar::Bool => "bool",
        Scalar::Char => "char",
    }
}

/// The schema as a C struct called `s{index}`.
fn c_struct(index: usize, schema: &Schema) -> String {
    let mut text = format!("struct s{index} {{\n");
    for field in schema.fields() {
        let (scalar, name) = (c_name(field.ctype().element()), field.name());
        let array = field.ctype().count().map(|count| format!("[{count}]")).unwrap_or_default();
        writeln!(text, "    {scalar} {name}{array};").expect("a String takes everything");
    }
    text + "};\n"
}

/// The facts of `schema`, as the lines that the C program is expected to print.
fn facts(index: usize, schema: &Schema) -> String {
    let mut text = format!("s{index} {} {}\n", schema.size(), schema.align());
    for field in schema.fields() {
        writeln!(text, "s{index}.{} {}", field.name(), field.offset()).expect("a String");
    }
    text
}

/// The statements that print the compiler's facts.
fn c_prints(index: usize, schema: &Schema) -> String {
    let mut text = format!(
        "    printf(\"s{index} %zu %zu\\n\", sizeof(struct s{index}), _Alignof(struct s{index}));\n"
    );
    for field in schema.fields() {
        let name = field.name();
        writeln!(
            text,
            "    printf(\"s{index}.{name} %zu\\n\", offsetof(struct s{index}, {name}));"
        )
        .expect("a String takes everything");
    }
    text
}

/// Compiles and runs a C program; returns its output.
fn run_c(source: &str) -> String {
    // All runs of the tests share the directory; the file names are unique to this run.
    let program =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("c_abi-{}", std::process::id()));
    let file = program.with_extension("c");
    fs::write(&file, source).expect("the temporary directory can be written");
    let status = Command::new("cc")
        .args(["-std=c11", "-o"])
        .args([&program, &file])
        .status()
        .expect("a C compiler called cc; install gcc or clang");
    assert!(status.success(), "cc refused {}", file.display());
    let output = Command::new(&program).output().expect("the program runs");
    for made in [&file, &program] {
        fs::remove_file(made).expect("made by this run");
    }
    String::from_utf8(output.stdout).expect("ASCII")
}

#[test]
fn the_c_compiler_agrees_with_every_schema() {
    let mut random = Random(6);
    let mut schemas = vec![Stu::schema()];
    schemas.extend((0..100).map(|_| random.schema()));
    // Each scalar after one byte, so that its alignment matters.
    schemas.extend(Scalar::ALL.map(|scalar| {
        let pair =
            [FieldSpec::new("byte", Scalar::U8), FieldSpec::new("it", CType::scalar(scalar))];
        Schema::builder("PAIR").fields(pair).build().expect("a record")
    }));

    let mut source = String::from(
        "#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n#include <stdio.h>\n",
    );
    let numbered = || schemas.iter().enumerate();
    source.extend(numbered().map(|(index, schema)| c_struct(index, schema)));
    source.push_str("int main(void)\n{\n");
    source.extend(numbered().map(|(index, schema)| c_prints(index, schema)));
    source.push_str("    return 0;\n}\n");

    let want: String = numbered().map(|(index, schema)| facts(index, schema)).collect();
    assert_eq!(run_c(&source), want);
}
