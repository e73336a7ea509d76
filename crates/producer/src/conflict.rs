//! What two configurations of one process cannot share: a region, an input, a setting of the process.

use std::path::Path;

use settings::Settings;

use crate::configs::Config;
use crate::error::{Kind, ProducerError};
use crate::run::Wanted;
use crate::sink;

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
    let path = sink::locate(&settings.region.address).ok();
    let path = path.as_ref().map(region::Address::path);
    match others.find_map(|other| conflict(settings, path, other)) {
        Some(what) => Err(Kind::Conflict { config: config.clone(), what }.into()),
        None => Ok(()),
    }
}

fn conflict(settings: &Settings, path: Option<&Path>, other: Claim<'_>) -> Option<String> {
    let Claim { config, settings: others, path: their_path, wanted } = other;
    // Compared as text, which is much faster than by components.
    if let Some((path, _)) = path.zip(their_path).filter(|(a, b)| a.as_os_str() == b.as_os_str()) {
        let path = path.display();
        return Some(format!(
            "publishes to {path}, as {config} does; give each a region of its own"
        ));
    }
    let input = &settings.producer.input;
    if settings.reads_input() && others.reads_input() && *input == others.producer.input {
        let input = input.as_ref().map(|pipe| pipe.display().to_string());
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

#[cfg(test)]
mod tests {
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
