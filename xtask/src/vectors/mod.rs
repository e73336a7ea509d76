//! Region files to test an implementation of the format with: `cargo xtask vectors`.
//!
//! It writes `docs/vectors`: a file for each type and shape, for each state a writer can leave behind, and for each
//! kind of damage, and `vectors.json`, which says what a reader must find in each.
//!
//! Invariant: the files depend on nothing but this source: no clock, no inode, no random number. Their slots, fronts and
//! names are laid by hand, not by the writer under test; `vectors::tests` compares them with what is in the repository.
//!
//! Price: 100 KiB in the repository.

mod cell;
mod damaged;
mod damaged_schema;
mod image;
mod instances;
mod listing;
mod moments;
mod raw_schema;
mod shapes;

use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use listing::Vector;

/// The arguments of the command itself: none.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/vectors")
}

/// Every vector, those that can be read first.
fn all() -> Vec<Vector> {
    [shapes::all(), moments::all(), instances::all(), damaged::all(), damaged_schema::all()]
        .concat()
}

/// Writes all vectors and their list.
pub(crate) fn run(_: &Arguments) -> Outcome {
    let (directory, vectors) = (directory(), all());
    fs::create_dir_all(&directory)?;
    for entry in fs::read_dir(&directory)?.flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "region") {
            fs::remove_file(entry.path())?;
        }
    }
    for vector in &vectors {
        fs::write(directory.join(&vector.file), &vector.bytes)?;
    }
    fs::write(directory.join("vectors.json"), listing::json(&vectors))?;
    println!("{} vectors in {}", vectors.len(), directory.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use super::{all, directory, listing};

    const AGAIN: &str = "cargo xtask vectors writes them again";

    #[test]
    fn the_vectors_in_the_repository_are_those_that_the_command_makes() {
        let (directory, vectors) = (directory(), all());
        let listed = fs::read_to_string(directory.join("vectors.json")).expect("vectors.json");
        assert!(listed == listing::json(&vectors), "vectors.json: {AGAIN}");
        for vector in &vectors {
            let kept = fs::read(directory.join(&vector.file)).expect("a vector");
            assert!(kept == vector.bytes, "{}: {AGAIN}", vector.file);
        }
        let made: BTreeSet<_> = vectors.iter().map(|vector| vector.file.clone()).collect();
        assert_eq!(made.len(), vectors.len(), "two vectors have one name");
        let names = fs::read_dir(directory).expect("docs/vectors").flatten();
        let names = names.filter_map(|entry| entry.file_name().into_string().ok());
        let kept: BTreeSet<_> = names.filter(|name| name.ends_with(".region")).collect();
        assert_eq!(kept, made, "{AGAIN}");
    }
}
