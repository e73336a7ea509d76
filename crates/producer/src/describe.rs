//! A source in words, as `--check` shows it.

use std::fmt::Write as _;

use settings::{Constant, InputKey, InputSource, Range, Source, Take, duration_text};

/// A source in a few words.
pub(crate) fn describe(source: &Source) -> String {
    match source {
        Source::Const(value) => format!("const {}", **value),
        Source::Counter(counter) => format!("counter from {} by {}", counter.start, counter.step),
        Source::Clock(clock) => format!("clock {} in {}", clock.kind, clock.unit),
        Source::File(file) => describe_file(file),
        Source::Disk(disk) => {
            let text = format!("disk {} {}", disk.path.display(), disk.what);
            with_default(text, disk.default.as_ref())
        }
        Source::Expr(expr) => format!("expr {}", expr.as_str()),
        Source::Wave(wave) => {
            let period = duration_text(wave.period);
            format!("wave {} {} in {period}", wave.shape, bounds(&wave.range))
        }
        Source::Random(random) => format!("random {}", bounds(&random.range)),
        Source::Input(input) => describe_input(input),
    }
}

fn with_default(text: String, default: Option<&Constant>) -> String {
    match default {
        Some(default) => format!("{text} else {}", default.value()),
        None => text,
    }
}

fn describe_input(input: &InputSource) -> String {
    let (InputKey::Member(key) | InputKey::Pointer(key)) = &input.key;
    let mut text = format!("input {key}");
    if input.required {
        text.push_str(" required");
    }
    if let Some(limit) = input.max_age {
        let _ = write!(text, " for {}", duration_text(limit));
    }
    match &input.default {
        Some(default) => {
            let _ = write!(text, " else {}", **default);
        }
        None if input.max_age.is_some() => text.push_str(" else NaN"),
        None => {}
    }
    text
}

fn bounds(range: &Range) -> String {
    match range {
        Range::Whole { min, max } => format!("{min} to {max}"),
        Range::Real { min, max } => format!("{min} to {max}"),
    }
}

fn describe_file(file: &settings::FileSource) -> String {
    let paths: Vec<String> = file.paths.iter().map(|path| path.display().to_string()).collect();
    let mut text = format!("file {}", paths.join(" or "));
    if let Some(key) = &file.key {
        let _ = write!(text, " key {}", key.join(" "));
    }
    match &file.take {
        Take::Rest | Take::Line => {}
        Take::Count => text.push_str(" count"),
        Take::Match(pattern) | Take::Part(pattern) => {
            let _ = write!(text, " regex {}", pattern.as_str());
        }
        Take::Word(column) => {
            let _ = write!(text, " column {column}");
        }
        Take::Sum(columns) => {
            let columns: Vec<String> = columns.iter().map(usize::to_string).collect();
            let _ = write!(text, " column {}", columns.join("+"));
        }
    }
    if file.hex {
        text.push_str(" hexadecimal");
    }
    #[expect(clippy::float_cmp, reason = "exactly 1 means no scale")]
    if file.scale != 1.0 {
        let _ = write!(text, " times {}", file.scale);
    }
    if file.rate {
        text.push_str(" per second");
    }
    with_default(text, file.default.as_ref())
}
