//! C programs against the installed library: the examples, and `tests/c/checks.c`, which calls every function.

use crate::tree::{
    Running, assert_taken, compiled, done, have, place, settled, source, tool, tree, wait_until,
};
use mapcast::{Reader, Stu, Writer};
use std::collections::BTreeSet;
use std::fmt::Write as _;

const C11: &[&str] = &["-std=c11", "-pedantic"];

/// POSIX's own functions, which plain C99 and C11 hide.
const POSIX: &str = "-D_XOPEN_SOURCE=700";

/// Compiles the checks with these flags and runs them under `around`.
#[track_caller]
fn checks_hold(flags: &[&str], around: &[&str]) {
    if !have(&["cc"]) || !have(around.get(..1).unwrap_or_default()) {
        return;
    }
    let place = place();
    let flags = [&[POSIX], flags].concat();
    let program = compiled("cc", &flags, &source("tests/c/checks.c"), &place);
    let mut command =
        tool(around.first().copied().map_or(program.clone().into_os_string(), Into::into));
    if let Some(more) = around.get(1..) {
        command.args(more).arg(&program);
    }
    let printed = done(settled(&mut command, &place).arg(place.path()));
    assert_eq!(printed, "all hold\n");
}

#[test]
fn every_function_does_what_the_header_says_in_c11() {
    checks_hold(C11, &[]);
}

#[test]
fn every_function_does_what_the_header_says_in_c99() {
    checks_hold(&["-std=c99", "-pedantic"], &[]);
}

#[test]
fn no_function_touches_memory_that_is_not_its_own() {
    checks_hold(&["-std=c11", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"], &[]);
}

#[test]
fn valgrind_finds_no_error_and_no_leak() {
    let valgrind = [
        "valgrind",
        "--quiet",
        "--leak-check=full",
        "--error-exitcode=9",
        "--errors-for-leak-kinds=definite",
    ];
    checks_hold(C11, &valgrind);
}

#[test]
fn only_the_functions_of_the_header_are_exported_and_all_of_them() {
    if !have(&["cc", "nm"]) {
        return;
    }
    let library = tree().join("lib/libmapcast.so.1");
    let printed =
        done(tool("nm").args(["-D", "--defined-only", "--with-symbol-versions"]).arg(library));
    let exported: BTreeSet<&str> =
        printed.lines().filter_map(|line| line.split(" T ").nth(1)).collect();
    let header = std::fs::read_to_string(source("include/mapcast.h")).expect("the header");
    let declared: BTreeSet<String> =
        functions_in(&header).map(|name| format!("{name}@@MAPCAST_1")).collect();
    assert!(declared.len() > 40, "{declared:?}");
    assert_eq!(exported, declared.iter().map(String::as_str).collect());
    let others = printed.lines().filter(|line| !line.contains(" T ")).collect::<Vec<_>>();
    assert_eq!(others, ["0000000000000000 A MAPCAST_1"]);
}

/// The functions that a header declares.
fn functions_in(header: &str) -> impl Iterator<Item = &str> {
    let code = header.lines().filter(|line| !line.starts_with(['#', ' ', '/']));
    code.filter_map(|line| {
        let before = line.split_once('(')?.0;
        before.rsplit([' ', '*']).next().filter(|name| name.starts_with("mapcast_"))
    })
}

#[test]
fn the_checks_and_examples_call_every_function_of_the_header() {
    let header = std::fs::read_to_string(source("include/mapcast.h")).expect("the header");
    let checks = std::fs::read_to_string(source("tests/c/checks.c")).expect("the checks");
    for name in functions_in(&header) {
        assert!(checks.contains(&format!("{name}(")), "checks.c does not call {name}");
    }
}

#[test]
fn the_shared_library_has_its_name_and_pkg_config_finds_it() {
    if !have(&["cc", "readelf", "pkg-config"]) {
        return;
    }
    let dynamic = done(tool("readelf").arg("-d").arg(tree().join("lib/libmapcast.so")));
    assert!(dynamic.contains("soname: [libmapcast.so.1]"), "{dynamic}");
    assert!(dynamic.contains("NODELETE"), "its handlers stay where they are: {dynamic}");
    let mut command = tool("pkg-config");
    command.env("PKG_CONFIG_PATH", tree().join("lib/pkgconfig"));
    let flags = done(command.args(["--cflags", "--libs", "mapcast"]));
    let tree = tree().display();
    assert_eq!(flags.trim(), format!("-I{tree}/include -L{tree}/lib -lmapcast"));
}

#[test]
fn a_member_that_no_record_can_hold_does_not_compile() {
    if !have(&["cc"]) {
        return;
    }
    let place = place();
    let member = [
        ("int member;", true),
        ("char member[8];", true),
        ("char *member;", false),
        ("float member[3][3];", false),
        ("struct { int x; } member;", false),
    ];
    for (member, is_taken) in member {
        let file = place.path().join("member.c");
        let text = format!(
            "#include <mapcast.h>\nstruct s {{ {member} }};\nconst struct mapcast_field fields[] = \
             {{ MAPCAST_FIELD(struct s, member, \"\", \"\") }};\n"
        );
        std::fs::write(&file, text).expect("a source");
        assert_taken(tool("cc").arg("-std=c11").arg(&file), is_taken);
    }
}

#[test]
fn a_member_of_another_type_than_the_given_one_does_not_compile() {
    if !have(&["cc"]) {
        return;
    }
    let place = place();
    let member = [
        ("char *member;", "U64", false),
        ("double member;", "I64", false),
        ("struct { double x; } member;", "F64", false),
        ("int member;", "I8", false),
        ("float member[2];", "I16", false),
        ("float member[2];", "F32", true),
        ("uint8_t member;", "U8", true),
        ("char member[20];", "CHAR", true),
        ("enum { off, on } member;", "I32", true),
        ("enum { off, on } member;", "U32", true),
    ];
    let with = |member: &str, count: Option<u32>, field: &str, is_taken| {
        let file = place.path().join("member.c");
        let mut text = format!(
            "#include <mapcast.h>\nstruct s {{ {member} }};\nconst struct mapcast_label labels[] = \
             {{ {{ 1, \"on\" }} }};\nconst struct mapcast_field fields[] = {{ {field} }};\n"
        );
        if let Some(count) = count {
            let found = "MAPCAST_COUNT_(((struct s *)0)->member, sizeof(int))";
            let _ = writeln!(text, "_Static_assert({found} == {count}, \"elements\");");
        }
        std::fs::write(&file, text).expect("a source");
        assert_taken(tool("cc").args(["-std=c11", "-pedantic"]).arg(&file), is_taken);
    };
    for (member, given, is_taken) in member {
        let plain = format!("MAPCAST_FIELD_AS(struct s, member, {given}, \"\", \"\")");
        with(member, None, &plain, is_taken);
        let labelled =
            format!("MAPCAST_FIELD_LABELS(struct s, member, {given}, \"\", \"\", labels)");
        with(member, None, &labelled, is_taken);
    }
    let plain = "MAPCAST_FIELD(struct s, member, \"\", \"\")";
    for (member, count) in [("int member;", 0), ("int member[1];", 1), ("int member[2];", 2)] {
        with(member, Some(count), plain, true);
    }
}

#[test]
fn the_tutorials_reader_prints_what_its_writer_publishes_and_sees_it_killed() {
    if !have(&["cc"]) {
        return;
    }
    let place = place();
    let [writer, reader, dump] = ["mmap_w", "mmap_r", "dump"]
        .map(|name| compiled("cc", C11, &source(&format!("examples/{name}.c")), &place));
    let mut writer = Running::start(&writer, &[], &place);
    let region = place.path().join("stu.region");
    wait_until("the region", || region.exists());
    let reader = Running::start(&reader, &["stu"], &place);
    let later =
        reader.line_where(|line| !line.starts_with("id=10\t") && !line.starts_with("id=0\t"));
    // Which one depends on when the reader looks.
    let id: Option<u32> = later.split(['=', '\t']).nth(1).and_then(|id| id.parse().ok());
    assert!(id > Some(10) && later.ends_with("\tname=xiaoming\tm"), "{later}");
    writer.kill();
    let dumped = done(settled(&mut tool(&dump), &place).arg("stu"));
    assert!(dumped.starts_with("STU dead #"), "{dumped}");
    assert!(
        dumped.contains("  name\txiaoming \t\n") && dumped.contains("student number"),
        "{dumped}"
    );
}

#[test]
fn the_follower_in_a_poll_loop_awaits_a_region_and_prints_its_records() {
    if !have(&["cc"]) {
        return;
    }
    let place = place();
    let [writer, follow] = ["mmap_w", "follow"]
        .map(|name| compiled("cc", C11, &source(&format!("examples/{name}.c")), &place));
    let mut follower = Running::start(&follow, &["stu"], &place);
    assert_eq!(follower.line(), "event 6", "MAPCAST_EVENT_WAITING");
    let mut writer = Running::start(&writer, &["stu"], &place);
    assert_eq!(follower.line(), "event 7", "MAPCAST_EVENT_ATTACHED");
    // From the newest record on, which is not the first if the follower attaches late.
    let first = follower.line_where(|line| line.contains("\tid="));
    let number: u32 =
        first.split('\t').next().and_then(|word| word.parse().ok()).expect("a number");
    let line = |number| format!("{number}\tid={}\tname=xiaoming\tsex=m", number + 9);
    assert_eq!([first, follower.line()], [line(number), line(number + 1)]);
    writer.kill();
    follower.line_where(|line| line == "writer is dead");
    assert!(follower.ends_with_its_input());
}

#[test]
fn a_struct_in_c_and_one_in_rust_are_the_same_record() {
    if !have(&["cc"]) {
        return;
    }
    let place = place();
    let [writer, reader] = ["mmap_w", "mmap_r"]
        .map(|name| compiled("cc", C11, &source(&format!("examples/{name}.c")), &place));
    let rust = place.path().join("rust.region");
    let mut publishing = Writer::<Stu>::open(&rust).expect("a writer");
    publishing.publish(&Stu::new(42, "hong", 'f')).expect("a publish");
    assert_eq!(Running::start(&reader, &["rust"], &place).line(), "id=42\tname=hong\tf");

    let _writer = Running::start(&writer, &["c"], &place);
    let mut latest = None;
    wait_until("a record of the C program", || {
        let reader = Reader::<Stu>::open(place.path().join("c.region"));
        latest = reader.ok().and_then(|mut reader| reader.latest().expect("its record"));
        latest.is_some()
    });
    assert_eq!(latest.expect("a record").name_str(), "xiaoming");
}
