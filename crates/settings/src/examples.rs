//! Every key that a configuration may hold, with a value to copy.
//!
//! Invariant: an error message takes its examples and its advice from `examples.txt`, which a test
//! compares with `docs/configuration.md`. Which keys there are is decided by the structs that serde
//! fills.
//!
//! Price: the text is searched for each key that a message names, once something is wrong.

use query::nearest;

/// The tables, each below a line `# NAME` as messages call it, and the keys of each.
const KEYS: &str = include_str!("examples.txt");

/// What messages call the top of a file with the table `bridge`.
pub(crate) const BRIDGE: &str = "the file of a bridge";

/// The table that the last of `parents` is, as messages call it.
pub(crate) fn table(parents: &[&str]) -> String {
    match parents {
        [] => "the file".to_owned(),
        ["record", "field"] => "[[record.field]]".to_owned(),
        [name @ ("export" | "import")] => format!("[[{name}]]"),
        [name] => format!("[{name}]"),
        [.., name] => (*name).to_owned(),
    }
}

/// Whether a table is one of a bridge's file.
fn is_of_bridge(table: &str) -> bool {
    tables().skip_while(|(name, _)| *name != BRIDGE).any(|(name, _)| name == table)
}

/// The tables, each with its lines.
fn tables() -> impl Iterator<Item = (&'static str, &'static str)> {
    KEYS.split("# ").filter_map(|table| table.split_once('\n'))
}

/// The keys of a table, each with the line to write.
fn lines(table: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let (_, lines) = tables().find(|(name, _)| *name == table).unwrap_or_default();
    lines.lines().filter_map(|line| Some((line.split_once(" = ")?.0, line)))
}

/// What to write for the key at the end of `path`: `slots = 8`, or `[record]`. A key of a table whose keys
/// the user chooses has the example of that table.
pub(crate) fn example(path: &[&str]) -> &'static str {
    let Some((key, parents)) = path.split_last() else { return "a table" };
    let of_bridge = lines(BRIDGE).filter(|_| parents.is_empty());
    match lines(&table(parents)).chain(of_bridge).find(|(name, _)| name == key) {
        None => example(parents),
        // A table header is a line of its own.
        Some((_, line)) => {
            line.split_once(" = [").map_or(line, |(name, _)| &line[name.len() + 3..])
        }
    }
}

/// What to do about the key `unknown` in `table`.
pub(crate) fn instead_of_key(unknown: &str, table: &str) -> String {
    let keys: Vec<_> = lines(table).map(|(key, _)| key).collect();
    // Only a table with a header of its own can be found by its name, and only one of the same file.
    let is_of_bridge = is_of_bridge(table);
    let headed = tables().map(|(name, _)| name).filter(|name| name.starts_with('['));
    let mut headed = headed.filter(|name| self::is_of_bridge(name) == is_of_bridge);
    let other = headed.find(|name| lines(name).any(|(key, _)| key == unknown));
    match (other, nearest(unknown, &keys)) {
        (Some(other), _) => format!("it belongs to {other}, move it there"),
        (None, Some(known)) => format!("did you mean {known}?"),
        (None, None) => format!("the keys of {table} are {}", keys.join(", ")),
    }
}

/// What to write in place of a word that is none of `known`.
pub(crate) fn instead_of_word(unknown: &str, known: &[&'static str]) -> String {
    match nearest(unknown, known) {
        Some(word) => format!("did you mean {word}?"),
        None => format!("write one of {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{BRIDGE, lines, tables};

    /// The rows of the table of keys below the heading that names `table`.
    fn rows<'m>(manual: &'m str, table: &str) -> Vec<&'m str> {
        let name = match table {
            BRIDGE => "top level of a bridge's configuration".to_owned(),
            "the file" => "top level of a configuration".to_owned(),
            table => format!("`{table}`"),
        };
        let wanted = |line: &&str| line.starts_with('#') && line.contains(&name);
        let below = manual.lines().skip_while(|line| !wanted(line)).skip(1);
        let section = below.take_while(|line| !line.starts_with('#'));
        let keys = section.skip_while(|line| !line.starts_with("| Key |")).skip(2);
        keys.take_while(|line| line.starts_with('|')).collect()
    }

    #[test]
    fn the_manual_has_every_key_with_its_example_and_no_other() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
        let manual = std::fs::read_to_string(path).expect("the manual");
        assert_eq!(tables().count(), 20);
        for (table, _) in tables() {
            let rows = rows(&manual, table);
            for (key, line) in lines(table) {
                let start = format!("| `{key}` |");
                let row = rows.iter().find(|row| row.starts_with(&start));
                let row = row.unwrap_or_else(|| panic!("{table} has no row for {key}"));
                let example =
                    line.strip_prefix(&format!("{key} = [")).map(|rest| format!("[{rest}"));
                let example = format!("| `{}` |", example.unwrap_or(line.to_owned()));
                assert!(row.contains(&example), "{table}: no {example} in {row}");
            }
            assert_eq!(rows.len(), lines(table).count(), "{table} has other rows too");
        }
    }
}
