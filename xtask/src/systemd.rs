//! `cargo xtask systemd`: the package under a real systemd, in throw-away guests.
//!
//! Makes the packages, installs the programs with cargo, too, and passes both to `tests/systemd/run`, which
//! boots a guest for each story in `tests/systemd/stories`: once with this machine's systemd, and once with
//! that of a newer Debian release from its archive. On a machine that cannot do it (not root, no
//! namespaces, no archive) it prints the reason and succeeds.
//!
//! ```text
//!   dist --> mapcast*_VERSION_ARCH.deb -.
//!   docs/operate.md --> cargo install --+--> tests/systemd/run --> N passed, N failed
//!   debian-root trixie -----------------'      (--root)
//! ```

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use crate::{Outcome, dist};

/// The scripts' exit status on a machine that cannot do it.
const CANNOT: i32 = 77;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The Debian release whose systemd is tried after this machine's own
    #[arg(long, value_name = "RELEASE", default_value = "trixie")]
    newer: String,

    /// Only these stories, by their names in tests/systemd/stories
    #[arg(value_name = "STORY")]
    stories: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let package = dist::make_all()?;
    let target = crate::tools::target_directory()?;
    let programs = install_from_source(&target)?;
    let own = stories(&package, &programs, Path::new("/"), arguments).status()?;
    if !done(own, "this machine cannot boot a systemd of its own")? {
        return Ok(());
    }
    let root = target.join(format!("debian-{}", arguments.newer));
    let made = script("debian-root").arg(&arguments.newer).arg(&root).status()?;
    if !done(made, "this machine has no archive of a newer Debian release")? {
        return Ok(());
    }
    let newer = stories(&package, &programs, &root, arguments).status()?;
    done(newer, "this machine cannot boot the newer systemd").map(drop)
}

fn stories(package: &Path, programs: &Path, root: &Path, arguments: &Arguments) -> Command {
    let mut command = script("run");
    command.arg("--root").arg(root).arg("--programs").arg(programs);
    command.arg("--packages").args(package.parent());
    command.arg(package).args(&arguments.stories);
    command
}

/// `false`: it cannot be done here, and the reason was printed.
fn done(status: ExitStatus, what_if_not: &str) -> Result<bool, Box<dyn std::error::Error>> {
    match status.code() {
        Some(0) => Ok(true),
        Some(CANNOT) => {
            println!("skipped: {what_if_not}");
            Ok(false)
        }
        _ => Err(format!("tests/systemd: {status}").into()),
    }
}

/// Runs the commands of docs/operate.md that install without the package, into a directory of
/// their own; returns where the programs are.
fn install_from_source(target: &Path) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let root = target.join("installed");
    let document = std::fs::File::open(source().join("docs/operate.md"))?;
    let commands = script("commands").arg("source").stdin(document).output()?;
    let commands = String::from_utf8(commands.stdout)?;
    // The package is there already; a cargo inside of this one would wait for this one's locks.
    let commands = commands.lines().filter(|line| !line.starts_with("cargo xtask dist "));
    for command in commands {
        println!("$ {command}");
        let mut shell = Command::new("bash");
        shell.args(["-euc", command]).current_dir(source()).env("CARGO_INSTALL_ROOT", &root);
        let status = shell.status()?;
        if !status.success() {
            return Err(format!("docs/operate.md: {command}: {status}").into());
        }
    }
    Ok(root.join("bin"))
}

fn script(name: &str) -> Command {
    Command::new(source().join("tests/systemd").join(name))
}

fn source() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the root")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str) -> String {
        std::fs::read_to_string(source().join(path)).unwrap_or_else(|err| panic!("{path}: {err}"))
    }

    /// The text between single backticks.
    fn inline(text: &str) -> Vec<&str> {
        let outside = text.split("```").step_by(2);
        outside.flat_map(|text| text.split('`').skip(1).step_by(2)).collect()
    }

    /// The commands of the shell blocks.
    fn blocks(text: &str) -> String {
        let blocks = text.split("```").skip(1).step_by(2);
        blocks.filter_map(|block| block.strip_prefix("sh\n")).collect()
    }

    #[test]
    fn every_command_in_the_operators_document_stands_in_a_block_that_is_run() {
        let text = read("docs/operate.md");
        let run = blocks(&text).replace("--no-pager ", "");
        let tools = ["apt-get", "cargo", "dpkg", "journalctl", "mapcast-producer", "systemctl"];
        for command in inline(&text).into_iter().map(|code| code.replace('\n', " ")) {
            let is_command = command.split_once(' ').is_some_and(|(tool, _)| tools.contains(&tool));
            // `cargo xtask systemd` is what runs them.
            if is_command && command != "cargo xtask systemd" {
                assert!(
                    run.contains(&command) || is_same_words(&run, &command),
                    "docs/operate.md: {command:?} is in no block that is run"
                );
            }
        }
        assert!(run.lines().count() > 80, "the blocks were not found");
    }

    /// `mapcast-producer --check` for `mapcast-producer FILE --check`.
    fn is_same_words(run: &str, command: &str) -> bool {
        let words: Vec<&str> = command.split(' ').collect();
        run.lines().any(|line| words.iter().all(|word| line.split(' ').any(|have| have == *word)))
    }

    /// The source of what runs as a service, with its line continuations closed, every `{...}` of
    /// a message replaced by one mark.
    fn messages() -> String {
        let mut folders: Vec<PathBuf> = ["producer", "consumer", "region", "daemon", "render"]
            .map(|name| source().join("crates").join(name).join("src"))
            .into();
        let mut all = String::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("a folder of sources").flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                } else {
                    all.push_str(&std::fs::read_to_string(entry.path()).expect("a source file"));
                }
            }
        }
        let mut closed = String::new();
        for (index, part) in all.split("\\\n").enumerate() {
            closed.push_str(if index == 0 { part } else { part.trim_start() });
        }
        marked(&closed)
    }

    fn marked(text: &str) -> String {
        let mut marked = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            marked.push_str(before);
            match after.split_once('}') {
                Some((inside, after)) if !inside.contains(['\n', '{']) => {
                    marked.push('@');
                    rest = after;
                }
                _ => rest = after,
            }
        }
        marked + rest
    }

    #[test]
    fn every_message_in_the_operators_document_is_one_that_the_programs_write() {
        let text = read("docs/operate.md");
        let (_, table) = text.split_once("### Of the producer").expect("the first table");
        let (table, _) = table.split_once("### Of systemd").expect("the last table");
        let messages = messages();
        let mut count = 0;
        for row in table.lines().filter(|line| line.starts_with("| `")) {
            let cell = row.split('|').nth(1).expect("a first column");
            for message in inline(cell) {
                let words = message.split(' ').map(|word| {
                    let name = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
                    let is_mark = ["PATH", "N", "NAME", "WHAT"].contains(&name);
                    if is_mark { word.replace(name, "@") } else { word.to_owned() }
                });
                let wanted = words.collect::<Vec<_>>().join(" ");
                // Where the program counts by `counted(missed, "record")`.
                let units = ["@ records", "@ ticks", "@ instances", "@ names"];
                let counted =
                    units.iter().fold(wanted.clone(), |text, unit| text.replace(unit, "@"));
                let is_there = messages.contains(&wanted) || messages.contains(&counted);
                assert!(is_there, "no program logs {message:?}");
                count += 1;
            }
        }
        assert!(count >= 25, "only {count} messages were found");
    }

    /// Directives that all of systemd 240 and newer know.
    const OLD: &str = "AssertPathExists AssertPathExistsGlob CapabilityBoundingSet Description DevicePolicy Documentation \
        DynamicUser Environment ExecReload ExecStart FileDescriptorStoreMax Group IPAddressAllow IPAddressDeny KeyringMode LimitNOFILE \
        LockPersonality MemoryDenyWriteExecute NoNewPrivileges PartOf PrivateDevices PrivateMounts \
        PrivateNetwork PrivateTmp PrivateUsers ProtectControlGroups ProtectHome ProtectKernelModules \
        ProtectKernelTunables ProtectSystem RemoveIPC Restart RestartPreventExitStatus RestartSec \
        RestrictAddressFamilies RestrictNamespaces RestrictRealtime RuntimeDirectory RuntimeDirectoryMode \
        RuntimeDirectoryPreserve StartLimitBurst StartLimitIntervalSec SystemCallArchitectures \
        SystemCallErrorNumber SystemCallFilter TimeoutStartSec TimeoutStopSec Type UMask User WantedBy Wants \
        WatchdogSec";

    /// The others, and the version whose NEWS has them first.
    const SINCE: [(&str, u32); 9] = [
        ("ProtectHostname", 242),
        ("RestrictSUIDSGID", 242),
        ("ProtectKernelLogs", 244),
        ("ProtectClock", 245),
        ("ProcSubset", 247),
        ("ProtectProc", 247),
        ("ExecPaths", 248),
        ("NoExecPaths", 248),
        ("PrivateIPC", 248),
    ];

    #[test]
    fn the_oldest_systemd_that_the_package_takes_knows_every_directive_of_the_units() {
        let package = read("xtask/deb/Cargo.toml");
        let (_, oldest) = package.split_once("systemd (>= ").expect("a dependency on systemd");
        let oldest: u32 = oldest.split(')').next().and_then(|v| v.parse().ok()).expect("a version");
        for unit in [
            "mapcast-producer@.service",
            "mapcast-producer.service",
            "mapcast-consumer@.service",
            "mapcast-export.service",
            "mapcast-bridge.service",
            "mapcast.target",
        ] {
            let text = read(&format!("systemd/{unit}"));
            for line in text.lines().filter(|line| !line.starts_with(['#', '[', ' '])) {
                let Some((name, _)) = line.split_once('=') else { continue };
                let newer = SINCE.iter().find(|(directive, _)| *directive == name);
                let since = newer.map(|(_, version)| *version);
                let since = since.or(OLD.split_whitespace().any(|old| old == name).then_some(240));
                let since = since.unwrap_or_else(|| panic!("{unit}: since when is {name} there?"));
                assert!(since <= oldest, "{unit}: {name} came with systemd {since}");
            }
        }
    }

    #[test]
    fn all_services_have_the_same_sandbox() {
        let sandbox = |name: &str| {
            let unit = read(&format!("systemd/mapcast-{name}.service"));
            let (_, lines) = unit.split_once("# The sandbox").expect("the sandbox");
            let (lines, _) = lines.split_once("[Install]").expect("its end");
            let lines = lines.lines().skip(1);
            let lines =
                lines.filter(|line| !line.starts_with("ExecPaths=") && !line.starts_with('#'));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(sandbox("producer@"), sandbox("consumer@"));
        assert_eq!(sandbox("producer@"), sandbox("producer"));
        assert!(sandbox("producer").len() > 25);
        let mut without_network = sandbox("export");
        let own = ["IPAddressAllow=localhost", "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6"];
        without_network.retain(|line| !own.contains(&&**line));
        let mut others = sandbox("producer");
        others.retain(|line| {
            !["PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX"].contains(&&**line)
        });
        assert_eq!(without_network, others, "it may listen, and nothing else");
        others.retain(|line| line != "IPAddressDeny=any");
        let mut bridge = sandbox("bridge");
        bridge.retain(|line| line != "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK");
        assert_eq!(bridge, others, "it may reach other hosts, and nothing else");
    }
}
