//! Sources over files of a directory of a test's own.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use layout::RecordBuf;
use settings::Settings;
use tempfile::TempDir;

use super::{Moment, Sources};

/// Sources of a record whose fields are given as lines of `NAME TYPE SOURCE`, where `@` stands for
/// the directory.
pub(super) struct Setup {
    pub(super) dir: TempDir,
    pub(super) sources: Sources,
    pub(super) record: RecordBuf,
}

pub(super) fn setup(fields: &[(&str, &str)]) -> Setup {
    let dir = tempfile::tempdir().expect("directory");
    let settings = configuration(&dir, fields);
    let sources = Sources::new(&settings.record, Moment::now());
    let record = sources.first_record();
    Setup { dir, sources, record }
}

pub(super) fn configuration(dir: &TempDir, fields: &[(&str, &str)]) -> Settings {
    let mut text = "[region]\nname = \"x\"\n[record]\nname = \"X\"\n".to_owned();
    for (index, (ctype, source)) in fields.iter().enumerate() {
        let source = source.replace('@', &dir.path().display().to_string());
        let _ = writeln!(
            text,
            "[[record.field]]\nname = \"f{index}\"\ntype = \"{ctype}\"\nsource = {{ {source} }}"
        );
    }
    Settings::parse(&text, "test.toml").expect("settings")
}

impl Setup {
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("write");
    }

    /// The values of one record.
    pub(super) fn sample(&mut self) -> Vec<String> {
        self.sources.sample(Moment::now(), &mut self.record);
        self.record.view().iter().map(|(_, value)| value.to_string()).collect()
    }

    /// What is wrong with the first field.
    pub(super) fn error(&self) -> Option<String> {
        self.error_of(0)
    }

    /// What is wrong with field number `index`.
    pub(super) fn error_of(&self, index: usize) -> Option<String> {
        self.sources.fields[index].error.last().map(ToString::to_string)
    }
}
