//! The unit of a field as `OpenMetrics` has it: a base unit in full, and the factor to it.
//!
//! ```text
//!   ms    -> seconds, / 1000             m/s2 -> meters_per_second_squared
//!   %     -> ratio, / 100                km/h -> meters_per_second, / 3.6
//!   kWh   -> joules, * 3,600,000         Mbit/s -> bytes_per_second, * 125,000
//!   CPUs  -> cpus, as it is
//! ```

use super::names::is_reserved;
use super::unit_table::{Size, is_refused, known};

/// A unit, and by what a value is multiplied and divided to have it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unit {
    /// The end of the metric's name; empty: none.
    pub(crate) name: String,
    pub(crate) times: f64,
    pub(crate) over: f64,
}

/// The signs between two units that are multiplied.
const TIMES: [char; 3] = ['*', '\u{b7}', '\u{22c5}'];

impl Unit {
    const NONE: Self = Self { name: String::new(), times: 1.0, over: 1.0 };

    /// The unit that `symbol` names. One that is not known is taken as it is; one that cannot be the end of a
    /// metric's name is left out whole, because a part of it would be another unit.
    pub(crate) fn of(symbol: &str) -> Self {
        let unit = Self::written(symbol);
        let is_bad = is_reserved(&unit.name) || unit.name.split('_').any(is_refused);
        if is_bad { Self::NONE } else { unit }
    }

    /// The same, whatever its name is.
    fn written(symbol: &str) -> Self {
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
        let (times, over) = (power.size.0.powi(power.exponent), power.size.1.powi(power.exponent));
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

    /// `value` in the base unit. It is infinite only if it is beyond the largest float there, not on the way.
    pub(crate) fn to_base(&self, value: f64) -> f64 {
        let product = value * self.times;
        if product.is_finite() { product / self.over } else { value / self.over * self.times }
    }

    /// Whether values stay as they are.
    pub(crate) fn is_base(&self) -> bool {
        self.times.to_bits() == 1.0_f64.to_bits() && self.over.to_bits() == 1.0_f64.to_bits()
    }
}

/// A unit that others are multiplied with: its name, its size and its exponent.
struct Power {
    name: String,
    size: Size,
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
        if let Some((name, size)) = known(symbol.trim_end_matches('^')) {
            return Some(Self { name: name.to_owned(), size, exponent, of });
        }
        // Of an unknown one, such as CO2, a digit may be anything.
        let name = part.to_ascii_lowercase().replace(|of: char| !of.is_ascii_alphanumeric(), "_");
        let name = name.trim_matches('_').to_owned();
        let is_name = part.is_ascii() && name.is_empty() == part.is_empty();
        is_name.then_some(Self { name, size: (1.0, 1.0), exponent: 1, of: "" })
    }
}

#[cfg(test)]
mod tests {
    use super::Unit;

    /// A unit, the name of its base unit, a value, and that value in the base unit.
    const CASES: &[(&str, &str, f64, f64)] = &[
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
        ("Cel", "celsius", 20.0, 20.0),
        ("CPUs", "cpus", 4.0, 4.0),
        ("bit", "bytes", 8.0, 1.0),
        ("Mbit/s", "bytes_per_second", 8.0, 1e6),
        ("Kibit", "bytes", 8.0, 1024.0),
        ("kbps", "bytes_per_second", 8.0, 1000.0),
        ("kWh", "joules", 2.0, 7.2e6),
        ("W*h", "watts_seconds", 2.0, 7200.0),
        ("mAh", "coulombs", 1000.0, 3600.0),
        ("mbar", "pascals", 1013.0, 101_300.0),
        ("KB", "bytes", 2.0, 2000.0),
        ("hours", "seconds", 2.0, 7200.0),
        ("Milliseconds", "seconds", 2.0, 0.002),
        ("kilobytes", "bytes", 2.0, 2000.0),
        ("bits/second", "bytes_per_second", 8.0, 1.0),
        ("percent", "ratio", 50.0, 0.5),
        // No words of several: an acronym has none.
        ("dBm", "dbm", 4.0, 4.0),
        ("mmHg", "mmhg", 4.0, 4.0),
        ("CO2", "co2", 4.0, 4.0),
        ("ops/s", "ops_per_second", 4.0, 4.0),
        // Prometheus has another use for these ends, and promtool refuses these words.
        ("count", "", 4.0, 4.0),
        ("grand total", "", 4.0, 4.0),
        ("kb", "", 4.0, 4.0),
        ("m s-1", "", 4.0, 4.0),
        ("fahrenheit", "", 4.0, 4.0),
        ("decimeters", "", 4.0, 4.0),
        ("petabytes", "bytes", 4.0, 4e15),
        ("microns", "microns", 4.0, 4.0),
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
    ];

    #[test]
    fn a_unit_is_a_base_unit_in_full_with_the_factor_to_it() {
        for &(symbol, name, value, want) in CASES {
            let unit = Unit::of(symbol);
            assert_eq!(unit.name, name, "{symbol}");
            let have = unit.to_base(value);
            assert!((have - want).abs() <= want * 1e-15, "{symbol}: {have}");
        }
    }
}
