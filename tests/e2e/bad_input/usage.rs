//! Invalid command lines: exit code 2, and the message names the option.

use e2e::{Place, Program};

use super::{USAGE, contents, run};
use crate::{consumer, copier, producer};

/// Runs `program` with `args`: it must exit with code 2 and name `fact`, and do nothing else.
#[track_caller]
fn is_wrong(program: &Program, args: &[&str], fact: &str) {
    let place = Place::new();
    let mut daemon = run(program, program.command(&place).args(args));
    if daemon.exit_code() != USAGE {
        daemon.fail(&format!("{args:?} did not end with exit code 2"));
    }
    let said = daemon.err().join("\n");
    if !said.contains(fact) || said.contains("panicked") || !daemon.out().is_empty() {
        daemon.fail(&format!("{args:?}: did not print {fact:?} alone"));
    }
    assert!(contents(place.dir()).is_empty(), "{args:?} left something behind");
}

#[test]
fn unknown_options_are_named() {
    for program in [producer(), consumer()] {
        is_wrong(&program, &["--loud"], "unexpected argument '--loud'");
        is_wrong(&program, &["-z"], "unexpected argument '-z'");
        is_wrong(&program, &["--log", "loud"], "\"loud\" is not a log level");
        is_wrong(&program, &["--log"], "a value is required for '--log <");
    }
    is_wrong(&producer(), &["--follow"], "unexpected argument '--follow'");
    is_wrong(&consumer(), &["--tick", "1s"], "unexpected argument '--tick'");
    is_wrong(&consumer(), &["one.toml", "two.toml"], "unexpected argument 'two.toml'");
}

#[test]
fn invalid_times_are_named_with_valid_ones() {
    let options: [(Program, &str); 3] =
        [(producer(), "--tick"), (consumer(), "--poll"), (consumer(), "--timeout")];
    for (program, option) in options {
        for (bad, fact) in [
            ("0s", "must be longer than zero, and at most 365 days"),
            ("366days", "must be at most 365 days"),
            ("5", "has no unit; write it as 250ms, 2s or 1m 30s"),
            ("1S", "\"S\" is no unit: use ns, us, ms, s, min, h or days"),
        ] {
            is_wrong(
                &program,
                &[option, bad],
                &format!("invalid value '{bad}' for '{option} <TIME>': {fact}"),
            );
        }
        for bad in ["5", "fast", "1 fortnight", "", "1e3s", "99999999999999999999s"] {
            is_wrong(&program, &[option, bad], &format!("invalid value '{bad}' for '{option} <"));
        }
        is_wrong(&program, &[&format!("{option}=-1s")], "invalid value '-1s'");
        is_wrong(&program, &[option], &format!("a value is required for '{option} <"));
    }
}

#[test]
fn invalid_counts_are_named() {
    for (program, option) in [(producer(), "--ticks"), (consumer(), "--count")] {
        for bad in ["0", "many", "1.5", "18446744073709551616", ""] {
            let fact = format!(
                "invalid value '{bad}' for '{option} <N>': give a whole number from 1 to {}",
                u64::MAX
            );
            is_wrong(&program, &[option, bad], &fact);
        }
    }
    for bad in ["0", "513", "abc", "-1"] {
        let jobs = format!("--jobs={bad}");
        let fact =
            format!("invalid value '{bad}' for '--jobs <N>': give a whole number from 1 to 512");
        is_wrong(&copier(), &["a", "b", &jobs], &fact);
    }
    is_wrong(&consumer(), &["--format", "xml"], "invalid value 'xml' for '--format <");
}

#[test]
fn conflicting_options_are_named() {
    is_wrong(&producer(), &["--check", "--standby"], "cannot be used with");
    is_wrong(&producer(), &["--check", "--ticks", "3"], "cannot be used with");
    is_wrong(&consumer(), &["--once", "--follow"], "cannot be used with");
    is_wrong(&consumer(), &["--once", "--count", "2"], "cannot be used with");
    is_wrong(&consumer(), &["--follow", "--poll", "1s"], "cannot be used with");
}

#[test]
fn invalid_region_names_are_refused() {
    let long = "x".repeat(249);
    for bad in ["", ".hidden", "na me", "new\nline", "\x1b[2J", &long] {
        is_wrong(&consumer(), &[bad], "invalid value");
        is_wrong(&producer(), &["--region", bad], "invalid value");
    }
}

#[test]
fn an_invalid_environment_is_named() {
    for program in [producer(), consumer()] {
        let place = Place::new();
        let mut daemon = run(&program, program.command(&place).env("MAPCAST_LOG", "loud"));
        assert_eq!(daemon.exit_code(), USAGE);
        assert!(daemon.said("MAPCAST_LOG") == 1 && daemon.said("loud") == 1, "{:?}", daemon.err());
        assert!(contents(place.dir()).is_empty());
    }
}

#[test]
fn a_relative_default_directory_is_named_by_its_variable() {
    // Neither program creates anything.
    for (program, how) in [(producer(), "--check"), (consumer(), "--once")] {
        for value in ["some/dir", ".", "./", "dir\x1b[2J"] {
            let place = Place::new();
            let mut command = program.command(&place);
            let mut daemon = run(&program, command.arg(how).env("MAPCAST_DIR", value));
            assert_eq!(daemon.exit_code(), USAGE, "{value:?}: {:?}", daemon.err());
            let fact =
                format!("error: MAPCAST_DIR: {value:?} is a relative path; give an absolute");
            assert_eq!(daemon.said(&fact), 1, "{:?}", daemon.err());
            assert!(daemon.out().is_empty() && contents(place.dir()).is_empty(), "{value:?}");
        }
    }
    // A path does not need the variable.
    let place = Place::new();
    let mut command = producer().command(&place);
    let command = command.env("MAPCAST_DIR", "x").args(["--region", "./x.region", "--ticks", "1"]);
    assert_eq!(run(&producer(), command).exit_code(), 0);
}
