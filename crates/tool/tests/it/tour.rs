//! `docs/tour.md`: what it shows is what happens.

use std::path::Path;
use std::process::Command;

use crate::world::World;

const TOUR: &str = include_str!("../../../../docs/tour.md");
/// Where the tour's regions are.
const REGIONS: &str = "/dev/shm/mapcast-1000";

/// The commands of the tour and what they print.
fn shown() -> Vec<(String, Vec<String>)> {
    let mut commands: Vec<(String, Vec<String>)> = Vec::new();
    let mut is_console = false;
    for line in TOUR.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            _ if line.starts_with("```") => is_console = line == "```console",
            (Some(command), _) if is_console => commands.push((command.to_owned(), Vec::new())),
            (None, Some((_, printed))) if is_console => printed.push(line.to_owned()),
            _ => {}
        }
    }
    commands
}

/// Whether it needs no daemon: it is about the regions that the tour publishes by itself.
fn is_own(command: &str) -> bool {
    let programs = ["producer", "consumer", "host"];
    ["fan", "net"].iter().any(|name| command.split(' ').any(|word| word == *name))
        && !programs.iter().any(|program| command.contains(program))
}

#[test]
fn the_commands_of_the_tour_print_what_it_shows() {
    let world = World::new();
    let bin = Path::new(env!("CARGO_BIN_EXE_mapcast")).parent().expect("a directory");
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let commands: Vec<_> = shown().into_iter().filter(|(command, _)| is_own(command)).collect();
    assert!(commands.len() >= 12, "{commands:?}");
    for (command, printed) in commands {
        let mut shell = Command::new("bash");
        shell.env_clear().env("PATH", &path).env("MAPCAST_DIR", world.path(""));
        let output = shell.args(["-c", &format!("{command} 2>&1")]).current_dir(world.path(""));
        let output = output.output().expect("bash");
        let own = world.path("").to_string_lossy().trim_end_matches('/').to_owned();
        let output = String::from_utf8_lossy(&output.stdout).replace(&own, REGIONS);
        let lines: Vec<&str> = output.lines().collect();
        let (want, is_cut) = match printed.split_last() {
            Some((last, first)) if last == "..." => (first, true),
            _ => (&printed[..], false),
        };
        assert!(
            lines.starts_with(&want.iter().map(String::as_str).collect::<Vec<_>>()),
            "{command}: {output}"
        );
        assert!(is_cut || lines.len() == want.len(), "{command}: {output}");
    }
}
