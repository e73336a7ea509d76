//! `cargo xtask instructions --show NAME`: the instructions of one call, as the processor executes them.
//!
//! ```text
//!   valgrind --tool=callgrind --dump-instr=yes     how often each address was executed
//!   objdump --disassemble                          what is there
//! ```
//!
//! Invariant: an instruction that fewer than half of the calls execute is not listed: it belongs to the start
//! of the program, or to a branch that is hardly ever taken.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::{CALLS, callgrind};
use crate::Outcome;
use crate::tools::{Fallible, printed};

/// Prints what a call of an operation executes, and how often.
pub(super) fn show(program: &Path, name: &str) -> Outcome {
    let executed = executed(program, name)?;
    let mut objdump = Command::new("objdump");
    objdump.args(["--disassemble", "--no-show-raw-insn", "-M", "intel"]).arg(program);
    let code = printed(&mut objdump)
        .map_err(|err| format!("objdump (Debian: apt install binutils): {err}"))?;
    let mut total = 0.0;
    for (address, instruction) in code.lines().filter_map(instruction) {
        let times = executed.get(&address).map_or(0.0, |times| f64::from(*times));
        let each = times / f64::from(CALLS[0]);
        if each >= 0.5 {
            println!("{each:6.2}  {instruction}");
            total += each;
        }
    }
    println!("{total:6.2}  {name}");
    Ok(())
}

/// How often each address of the program was executed in so many calls.
fn executed(program: &Path, name: &str) -> Fallible<HashMap<u64, u32>> {
    let dir = tempfile::tempdir()?;
    let out = dir.path().join("counts");
    let options = ["--dump-instr=yes", "--compress-pos=no", "--compress-strings=no"];
    printed(callgrind(&out).args(options).arg(program).args([name, &CALLS[0].to_string()]))?;
    Ok(counts(&fs::read_to_string(out)?, &program.to_string_lossy()))
}

/// The counts of `object` in what callgrind writes: lines of address, source line and count, under the
/// object that they are of. One after `calls=` is what the called function took.
fn counts(text: &str, object: &str) -> HashMap<u64, u32> {
    let (mut counts, mut is_ours, mut is_inclusive) = (HashMap::new(), false, false);
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("ob=") {
            is_ours = name == object;
        } else if line.starts_with("calls=") {
            is_inclusive = true;
        } else if let Some((address, count)) = cost(line)
            && !std::mem::take(&mut is_inclusive)
            && is_ours
        {
            *counts.entry(address).or_default() += count;
        }
    }
    counts
}

fn cost(line: &str) -> Option<(u64, u32)> {
    let mut words = line.strip_prefix("0x")?.split(' ');
    let address = u64::from_str_radix(words.next()?, 16).ok()?;
    Some((address, words.nth(1)?.parse().ok()?))
}

/// Address and text of a line of objdump.
fn instruction(line: &str) -> Option<(u64, &str)> {
    let (address, text) = line.trim_start().split_once(":\t")?;
    Some((u64::from_str_radix(address, 16).ok()?, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_counts_in_its_own_object_without_what_it_calls() {
        let text = "ob=/libc\n0x10 1 7\nob=/program\nfn=main\n0x10 5 1000\n0x14 5 1000\n\
                    calls=1000 0x80\n0x14 5 90000\n0x10 6 3\nob=/libc\n0x14 9 9\n";
        assert_eq!(counts(text, "/program"), HashMap::from([(0x10, 1003), (0x14, 1000)]));
    }

    #[test]
    fn instructions_are_told_from_the_other_lines_of_objdump() {
        assert_eq!(instruction("   31d30:\tmov    rax,rbx"), Some((0x31d30, "mov    rax,rbx")));
        assert_eq!(instruction("0000000000031a80 <main>:"), None);
        assert_eq!(instruction("x:     file format elf64-x86-64"), None);
    }
}
