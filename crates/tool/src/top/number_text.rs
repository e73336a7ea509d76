//! Numbers in little room.

/// `number` in at most ten characters: `12`, `3.142`, `1.20e9`.
pub(crate) fn number_text(number: f64) -> String {
    let size = number.abs();
    if !number.is_finite() {
        return number.to_string();
    }
    if size < 1e7 && number.fract() == 0.0 {
        return format!("{number:.0}");
    }
    let digits = match size {
        0.001..1.0 => 4,
        1.0..10.0 => 3,
        10.0..1000.0 => 2,
        1000.0..1e7 => 0,
        _ => return format!("{number:.2e}"),
    };
    format!("{number:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::number_text;

    #[test]
    fn a_number_has_at_most_ten_characters() {
        for (number, want) in [
            (0.0, "0"),
            (-12.0, "-12"),
            (9_999_999.0, "9999999"),
            (123_456.7, "123457"),
            (12.345, "12.35"),
            (1.23456, "1.235"),
            (0.012_345, "0.0123"),
            (0.000_012, "1.20e-5"),
            (1.5e12, "1.50e12"),
            (-2.5e-100, "-2.50e-100"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(number_text(number), want);
            assert!(want.len() <= 10, "{want}");
        }
    }
}
