//! `docs/vectors/vectors.json`: what a reader must find in each file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::value::RawValue;

/// A region file and the answer; see docs/vectors/README.md.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "the README of the vectors describes each member")]
pub struct Vector {
    pub file: String,
    pub outcome: String,
    #[serde(default)]
    pub strict: bool,
    pub state: Option<String>,
    pub lineage: Option<u64>,
    pub base_sequence: Option<u64>,
    pub schema: Option<serde_json::Value>,
    pub latest: Option<u64>,
    #[serde(default)]
    pub records: Vec<Listed>,
    pub instances: Option<Vec<Series>>,
}

/// The records of one instance.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "as above")]
pub struct Series {
    pub name: String,
    pub latest: Option<u64>,
    pub records: Vec<Listed>,
}

/// A record, as the list has it.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "as above")]
pub struct Listed {
    pub sequence: u64,
    pub published_at: u64,
    pub wall_time: u64,
    pub record: Values,
}

/// The values of a record: JSON, with all digits.
pub type Values = BTreeMap<String, Box<RawValue>>;

/// A line of a reader of docs/readers.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "the readers describe it")]
pub struct Line {
    pub instance: Option<String>,
    pub sequence: Option<u64>,
    pub published_at: Option<u64>,
    #[serde(default)]
    pub record: Values,
    pub missed: Option<u64>,
}

impl Vector {
    /// Its file.
    pub fn path(&self) -> PathBuf {
        directory().join(&self.file)
    }

    /// Each instance's name and newest record, or that of a plain region.
    pub fn newest(&self) -> Vec<(Option<&str>, &Listed)> {
        match &self.instances {
            None => {
                let record = newest(self.latest, &self.records);
                record.map(|record| (None, record)).into_iter().collect()
            }
            Some(instances) => instances.iter().filter_map(Series::newest).collect(),
        }
    }
}

impl Series {
    fn newest(&self) -> Option<(Option<&str>, &Listed)> {
        Some((Some(&self.name), newest(self.latest, &self.records)?))
    }
}

fn newest(latest: Option<u64>, records: &[Listed]) -> Option<&Listed> {
    let latest = latest?;
    Some(records.iter().find(|record| record.sequence == latest).expect("it is one of the records"))
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/vectors")
}

/// All of them.
pub fn all() -> Vec<Vector> {
    let list = std::fs::read(directory().join("vectors.json")).expect("vectors.json");
    serde_json::from_slice(&list).expect("a list of vectors")
}

/// Whether both texts are the same JSON, floats to the last bit and -0 included.
pub fn is_same(wanted: &str, found: &str) -> bool {
    type List<'a> = Vec<&'a RawValue>;
    if let (Ok(wanted), Ok(found)) =
        (serde_json::from_str::<List<'_>>(wanted), serde_json::from_str::<List<'_>>(found))
    {
        let mut pairs = wanted.iter().zip(&found);
        return wanted.len() == found.len()
            && pairs.all(|(wanted, found)| is_same(wanted.get(), found.get()));
    }
    let is_float = wanted.contains('.') || wanted.contains("e-") || wanted.contains("e+");
    match (wanted.parse::<f64>(), found.parse::<f64>()) {
        (Ok(wanted), Ok(found)) if is_float => wanted.to_bits() == found.to_bits(),
        (Ok(_), Ok(_)) => wanted == found,
        _ => {
            serde_json::from_str::<serde_json::Value>(wanted).ok()
                == serde_json::from_str(found).ok()
        }
    }
}

/// Whether a record has these values and no others.
pub fn has(wanted: &Values, found: &Values) -> bool {
    let mut pairs = wanted.iter().zip(found);
    wanted.len() == found.len()
        && pairs.all(|((name, wanted), (found_name, found))| {
            name == found_name && is_same(wanted.get(), found.get())
        })
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn numbers_are_the_same_to_the_last_digit() {
        for (wanted, found) in
            [("1", "1"), ("[1.0, \"a\"]", "[1,\"a\"]"), ("-0.0", "-0"), ("1e-7", "0.0000001")]
        {
            assert!(is_same(wanted, found), "{wanted} {found}");
        }
        let different = [
            ("18446744073709551615", "18446744073709551614"),
            ("0.1", "0.10000000000000002"),
            ("-0.0", "0"),
            ("[1]", "[1, 2]"),
            ("[1]", "1"),
            ("\"1\"", "1"),
        ];
        for (wanted, found) in different {
            assert!(!is_same(wanted, found), "{wanted} {found}");
        }
    }
}
