//! No leaks: descriptors, mappings, threads and memory stay constant.
//!
//! ```text
//!   rounds   attach, re-attach, take over, be refused, repeatedly in one process (`leaker`)
//!   day      a day's ticks and lines of input, as fast as the machine can
//! ```
//!
//! `cargo xtask stress leaks` runs the same tests at full length, by `E2E_LEAKS_ROUNDS` and
//! `E2E_LEAKS_TICKS`.

mod day;
mod rounds;

use e2e::proc::Footprint;

/// Allowed growth of the heap in KiB, for late warming up. A leak of the smallest block (32 bytes)
/// in each of 6,000 rounds is more, and so is one of a byte in each of a million.
const HEAP: u64 = 48;
/// Allowed growth of resident memory in KiB, for code that is read from its file when first used.
const PAGES: u64 = 512;

/// The length of a run: from the environment, or else short enough for `cargo test`.
fn length(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).map_or(usual, |text| text.parse().expect("a number"))
}

/// Prints a row of the table for the first, middle and last of `looks`.
///
/// # Panics
/// If the maximum of the second half exceeds that of the first.
#[track_caller]
fn is_flat(what: &str, looks: &[Footprint]) -> String {
    let warm = after_warming_up(looks);
    let rows =
        [("begin", warm.first()), ("middle", warm.get(warm.len() / 2)), ("end", warm.last())];
    let rows = rows.map(|(when, look)| match look {
        Some(look) => format!("{what:<44} {when:<6} {look}\n"),
        None => panic!("{what}: no looks"),
    });
    if let Some(grown) = grown(looks) {
        let all: Vec<_> = looks.iter().map(Footprint::to_string).collect();
        panic!("{what}: {grown} grow\n{}", all.join("\n"));
    }
    rows.concat()
}

/// One figure of a footprint.
type Part = fn(&Footprint) -> u64;

/// Without the first tenth, which is for warming up.
fn after_warming_up(looks: &[Footprint]) -> &[Footprint] {
    &looks[looks.len() / 10..]
}

/// The figure that has grown in the second half of `looks`, if any.
fn grown(looks: &[Footprint]) -> Option<&'static str> {
    let warm = after_warming_up(looks);
    let (first, second) = warm.split_at(warm.len() / 2);
    let most = |looks: &[Footprint], of: Part| looks.iter().map(of).max();
    let parts: [(&str, Part, u64); 6] = [
        ("descriptors", |look| look.descriptors, 0),
        ("mappings", |look| look.mappings, 0),
        ("threads", |look| look.threads, 0),
        ("resident pages", |look| look.rss, PAGES),
        ("heap and stacks", |look| look.anonymous, HEAP),
        ("private data", |look| look.data, HEAP),
    ];
    let is_more = |of, slack| most(second, of) > most(first, of).map(|most| most + slack);
    parts.into_iter().find(|&(_, of, slack)| is_more(of, slack)).map(|(name, ..)| name)
}

/// The table, for `cargo test -- --show-output`.
#[allow(clippy::print_stdout, reason = "print! is what the test harness captures")]
fn show(table: &str) {
    print!("{table}");
}

#[test]
fn growth_is_detected_and_late_warming_up_is_not() {
    let flat =
        Footprint { descriptors: 5, mappings: 30, threads: 1, rss: 9, anonymous: 4, data: 9 };
    let looks = |change: fn(&mut Footprint, u64)| {
        let at = |look| {
            let mut footprint = flat;
            change(&mut footprint, look);
            footprint
        };
        (0..20).map(at).collect::<Vec<_>>()
    };
    assert_eq!(grown(&looks(|_, _| {})), None);
    assert_eq!(grown(&looks(|look, at| look.anonymous += at)), None);
    assert_eq!(grown(&looks(|look, at| look.descriptors += at / 12)), Some("descriptors"));
    assert_eq!(grown(&looks(|look, at| look.mappings += at)), Some("mappings"));
    assert_eq!(grown(&looks(|look, at| look.anonymous += 8 * at)), Some("heap and stacks"));
    assert_eq!(grown(&looks(|look, at| look.data += 8 * at)), Some("private data"));
}
