//! C++17 programs against the installed library: the checks of `mapcast.hpp`, and the example project.

use std::path::Path;

use tempfile::TempDir;

use crate::documents::programs;
use crate::tree::{
    Running, assert_taken, compiled, done, have, place, settled, source, tool, tree,
};

/// Compiles the checks with these flags and runs them.
#[track_caller]
fn checks_hold(compiler: &str, flags: &[&str]) {
    if !have(&[compiler]) {
        return;
    }
    let place = place();
    let flags = [&["-std=c++17", "-pedantic"], flags].concat();
    let program = compiled(compiler, &flags, &source("tests/c/checks.cpp"), &place);
    assert_eq!(done(settled(&mut tool(program), &place).arg(place.path())), "all hold\n");
}

#[test]
fn the_classes_do_what_the_header_says() {
    checks_hold("c++", &[]);
}

#[test]
fn the_classes_touch_no_memory_that_is_not_their_own() {
    checks_hold("c++", &["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]);
}

#[test]
fn a_later_standard_of_cpp_takes_the_header_too() {
    checks_hold("c++", &["-std=c++20"]);
}

#[test]
fn a_member_that_no_record_can_hold_does_not_compile_in_cpp() {
    for (member, is_taken) in [
        ("long member", true),
        ("std::array<int, 2> member", true),
        ("std::array<int, 0> member", false),
        ("void *member", false),
        ("struct { int x; } member", false),
    ] {
        let text = format!(
            "#include <array>\nstruct S {{ {member}; }};\n\
             MAPCAST_RECORD(S, \"s\", MAPCAST_FIELD(S, member, \"\", \"\"))\n\
             const mapcast_layout &layout = mapcast::Layout<S>::get();\n"
        );
        compiles(&text, is_taken);
    }
}

#[test]
fn a_label_is_for_a_value_of_its_enum() {
    for (value, is_taken) in [("Mode::on", true), ("Side::left", false), ("1", false)] {
        let text = format!(
            "enum class Mode {{ off, on }};\nenum class Side {{ left }};\n\
             MAPCAST_LABELS(Mode, {{{value}, \"on\"}})\n\
             static_assert(mapcast::Labels<Mode>::all.size() == 1);\n"
        );
        compiles(&text, is_taken);
    }
}

#[test]
fn the_labels_of_the_page_for_cpp_compile() {
    let blocks = programs("../../docs/cpp.md", "cpp");
    let labels: Vec<&String> = blocks.iter().filter(|block| block.contains("_LABELS")).collect();
    assert_eq!(labels.len(), 1);
    compiles(labels[0], true);
}

/// Asserts that the header with this text behind it compiles, or does not.
#[track_caller]
fn compiles(text: &str, is_taken: bool) {
    if !have(&["c++"]) {
        return;
    }
    let place = place();
    let file = place.path().join("some.cpp");
    std::fs::write(&file, format!("#include <mapcast.hpp>\n{text}")).expect("a source");
    assert_taken(tool("c++").arg("-std=c++17").arg(&file), is_taken);
}

#[test]
fn the_project_is_built_by_cmake_and_its_programs_share_a_region() {
    if !have(&["c++", "cmake", "make"]) {
        return;
    }
    let place = place();
    let build = place.path().join("build");
    let project = source("examples/cpp");
    let mut configure = tool("cmake");
    configure.arg("-S").arg(project).arg("-B").arg(&build);
    done(configure.arg(format!("-DCMAKE_PREFIX_PATH={}", tree().display())));
    done(tool("cmake").arg("--build").arg(&build));
    let watch = Running::start(&build.join("watch"), &["drone"], &place);
    let fly = build.join("fly");
    done(settled(&mut tool(fly), &place).args(["drone", "20"]));
    let mut seen = 0;
    while seen < 20 {
        let line = watch.line();
        let number = |text: &str| text.parse::<u64>().expect("a number");
        match line.split_once(' ').expect("words") {
            // Lapped before its first record: missed are those of the ring as it attached.
            ("missed", _) if seen == 0 => {}
            ("missed", count) => seen += number(count),
            (sequence, _) => {
                // The first one is the oldest that was left.
                assert!(seen == 0 || number(sequence) == seen + 1, "{line}");
                seen = number(sequence);
            }
        }
    }
    assert!(watch.ends(), "it ends when the region is closed");
}

/// Whether `CMake`'s `find` finds the package of `prefix`.
fn finds(find: &str, prefix: &Path, place: &TempDir) -> bool {
    let text = format!(
        "cmake_minimum_required(VERSION 3.16)\nproject(p CXX)\n{find}\n\
         if(NOT mapcast_FOUND)\nmessage(FATAL_ERROR \"${{mapcast_NOT_FOUND_MESSAGE}}\")\nendif()\n"
    );
    std::fs::write(place.path().join("CMakeLists.txt"), text).expect("a project");
    let mut configure = tool("cmake");
    configure.arg("-S").arg(place.path()).arg("-B").arg(place.path().join("build"));
    configure.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display()));
    configure.output().expect("cmake").status.success()
}

#[test]
fn cmake_finds_the_package_for_a_version_that_it_has_and_only_where_its_library_is() {
    if !have(&["c++", "cmake", "make"]) {
        return;
    }
    let place = place();
    for (version, is_found) in
        [("", true), ("0.1", true), ("0.1.0...<0.2", true), ("0.0...<0.1", false), ("0.2", false)]
    {
        let find = format!("find_package(mapcast {version} QUIET)");
        assert_eq!(finds(&find, tree(), &place), is_found, "{find}");
    }
    let moved = place.path().join("moved");
    let config = moved.join("lib/cmake/mapcast");
    std::fs::create_dir_all(&config).expect("a directory");
    for name in ["mapcast-config.cmake", "mapcast-config-version.cmake"] {
        let text = std::fs::read_to_string(tree().join("lib/cmake/mapcast").join(name));
        let text = text.expect("the package").replace(&tree().display().to_string(), "/nowhere");
        std::fs::write(config.join(name), text).expect("the package, moved");
    }
    std::fs::remove_dir_all(place.path().join("build")).expect("the build before");
    assert!(!finds("find_package(mapcast QUIET)", &moved, &place), "its library is not there");
}
