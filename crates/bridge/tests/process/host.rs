//! A host of a test: a directory, a configuration, and a bridge that ends with it.

use std::fs::File;
use std::path::PathBuf;

use e2e::{Daemon, Place, Program};
use layout::{Record, RecordBuf, Stu};
use region::{DynInstanceReader, DynWriter, InstanceReader, Reader, State};

/// A host.
pub(crate) struct Host {
    pub(crate) name: &'static str,
    pub(crate) place: Place,
}

impl Host {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, place: Place::new() }
    }

    /// Writes the configuration: keys of `[bridge]`, and the tables behind it.
    pub(crate) fn configure(&self, keys: &str, tables: &str) {
        let text = format!("[bridge]\nhost = \"{}\"\n{keys}\n{tables}\n", self.name);
        self.place.write("bridge.toml", text);
    }

    /// Starts its bridge.
    pub(crate) fn start(&self) -> Daemon {
        self.run("./bridge.toml")
    }

    /// Starts it with these arguments.
    pub(crate) fn run(&self, args: &str) -> Daemon {
        program().start(&self.place, args)
    }

    /// Starts its bridge with the configuration as standard input.
    pub(crate) fn start_from_input(&self) -> Daemon {
        let input = File::open(self.place.path("bridge.toml")).expect("a configuration");
        let mut command = program().command(&self.place);
        Daemon::start_reading("mapcast-bridge", command.arg("-"), input)
    }

    /// Starts it with these arguments and a relative directory of regions.
    pub(crate) fn run_in_relative_directory(&self, args: &str) -> Daemon {
        let mut command = program().command(&self.place);
        command.env("MAPCAST_DIR", "here").args(args.split_whitespace());
        Daemon::start("mapcast-bridge", &mut command)
    }

    pub(crate) fn region(&self, name: &str) -> PathBuf {
        self.place.path(&format!("{name}.region"))
    }

    /// A writer of the region `name`.
    pub(crate) fn writer(&self, name: &str) -> DynWriter {
        DynWriter::open(self.region(name), &Stu::schema()).expect("a writer")
    }

    /// The number in the newest record of the region `name`; `None` if there is none.
    pub(crate) fn number(&self, name: &str) -> Option<i32> {
        let mut reader = Reader::<Stu>::open(self.region(name)).ok()?;
        Some(reader.latest().ok()??.id)
    }

    /// The state of the region `name`.
    pub(crate) fn state(&self, name: &str) -> Option<State> {
        Some(Reader::<Stu>::open(self.region(name)).ok()?.state())
    }

    /// What the bridge says about the link of a mirror.
    pub(crate) fn link(&self, mirror: &str) -> Option<String> {
        self.row(mirror, "link")
    }

    /// A field of a row of the bridge's own region.
    pub(crate) fn row(&self, name: &str, field: &str) -> Option<String> {
        let mut reader = DynInstanceReader::open(self.region("bridge")).ok()?;
        let instance = reader.find(name)?;
        let mut record = RecordBuf::new(reader.schema().clone());
        reader.latest(instance, record.bytes_mut()).ok()??;
        let field = reader.schema().fields().iter().find(|known| known.name() == field)?;
        Some(record.view().shown(field, None).to_string())
    }
}

fn program() -> Program {
    Program::new("mapcast-bridge", env!("CARGO_BIN_EXE_mapcast-bridge"))
}

/// The numbers in the newest records of all instances.
pub(crate) fn numbers(path: PathBuf) -> Vec<(String, i32)> {
    let mut numbers = Vec::new();
    if let Ok(mut reader) = InstanceReader::<Stu>::open(path) {
        let _ = reader.latest_all(|name, sample| numbers.push((name.to_string(), sample.id)));
    }
    numbers.sort();
    numbers
}

/// The bytes of a record with a number.
pub(crate) fn bytes(number: i32) -> Vec<u8> {
    bytemuck::bytes_of(&Stu::new(number, "x", 'm')).to_vec()
}
