//! The unit of a field as `OpenMetrics` has it: a base unit in full, and the factor to it.
//!
//! ```text
//!   ms    -> seconds, / 1000             m/s2 -> meters_per_second_squared
//!   %     -> ratio, / 100                km/h -> meters_per_second, / 3.6
//!   CPUs  -> cpus, as it is
//! ```

/// A unit, and by what a value is multiplied and divided to have it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unit {
    /// The end of the metric's name; empty: none.
    pub(crate) name: String,
    pub(crate) times: f64,
    pub(crate) over: f64,
}

/// Symbols of units, their names, and their size in the base unit: so many of it, or its so-manieth part.
const UNITS: [(&str, &str, f64, f64); 27] = [
    ("%", "ratio", 1.0, 100.0),
    ("1", "ratio", 1.0, 1.0),
    ("A", "amperes", 1.0, 1.0),
    ("B", "bytes", 1.0, 1.0),
    ("Hz", "hertz", 1.0, 1.0),
    ("J", "joules", 1.0, 1.0),
    ("K", "kelvin", 1.0, 1.0),
    ("N", "newtons", 1.0, 1.0),
    ("Pa", "pascals", 1.0, 1.0),
    ("T", "teslas", 1.0, 1.0),
    ("V", "volts", 1.0, 1.0),
    ("W", "watts", 1.0, 1.0),
    ("bit", "bits", 1.0, 1.0),
    ("d", "seconds", 86_400.0, 1.0),
    ("deg", "degrees", 1.0, 1.0),
    ("degC", "celsius", 1.0, 1.0),
    ("\u{b0}C", "celsius", 1.0, 1.0),
    ("g", "grams", 1.0, 1.0),
    ("h", "seconds", 3_600.0, 1.0),
    ("m", "meters", 1.0, 1.0),
    ("min", "seconds", 60.0, 1.0),
    ("ohm", "ohms", 1.0, 1.0),
    ("rad", "radians", 1.0, 1.0),
    ("s", "seconds", 1.0, 1.0),
    // Per mille; ohm by its own sign, and by the Greek letter.
    ("\u{2030}", "ratio", 1.0, 1_000.0),
    ("\u{2126}", "ohms", 1.0, 1.0),
    ("\u{3a9}", "ohms", 1.0, 1.0),
];

/// Prefixes, the longer ones first.
const PREFIXES: [(&str, f64, f64); 16] = [
    ("Ki", 1_024.0, 1.0),
    ("Mi", 1_048_576.0, 1.0),
    ("Gi", 1_073_741_824.0, 1.0),
    ("Ti", 1_099_511_627_776.0, 1.0),
    ("p", 1.0, 1e12),
    ("n", 1.0, 1e9),
    ("u", 1.0, 1e6),
    // Micro, by its own sign and by the Greek letter.
    ("\u{b5}", 1.0, 1e6),
    ("\u{3bc}", 1.0, 1e6),
    ("m", 1.0, 1e3),
    ("c", 1.0, 1e2),
    ("h", 1e2, 1.0),
    ("k", 1e3, 1.0),
    ("M", 1e6, 1.0),
    ("G", 1e9, 1.0),
    ("T", 1e12, 1.0),
];

/// The signs between two units that are multiplied.
const TIMES: [char; 3] = ['*', '\u{b7}', '\u{22c5}'];

impl Unit {
    const NONE: Self = Self { name: String::new(), times: 1.0, over: 1.0 };

    /// The unit that `symbol` names. One that is not known is taken as it is; one that cannot be
    /// part of a metric's name is left out whole, because a part of it would be another unit.
    pub(crate) fn of(symbol: &str) -> Self {
        let symbol = symbol.replace('\u{b2}', "2").replace('\u{b3}', "3");
        let mut unit = Self::NONE;
        for (index, side) in symbol.split('/').enumerate() {
            for part in side.split(TIMES).map(str::trim) {
                let is_below = index > 0;
                // The 1 of "1/s".
                if part == "1" && !is_below && symbol.contains('/') {
                    continue;
                }
                let Some(power) = Power::of(part) else { return Self::NONE };
                unit.add(&power, is_below);
            }
        }
        unit
    }

    /// Multiplies by a power, or divides by it.
    fn add(&mut self, power: &Power, is_below: bool) {
        let (times, over) = (power.times.powi(power.exponent), power.over.powi(power.exponent));
        let (times, over) = if is_below { (over, times) } else { (times, over) };
        self.times *= times;
        self.over *= over;
        // Meters per second.
        let name = match power.name.strip_suffix('s') {
            Some(one) if is_below && !one.ends_with('u') => one,
            _ => &power.name,
        };
        let per = if is_below && !name.is_empty() { "per" } else { "" };
        for word in [per, name, power.of] {
            if !word.is_empty() && !self.name.is_empty() {
                self.name.push('_');
            }
            self.name.push_str(word);
        }
    }

    /// Whether values stay as they are.
    pub(crate) fn is_base(&self) -> bool {
        self.times.to_bits() == 1.0_f64.to_bits() && self.over.to_bits() == 1.0_f64.to_bits()
    }
}

/// A unit that others are multiplied with: its name, its size and its exponent.
struct Power {
    name: String,
    times: f64,
    over: f64,
    exponent: i32,
    /// How its name ends.
    of: &'static str,
}

impl Power {
    /// `None` if a metric's name cannot have it.
    fn of(part: &str) -> Option<Self> {
        let (symbol, exponent, of) = match part.as_bytes() {
            [.., b'2'] => (&part[..part.len() - 1], 2, "squared"),
            [.., b'3'] => (&part[..part.len() - 1], 3, "cubed"),
            _ => (part, 1, ""),
        };
        let symbol = symbol.trim_end_matches('^');
        let (name, times, over) = match known(symbol) {
            Some((name, times, over)) => (name.to_owned(), times, over),
            None if !symbol.is_ascii() => return None,
            None => (super::names::snake(symbol).trim_matches('_').to_owned(), 1.0, 1.0),
        };
        if name.is_empty() && !part.is_empty() {
            return None;
        }
        Some(Self { name, times, over, exponent, of })
    }
}

/// The name and the size of a unit, with a prefix or without.
fn known(symbol: &str) -> Option<(&'static str, f64, f64)> {
    let find = |symbol: &str| UNITS.iter().find(|(known, ..)| *known == symbol);
    if let Some((_, name, times, over)) = find(symbol) {
        return Some((name, *times, *over));
    }
    PREFIXES.iter().find_map(|(prefix, times, over)| {
        let base = symbol.strip_prefix(prefix).and_then(find)?;
        // "cd" is no hundredth of a day.
        let takes_it = base.1 != "ratio" && !["d", "h", "min", "degC"].contains(&base.0);
        takes_it.then_some((base.1, times * base.2, over * base.3))
    })
}

#[cfg(test)]
mod tests {
    use super::Unit;

    #[test]
    fn a_unit_is_a_base_unit_in_full_with_the_factor_to_it() {
        for (symbol, name, value, want) in [
            ("s", "seconds", 3.0, 3.0),
            ("ms", "seconds", 250.0, 0.25),
            ("ns", "seconds", 5.0, 5e-9),
            ("min", "seconds", 2.0, 120.0),
            ("%", "ratio", 12.5, 0.125),
            ("KiB", "bytes", 2.0, 2048.0),
            ("kg", "grams", 2.0, 2000.0),
            ("mm", "meters", 10.0, 0.01),
            ("m2", "meters_squared", 3.0, 3.0),
            ("mm^2", "meters_squared", 1e6, 1.0),
            ("m/s2", "meters_per_second_squared", 9.81, 9.81),
            ("km/h", "meters_per_second", 36.0, 10.0),
            ("B/s", "bytes_per_second", 7.0, 7.0),
            ("1/s", "per_second", 7.0, 7.0),
            ("degC", "celsius", 20.0, 20.0),
            ("CPUs", "cpus", 4.0, 4.0),
            ("cd", "cd", 4.0, 4.0),
            ("\u{3bc}s", "seconds", 250.0, 250e-6),
            ("m\u{b3}/h", "meters_cubed_per_second", 36.0, 0.01),
            ("m/s\u{b2}", "meters_per_second_squared", 9.81, 9.81),
            ("km/h\u{b2}", "meters_per_second_squared", 12_960.0, 1.0),
            ("\u{b5}g/m\u{b3}", "grams_per_meter_cubed", 5.0, 5e-6),
            ("kg\u{b7}m\u{b2}", "grams_meters_squared", 2.0, 2000.0),
            ("mm\u{b2}", "meters_squared", 1e6, 1.0),
            ("k\u{3a9}", "ohms", 2.0, 2000.0),
            ("\u{2030}", "ratio", 5.0, 0.005),
            // Half of it would be another unit.
            ("\u{b5}V/\u{221a}Hz", "", 4.0, 4.0),
            ("\u{20ac}/MWh", "", 4.0, 4.0),
            ("\u{20ac}", "", 4.0, 4.0),
            ("", "", 4.0, 4.0),
        ] {
            let unit = Unit::of(symbol);
            assert_eq!(unit.name, name, "{symbol}");
            let have = value * unit.times / unit.over;
            assert!((have - want).abs() <= want * 1e-15, "{symbol}: {have}");
        }
    }
}
