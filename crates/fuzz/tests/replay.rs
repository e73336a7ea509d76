//! Every input that ever found something, or that leads somewhere new, once more: `cargo test`.
//!
//! One after the other and not in threads: the limit on memory is the process's, and if an input
//! ends the process, the last name on the screen is its name.

use std::path::{Path, PathBuf};

use fuzz::{TARGETS, Target};
use libtest_mimic::{Arguments, Trial};

fn main() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let trials = TARGETS.iter().flat_map(|target| [corpus(target), seeds(target)]);
    libtest_mimic::run(&arguments, trials.chain([folders()]).collect()).exit();
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// The files in `folder`, in the order of their names.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let read =
        std::fs::read_dir(folder).unwrap_or_else(|err| panic!("{}: {err}", folder.display()));
    let mut entries: Vec<PathBuf> = read.map(|entry| entry.expect("a file").path()).collect();
    entries.sort();
    entries
}

/// Each file in the corpus of `target` is harmless.
fn corpus(target: &'static Target) -> Trial {
    Trial::test(format!("{}::every_input_in_the_corpus_is_harmless", target.name), || {
        let files = entries(&folder().join(target.name));
        if files.is_empty() {
            return Err("the corpus is empty".into());
        }
        for path in files {
            let input = std::fs::read(&path)?;
            try_out(target, &input).map_err(|()| format!("see above: {}", path.display()))?;
        }
        Ok(())
    })
}

/// Each seed that the code of today makes is harmless.
fn seeds(target: &'static Target) -> Trial {
    Trial::test(format!("{}::every_seed_is_harmless", target.name), || {
        for (number, seed) in (target.seeds)().iter().enumerate() {
            try_out(target, seed).map_err(|()| format!("see above: seed {number}"))?;
        }
        Ok(())
    })
}

/// No folder of the corpus is left over from a target that is gone.
fn folders() -> Trial {
    Trial::test("every_folder_of_the_corpus_belongs_to_a_target", || {
        for path in entries(&folder()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if Target::named(&name).is_none() {
                return Err(format!("corpus/{name} belongs to no target").into());
            }
        }
        Ok(())
    })
}

fn try_out(target: &Target, input: &[u8]) -> Result<(), ()> {
    std::panic::catch_unwind(|| target.try_out(input)).map_err(drop)
}
