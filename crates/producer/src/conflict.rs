//! What two configurations of one process cannot share: a region, an input, a setting of the process.
//!
//! A region or a pipe is the same under every spelling of its path: by name, with `..`, through a link.
//!
//! Price: for each two configurations a `stat` of their pipes, and of their directories if the files in them have
//! the same name.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use region::{FileId, ToPlace as _};
use settings::Settings;

use crate::configs::Config;
use crate::error::{Kind, ProducerError};
use crate::run::Wanted;

/// What a configuration has already.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim<'a> {
    pub(crate) config: &'a Config,
    pub(crate) settings: &'a Settings,
    /// The path of its region, if it has one.
    pub(crate) path: Option<&'a Path>,
    /// What it asks the process to be; during a reload, what its new settings ask for.
    pub(crate) wanted: Wanted,
}

/// Checks that none of `others` has what the `settings` of `config` need for themselves.
///
/// # Errors
/// [`Kind::Conflict`] names both configurations.
pub(crate) fn check<'a>(
    config: &Config,
    settings: &Settings,
    mut others: impl Iterator<Item = Claim<'a>>,
) -> Result<(), ProducerError> {
    let path = settings.region.address.place().to_write().ok();
    let path = path.as_ref().map(region::Address::path);
    match others.find_map(|other| conflict(settings, path, other)) {
        Some(what) => Err(Kind::Conflict { config: config.clone(), what }.into()),
        None => Ok(()),
    }
}

fn conflict(settings: &Settings, path: Option<&Path>, other: Claim<'_>) -> Option<String> {
    let Claim { config, settings: others, path: their_path, wanted } = other;
    if let Some((path, _)) = path.zip(their_path).filter(|(a, b)| is_same_region(a, b)) {
        let path = path.display();
        return Some(format!(
            "publishes to {path}, as {config} does; give each a region of its own"
        ));
    }
    let input = settings.producer.input.as_deref();
    let is_same = || is_same_input(input, others.producer.input.as_deref());
    if settings.reads_input() && others.reads_input() && is_same() {
        let input = input.map(|pipe| pipe.display().to_string());
        let input = input.as_deref().unwrap_or("standard input");
        return Some(format!(
            "reads {input}, as {config} does; give each a named pipe of its own ([producer] input)"
        ));
    }
    let (ours, theirs) = Wanted::of(settings).conflict(wanted)?;
    Some(format!(
        "asks for {ours}, {config} for {theirs}, and a process has one; make them the same, or start a \
         producer for each"
    ))
}

/// Whether both paths name one file: the same name in the same directory. A link as the last part of a path is
/// no region.
fn is_same_region(one: &Path, other: &Path) -> bool {
    let (one, other) = (one.as_os_str().as_bytes(), other.as_os_str().as_bytes());
    // Compared as text, which is much faster than by components.
    if one == other {
        return true;
    }
    let name = one.rsplit(|byte| *byte == b'/').next().unwrap_or(one);
    let directory = |path: &[u8]| directory_of(path.strip_suffix(name)?);
    other.ends_with(name) && directory(one).is_some_and(|it| directory(other) == Some(it))
}

/// The directory that `before`, what is before the last name of a path, leads to; `None` if it is none.
fn directory_of(before: &[u8]) -> Option<FileId> {
    match before {
        b"" => file_at(Path::new(".")),
        [.., b'/'] => file_at(Path::new(OsStr::from_bytes(before))),
        _ => None,
    }
}

/// Whether both are one pipe, or standard input.
fn is_same_input(one: Option<&Path>, other: Option<&Path>) -> bool {
    one == other
        || one
            .zip(other)
            .is_some_and(|(one, other)| file_at(one).is_some_and(|one| file_at(other) == Some(one)))
}

/// The file that `path` leads to, over links too; `None` if there is none.
fn file_at(path: &Path) -> Option<FileId> {
    fs::metadata(path).ok().map(|meta| FileId::of_metadata(&meta))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    use settings::Settings;

    use super::{Claim, Config, Wanted, check};

    fn settings(region: &str, source: &str, more: &str) -> Settings {
        let text = format!(
            "[region]\npath = \"{region}\"\n[record]\nname = \"X\"\n[[record.field]]\n\
             name = \"a\"\ntype = \"u8\"\nsource = {{ {source} }}\n[producer]\n{more}\n"
        );
        Settings::parse(&text, "x.toml").expect("settings")
    }

    fn checked(ours: &Settings, theirs: &Settings) -> Result<(), String> {
        let [config, other] = ["b.toml", "a.toml"].map(|name| Config::File(PathBuf::from(name)));
        let path = match &theirs.region.address {
            settings::Address::Path(path) => path,
            settings::Address::Name(_) => panic!("a path"),
        };
        let wanted = Wanted::of(theirs);
        let claim = Claim { config: &other, settings: theirs, path: Some(path), wanted };
        check(&config, ours, std::iter::once(claim)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_region_and_a_pipe_are_the_same_under_every_spelling() {
        let dir = tempfile::tempdir().expect("directory");
        let at = |name: &str| dir.path().join(name).display().to_string();
        fs::create_dir(at("a")).expect("directory");
        symlink(at("a"), at("link")).expect("a link");
        let plain = |path: &str| settings(&at(path), "const = 1", "");
        for other in ["link/x", "a/../a/x", "a//x", "link/../a/./x"] {
            let error = checked(&plain(other), &plain("a/x")).expect_err(other);
            assert!(error.ends_with("as a.toml does; give each a region of its own"), "{error}");
        }
        for other in ["x", "a/xx", "a/y", "none/x", "a/b.x"] {
            assert_eq!(checked(&plain(other), &plain("a/x")), Ok(()), "{other}");
        }
        fs::write(at("pipe"), "").expect("a file in its place");
        symlink(at("pipe"), at("other")).expect("a link");
        let reads = |region: &str, pipe: &str| {
            settings(region, "input = {}", &format!("input = {:?}", at(pipe)))
        };
        for other in ["other", "a/../pipe"] {
            let error = checked(&reads("./b", other), &reads("./a", "pipe")).expect_err(other);
            assert!(error.contains("as a.toml does; give each a named pipe of its own"), "{error}");
        }
        assert_eq!(checked(&reads("./b", "none"), &reads("./a", "no")), Ok(()));
    }

    #[test]
    fn two_configurations_may_differ_in_all_but_the_process() {
        let (a, b) = (settings("./a", "const = 1", "cpu = 1"), settings("./b", "input = {}", ""));
        assert_eq!(checked(&b, &a), Ok(()));
        let pipe = settings("./c", "input = {}", "input = \"/p\"");
        assert_eq!(checked(&pipe, &b), Ok(()));
    }

    #[test]
    fn a_region_an_input_and_a_setting_of_the_process_belong_to_one_configuration() {
        let plain = |more| settings("./a", "const = 1", more);
        let reads = |region, more| settings(region, "input = {}", more);
        let table = [
            (
                plain(""),
                plain(""),
                "publishes to ./a, as a.toml does; give each a region of its own",
            ),
            (
                reads("./a", ""),
                reads("./b", ""),
                "reads standard input, as a.toml does; give each a named pipe of its own \
                 ([producer] input)",
            ),
            (
                reads("./a", "input = \"/p\""),
                reads("./b", "input = \"/p\""),
                "reads /p, as a.toml does; give each a named pipe of its own ([producer] input)",
            ),
            (
                plain("cpu = 2"),
                settings("./b", "const = 1", "cpu = 1"),
                "asks for cpu = 2, a.toml for cpu = 1, and a process has one; make them the same, or \
                 start a producer for each",
            ),
        ];
        for (ours, theirs, want) in table {
            assert_eq!(checked(&ours, &theirs), Err(format!("b.toml: {want}")));
        }
    }
}
