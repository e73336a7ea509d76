//! `cargo xtask pictures`: what the programs show on a terminal, as `docs/pictures/*.svg`.
//!
//! Each picture is a real program in a real terminal (tmux) with regions of producers that publish what
//! is shipped in `config/`. A scene waits for a text on the screen, so a slow machine makes the same
//! pictures, apart from the values.
//!
//! ```text
//!   scenes --keys--> tmux --capture--> sgr (cells with colours) --> svg
//! ```

mod scenes;
mod sgr;
mod svg;
mod tmux;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::Outcome;
use crate::tools::{Fallible, cargo, done};

use scenes::{SCENES, Scene};
use tmux::Tmux;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only the pictures of these names
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

/// Where the pictures go.
const PICTURES: &str = "docs/pictures";
/// The instances of the region `quotes`.
const SYMBOLS: [&str; 5] = ["AAA", "BBB", "CCC", "DDD", "EEE"];
/// The regions that are shown.
const CONFIGS: [&str; 3] = ["config/wave.toml", "config/host.toml", "config/stu.toml"];

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let names: Vec<&str> = SCENES.iter().map(|scene| scene.name).collect();
    if let Some(name) = arguments.names.iter().find(|name| !names.contains(&name.as_str())) {
        return Err(
            format!("there is no picture {name:?}; use one of: {}", names.join(", ")).into()
        );
    }
    let is_wanted = |scene: &&Scene| {
        arguments.names.is_empty() || arguments.names.iter().any(|name| name == scene.name)
    };
    let programs = build()?;
    let stage = Stage::new(&programs)?;
    fs::create_dir_all(root().join(PICTURES))?;
    for scene in SCENES.iter().filter(is_wanted) {
        let path = root().join(PICTURES).join(scene.name).with_extension("svg");
        fs::write(&path, stage.picture(scene)?)?;
        println!("{}", path.display());
    }
    Ok(())
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

/// Builds the programs and the example; returns their directory.
fn build() -> Fallible<PathBuf> {
    done(cargo().args(["build", "--package", "mapcast-cli", "--package", "producer"]))?;
    done(cargo().args(["build", "--package", "mapcast", "--example", "instances"]))?;
    let programs = env::current_exe()?;
    Ok(programs.parent().ok_or("no directory")?.to_owned())
}

/// Regions in a directory of their own, and a terminal beside them.
struct Stage {
    directory: tempfile::TempDir,
    programs: PathBuf,
    publishers: Vec<Child>,
}

impl Stage {
    fn new(programs: &Path) -> Fallible<Self> {
        let directory = tempfile::Builder::new().prefix("pictures").tempdir()?;
        let mut stage = Self { directory, programs: programs.to_owned(), publishers: Vec::new() };
        let configs = CONFIGS.map(|config| root().join(config));
        stage.publish(Command::new(programs.join("producer")).args(configs))?;
        let mut instances = Command::new(programs.join("examples/instances"));
        done(
            instances
                .args(SYMBOLS)
                .env("MAPCAST_DIR", stage.directory.path())
                .stdout(Stdio::null()),
        )?;
        Ok(stage)
    }

    /// Starts a program that publishes until the stage is dropped.
    fn publish(&mut self, program: &mut Command) -> Outcome {
        let program = program.env("MAPCAST_DIR", self.directory.path()).stdin(Stdio::null());
        self.publishers.push(program.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
        Ok(())
    }

    /// The screen of `scene`.
    fn picture(&self, scene: &Scene) -> Fallible<String> {
        let tmux = Tmux::open(self.directory.path(), &self.programs, scene)?;
        for step in scene.steps {
            tmux.step(step)?;
        }
        Ok(svg::picture(&sgr::screen(&tmux.capture()?), scene.size))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for publisher in &mut self.publishers {
            let _ = publisher.kill();
            let _ = publisher.wait();
        }
    }
}
