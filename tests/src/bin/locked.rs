//! A producer or consumer in a process whose memory is locked.
//!
//! ```text
//!   locked USER producer ARGUMENTS...       USER: the user id to run as
//!   locked USER consumer ARGUMENTS...
//! ```
//!
//! Locks all memory if that is root; else what is mapped from here on, within the limit of an
//! ordinary user. Locks do not survive exec, so the daemon runs in this program.

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use consumer::ConsumerError;
use daemon::Exit;
use nix::sys::mman::{MlockAllFlags, mlockall};
use nix::unistd::{Gid, Uid, geteuid, setgid, setgroups, setuid};
use producer::ProducerError;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("usage: locked USER PROGRAM ARGUMENTS...");
    let (user, program) = (next()?.parse()?, next()?);
    let user = Uid::from_raw(user);
    if user != geteuid() {
        setgroups(&[])?;
        setgid(Gid::from_raw(user.as_raw()))?;
        setuid(user)?;
    }
    let mut what = MlockAllFlags::MCL_FUTURE;
    if user.is_root() {
        what |= MlockAllFlags::MCL_CURRENT;
    }
    mlockall(what)?;

    let arguments = std::iter::once(program.clone()).chain(arguments);
    Ok(match program.as_str() {
        "producer" => ended(producer::run(&Parser::parse_from(arguments)), ProducerError::exit),
        "consumer" => ended(consumer::run(&Parser::parse_from(arguments)), ConsumerError::exit),
        other => return Err(format!("{other}: neither producer nor consumer").into()),
    })
}

/// As the programs' own `main` does it.
fn ended<E: Error + 'static>(result: Result<(), E>, exit: impl Fn(&E) -> Exit) -> ExitCode {
    match result {
        Ok(()) => Exit::Done.into(),
        Err(error) => {
            daemon::report("locked", &error);
            exit(&error).into()
        }
    }
}
