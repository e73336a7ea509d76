//! A copy of crates/channel for each mutant, in a workspace of their own: one build makes the programs of all.
//!
//! Invariant: the workspace has the project's dependencies, in the versions of its Cargo.lock.
//!
//! ```text
//!   target/loom/mutants/   Cargo.toml, Cargo.lock    the project's, with these members
//!                          W0/, W1/, ...             crates/channel with one line weakened
//! ```

use std::fs;
use std::path::Path;

use toml::{Table, Value};

use super::Mutant;
use crate::Outcome;
use crate::mutant::{CHANNEL, root, weakened_copy};
use crate::tools::Fallible;

/// The name of the package that is copied.
pub(super) const PACKAGE: &str = "mapcast-channel";

/// Writes the workspace of these mutants.
pub(super) fn write(mutants: &[&Mutant], into: &Path) -> Outcome {
    let _ = fs::remove_dir_all(into);
    fs::create_dir_all(into)?;
    let mut workspace = read(&root().join("Cargo.toml"))?;
    let table = table(&mut workspace, "workspace")?;
    table.remove("default-members");
    let members: Vec<&str> = mutants.iter().map(|mutant| mutant.name()).collect();
    table.insert("members".to_owned(), Value::from(members));
    fs::write(into.join("Cargo.toml"), toml::to_string(&workspace)?)?;
    fs::write(into.join("Cargo.lock"), toml::to_string(&lock(mutants)?)?)?;
    for mutant in mutants {
        let copy = into.join(mutant.name());
        weakened_copy(&mutant.patch, &copy)?;
        let mut manifest = read(&root().join(CHANNEL).join("Cargo.toml"))?;
        let package = self::table(&mut manifest, "package")?;
        package.insert("name".to_owned(), Value::from(package_of(mutant)));
        fs::write(copy.join("Cargo.toml"), toml::to_string(&manifest)?)?;
    }
    Ok(())
}

/// The project's Cargo.lock, where each mutant has the dependencies of the package that it is a copy of.
fn lock(mutants: &[&Mutant]) -> Fallible<Table> {
    let mut lock = read(&root().join("Cargo.lock"))?;
    let packages = lock.get_mut("package").and_then(Value::as_array_mut);
    let packages = packages.ok_or("Cargo.lock has no packages")?;
    let is_channel = |package: &&Value| package.get("name") == Some(&Value::from(PACKAGE));
    let channel = packages.iter().find(is_channel).and_then(Value::as_table);
    let channel = channel.cloned().ok_or("Cargo.lock does not have the package")?;
    packages.extend(mutants.iter().map(|mutant| {
        let mut package = channel.clone();
        package.insert("name".to_owned(), Value::from(package_of(mutant)));
        Value::from(package)
    }));
    Ok(lock)
}

fn package_of(mutant: &Mutant) -> String {
    format!("{PACKAGE}-{}", mutant.name())
}

fn read(path: &Path) -> Fallible<Table> {
    Ok(fs::read_to_string(path)?.parse()?)
}

fn table<'t>(of: &'t mut Table, key: &str) -> Fallible<&'t mut Table> {
    let table = of.get_mut(key).and_then(Value::as_table_mut);
    table.ok_or_else(|| format!("there is no [{key}]").into())
}
