//! Times and sizes as people read them.

use std::time::Duration;

/// `age` with three digits: `340 ns`, `1.25 ms`, `12.0 s`, `3 h 12 min`.
pub(crate) fn age_text(age: Duration) -> String {
    let nanos = age.as_nanos();
    let scaled = |unit: u128, name: &str| {
        let whole = nanos / unit;
        let digits = if whole >= 100 { 0 } else { 1 + usize::from(whole < 10) };
        #[allow(clippy::cast_precision_loss)] // for people
        let value = nanos as f64 / unit as f64;
        format!("{value:.digits$} {name}")
    };
    match age.as_secs() {
        0 if nanos < 1_000 => format!("{nanos} ns"),
        0 if nanos < 1_000_000 => scaled(1_000, "us"),
        0 => scaled(1_000_000, "ms"),
        1..=99 => scaled(1_000_000_000, "s"),
        seconds @ 100..=5_999 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds @ 6_000..=172_799 => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
        seconds => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::age_text;

    #[test]
    fn an_age_has_the_unit_that_keeps_it_short() {
        for (nanos, want) in [
            (0, "0 ns"),
            (340, "340 ns"),
            (1_250, "1.25 us"),
            (12_340_000, "12.3 ms"),
            (999_000_000, "999 ms"),
            (1_500_000_000, "1.50 s"),
            (100_000_000_000, "1 min 40 s"),
            (11_520_000_000_000, "3 h 12 min"),
            (200_000_000_000_000, "2 d 7 h"),
        ] {
            assert_eq!(age_text(Duration::from_nanos(nanos)), want);
        }
    }
}
