//! The file of a region: who may use it, where it is, what is in it, and what a configuration says of it.
//!
//! Invariant: a file that another user could have put there is not opened, and of one that is no region nothing else
//! is reported.

use std::fs;
use std::path::Path;

use daemon::plain;
use mapcast::dynamic::Reader;
use nix::unistd::geteuid;
use settings::Format;

use super::bridge;
use super::condition::{self, id_of, writer_of};
use super::configured::Configured;
use super::examine::{Case, Chosen, Doctor, add_error, cannot_read, is_about_permissions};
use super::id::Id;
use super::path_walk::{Part, PathWalk};
use super::report::{Report, shell_word};
use super::{differences, limits, logind, place};
use crate::observed::Observed;

/// What is at the end of the path.
enum Content<'a> {
    /// A struct and nothing else, as this configuration describes it.
    Bare(&'a Configured),
    Region(Result<Observed, mapcast::Error>),
    /// It was not opened.
    Unknown,
}

impl Doctor<'_> {
    /// Reports what is wrong with the file at the end of `walk`.
    pub(super) fn file(
        &self,
        case: &Case,
        walk: &PathWalk,
        config: Option<&Configured>,
        report: &mut Report,
    ) {
        let Some(file) = walk.file() else { return };
        let content = match config {
            _ if is_unsafe(walk, file) => Content::Unknown,
            Some(config) if is_bare(config, file) => Content::Bare(config),
            _ => Content::Region(Observed::open(&case.located)),
        };
        if let Content::Region(Err(error)) = &content
            && id_of(error) == Id::NotARegion
        {
            return condition::failed(error, &self.steps(case, config), report);
        }
        self.rights(case, walk, file, config, report);
        if let Content::Unknown = content {
            let path = case.path.display();
            return report
                .unchecked(format!("{path}: another user could have put this file there"));
        }
        check_place(case, walk, file, report);
        self.content(case, file, content, config, report);
    }

    /// Who may read the file, and who may write to it.
    fn rights(
        &self,
        case: &Case,
        walk: &PathWalk,
        file: &Part,
        config: Option<&Configured>,
        report: &mut Report,
    ) {
        report.examined(&case.path, walk.readers());
        if let Some(user) = self.user.as_ref().filter(|user| walk.refusal(user).is_some()) {
            cannot_read(&case.path, walk, user, config, report);
        }
        if file.mode & 0o002 != 0 {
            let fact = format!("it {}: every user may change what is published", file.rights());
            let step = format!("chmod o-w {}", shell_word(&file.path));
            report.add(Id::OthersMayWrite, &file.path, fact, step);
        }
    }

    /// What is in the file, and where it is not as `config` describes it.
    fn content(
        &self,
        case: &Case,
        file: &Part,
        content: Content<'_>,
        config: Option<&Configured>,
        report: &mut Report,
    ) {
        let mut writer = None;
        match content {
            Content::Unknown => {}
            Content::Bare(config) => check_size(&case.path, config, report),
            Content::Region(Err(error)) if is_about_permissions(&error) => {
                add_error(&error, config, report);
            }
            Content::Region(Err(error)) => {
                condition::failed(&error, &self.steps(case, config), report);
            }
            Content::Region(Ok(mut region)) => {
                condition::check(&mut region, case.chosen, &self.steps(case, config), report);
                bridge::check(&mut region, report);
                writer = writer_of(region.reader());
                if let Some(config) = config
                    && !self.compare(case, region.reader(), config, report)
                {
                    return;
                }
            }
        }
        if let Some(config) = config {
            let step = config.reload(self.units, case, writer);
            differences::rights(file, config, &step, report);
            limits::check(config, self.units, writer, report);
        }
    }

    /// Reports where the region is not as `config` describes it; `false`: that is of another record altogether.
    fn compare(
        &self,
        case: &Case,
        region: &Reader,
        config: &Configured,
        report: &mut Report,
    ) -> bool {
        let mut step = config.reload(self.units, case, writer_of(region));
        if let Some(fact) = differences::other_record(region.schema(), config) {
            if self.is_given {
                let (region, record) = (case.address.to_string(), plain(region.schema().name()));
                let region = shell_word(Path::new(&region));
                step =
                    format!("mapcast doctor {region} --config FILE, where FILE describes {record}");
            }
            report.add(Id::SchemaDiffers, &case.path, fact, step);
            return false;
        }
        differences::schema(&case.path, region.schema(), config, &step, report);
        differences::header(&case.path, region.header(), config, &step, report);
        true
    }
}

fn is_bare(config: &Configured, file: &Part) -> bool {
    config.settings.region.format == Format::Bare && file.is_regular
}

/// Whether another user than its owner, whom this user trusts, could have put the file there.
pub(super) fn is_unsafe(walk: &PathWalk, file: &Part) -> bool {
    let is_trusted = file.uid == 0 || file.uid == geteuid().as_raw();
    walk.unsafe_directory().is_some() && !is_trusted
}

/// Reports what is wrong with the directory and the file system of `file`.
fn check_place(case: &Case, walk: &PathWalk, file: &Part, report: &mut Report) {
    let Some(directory) = walk.directories().last() else { return };
    place::medium(&directory.path, report);
    logind::check(walk, report);
    let bytes = fs::symlink_metadata(&file.path).map_or(0, |found| found.len());
    place::room(&directory.path, bytes, report);
    if case.chosen == Chosen::Named {
        place::leftovers(&directory.path, report);
    }
}

/// Reports a bare file of another size than its record.
fn check_size(path: &Path, config: &Configured, report: &mut Report) {
    let record = &config.settings.record;
    let size = u64::from(record.schema.size()) * u64::from(record.structs().get());
    let Ok(found) = fs::symlink_metadata(path) else { return };
    if found.len() != size {
        let (have, want) = (daemon::counted(found.len(), "byte"), daemon::counted(size, "byte"));
        let origin = config.path.display();
        let fact = format!("it has {have}, the record in {origin} has {want}");
        let step = "correct the record, or remove the file and start its producer";
        report.add(Id::SchemaDiffers, path, fact, step);
    }
}
