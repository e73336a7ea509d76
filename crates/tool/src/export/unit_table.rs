//! The units that are known by a symbol or by their name, and their sizes.
//!
//! The base units are those of `promtool check metrics`: data in bytes, energy in joules, lengths in meters.

/// A unit's size in base units, as a numerator and a denominator: both are exact where their quotient is not.
pub(super) type Size = (f64, f64);

const ONE: Size = (1.0, 1.0);

/// Symbols that can have a prefix, their base unit, and their size.
const PREFIXED: [(&str, &str, Size); 25] = [
    ("A", "amperes", ONE),
    ("Ah", "coulombs", (3_600.0, 1.0)),
    ("B", "bytes", ONE),
    ("Hz", "hertz", ONE),
    ("J", "joules", ONE),
    ("K", "kelvin", ONE),
    ("L", "liters", ONE),
    ("N", "newtons", ONE),
    ("Pa", "pascals", ONE),
    ("T", "teslas", ONE),
    ("V", "volts", ONE),
    ("W", "watts", ONE),
    ("Wh", "joules", (3_600.0, 1.0)),
    ("bar", "pascals", (100_000.0, 1.0)),
    ("bit", "bytes", (1.0, 8.0)),
    ("bps", "bytes_per_second", (1.0, 8.0)),
    ("cal", "joules", (4.184, 1.0)),
    ("g", "grams", ONE),
    ("l", "liters", ONE),
    ("m", "meters", ONE),
    ("ohm", "ohms", ONE),
    // Ohm by its own sign, and by the Greek letter.
    ("\u{2126}", "ohms", ONE),
    ("\u{3a9}", "ohms", ONE),
    ("rad", "radians", ONE),
    ("s", "seconds", ONE),
];

/// Symbols that have no prefix: "cd" is no hundredth of a day.
const WHOLE: [(&str, &str, Size); 17] = [
    ("%", "ratio", (1.0, 100.0)),
    ("\u{2030}", "ratio", (1.0, 1_000.0)),
    ("1", "ratio", ONE),
    // Of UCUM.
    ("Cel", "celsius", ONE),
    ("KB", "bytes", (1_000.0, 1.0)),
    ("d", "seconds", (86_400.0, 1.0)),
    ("deg", "degrees", ONE),
    ("\u{b0}", "degrees", ONE),
    ("degC", "celsius", ONE),
    ("\u{b0}C", "celsius", ONE),
    ("ft", "meters", (0.3048, 1.0)),
    ("h", "seconds", (3_600.0, 1.0)),
    ("in", "meters", (0.0254, 1.0)),
    ("lb", "grams", (453.592_37, 1.0)),
    ("mi", "meters", (1_609.344, 1.0)),
    ("min", "seconds", (60.0, 1.0)),
    ("yd", "meters", (0.9144, 1.0)),
];

/// Names of units, in the singular, and their symbols.
const NAMES: [(&str, &str); 26] = [
    ("amp", "A"),
    ("ampere", "A"),
    ("bit", "bit"),
    ("byte", "B"),
    ("calorie", "cal"),
    ("celsius", "degC"),
    ("day", "d"),
    ("degree", "deg"),
    ("gram", "g"),
    ("hertz", "Hz"),
    ("hour", "h"),
    ("joule", "J"),
    ("kelvin", "K"),
    ("liter", "L"),
    ("litre", "L"),
    ("meter", "m"),
    ("metre", "m"),
    ("minute", "min"),
    ("newton", "N"),
    ("pascal", "Pa"),
    ("percent", "%"),
    ("radian", "rad"),
    ("sec", "s"),
    ("second", "s"),
    ("volt", "V"),
    ("watt", "W"),
];

/// Prefixes of symbols, the longer ones first.
const PREFIXES: [(&str, Size); 18] = [
    ("Ki", (1_024.0, 1.0)),
    ("Mi", (1_048_576.0, 1.0)),
    ("Gi", (1_073_741_824.0, 1.0)),
    ("Ti", (1_099_511_627_776.0, 1.0)),
    ("Pi", (1_125_899_906_842_624.0, 1.0)),
    ("p", (1.0, 1e12)),
    ("n", (1.0, 1e9)),
    ("u", (1.0, 1e6)),
    // Micro, by its own sign and by the Greek letter.
    ("\u{b5}", (1.0, 1e6)),
    ("\u{3bc}", (1.0, 1e6)),
    ("m", (1.0, 1e3)),
    ("c", (1.0, 1e2)),
    ("h", (1e2, 1.0)),
    ("k", (1e3, 1.0)),
    ("M", (1e6, 1.0)),
    ("G", (1e9, 1.0)),
    ("T", (1e12, 1.0)),
    ("P", (1e15, 1.0)),
];

/// Prefixes of names, and the symbols that they are.
const PREFIX_NAMES: [(&str, &str); 19] = [
    ("pico", "p"),
    ("nano", "n"),
    ("micro", "u"),
    ("milli", "m"),
    ("centi", "c"),
    ("hecto", "h"),
    ("kilo", "k"),
    ("kibi", "Ki"),
    ("mega", "M"),
    ("mebi", "Mi"),
    ("giga", "G"),
    ("gibi", "Gi"),
    ("tera", "T"),
    ("tebi", "Ti"),
    ("peta", "P"),
    ("pebi", "Pi"),
    // These have no symbol here: promtool refuses them.
    ("deci", ""),
    ("deca", ""),
    ("mibi", ""),
];

/// Abbreviations that promtool refuses in the name of a metric.
const ABBREVIATIONS: [&str; 14] =
    ["s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d"];

/// Units that promtool refuses there, with any prefix.
const NOT_BASE: [&str; 14] = [
    "minutes",
    "hours",
    "days",
    "weeks",
    "kelvins",
    "fahrenheit",
    "rankine",
    "inches",
    "yards",
    "miles",
    "bits",
    "calories",
    "pounds",
    "ounces",
];

/// The base unit of a symbol or a name, and its size.
pub(super) fn known(text: &str) -> Option<(&'static str, Size)> {
    of_symbol(text).or_else(|| of_name(&text.to_ascii_lowercase()))
}

fn of_symbol(symbol: &str) -> Option<(&'static str, Size)> {
    let find = |table: &[(&str, &'static str, Size)], symbol: &str| {
        let found = table.iter().find(|(known, ..)| *known == symbol);
        found.map(|(_, name, size)| (*name, *size))
    };
    let with_prefix = |(prefix, (times, over)): &(&str, Size)| {
        let (name, size) = find(&PREFIXED, symbol.strip_prefix(prefix)?)?;
        Some((name, (times * size.0, over * size.1)))
    };
    find(&WHOLE, symbol)
        .or_else(|| find(&PREFIXED, symbol))
        .or_else(|| PREFIXES.iter().find_map(with_prefix))
}

/// `hours`, `kilobytes`.
fn of_name(name: &str) -> Option<(&'static str, Size)> {
    let symbol = |name: &str| {
        let one = name.strip_suffix('s').unwrap_or(name);
        NAMES.iter().find(|(known, _)| [name, one].contains(known)).map(|(_, symbol)| *symbol)
    };
    if let Some(symbol) = symbol(name) {
        return of_symbol(symbol);
    }
    PREFIX_NAMES.iter().filter(|(_, of)| !of.is_empty()).find_map(|(prefix, of)| {
        let symbol = symbol(name.strip_prefix(prefix)?)?;
        of_symbol(&format!("{of}{symbol}"))
    })
}

/// Whether promtool refuses a word of the metric's name.
pub(super) fn is_refused(word: &str) -> bool {
    let without_prefix = |(prefix, _): &(&str, _)| word.strip_prefix(prefix);
    let is_prefixed = |unit| NOT_BASE.contains(&unit) || of_name(unit).is_some();
    ABBREVIATIONS.contains(&word)
        || NOT_BASE.contains(&word)
        || PREFIX_NAMES.iter().find_map(without_prefix).is_some_and(is_prefixed)
}
