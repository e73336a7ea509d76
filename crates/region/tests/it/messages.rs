//! The library's messages do not mention the daemons.

use std::fs;
use std::path::{Path, PathBuf};

/// What a message to the user of one program would hold.
const OF_ONE_PROGRAM: [&str; 6] = ["--", "producer", "consumer", "systemd", "Limit", "`"];

/// Every source file below `dir`.
fn sources(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// The string literals of a source's code, its tests and comments left out.
fn literals(source: &str) -> Vec<&str> {
    let code = source.split("#[cfg(test)]").next().unwrap();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|line| line.split('"').skip(1).step_by(2)).collect()
}

#[test]
fn no_message_of_the_library_names_a_daemon_its_options_or_its_service() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut count = 0;
    for path in sources(&root) {
        let source = fs::read_to_string(&path).unwrap();
        for text in literals(&source) {
            let found = OF_ONE_PROGRAM.iter().find(|word| text.contains(**word));
            assert_eq!(found, None, "{}: {text:?}", path.display());
            count += 1;
        }
    }
    assert!(count > 100, "{count} literals were looked at");
}
