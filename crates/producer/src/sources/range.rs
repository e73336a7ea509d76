//! A value between the bounds of a `wave` or a `random` source.

use layout::Value;
use settings::Range;

/// The value at `fraction` of the way from min (0) to max (1), rounded for an integer field. A
/// fraction is clamped to 0 to 1; NaN counts as 0.
pub(super) fn value_at(range: Range, fraction: f64) -> Value {
    let fraction = if fraction.is_nan() { 0.0 } else { fraction.clamp(0.0, 1.0) };
    match range {
        Range::Whole { min, max } => {
            let width = max - min;
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                reason = "the nearest value is wanted, and it is held between the bounds below"
            )]
            let steps = (width as f64 * fraction).round() as i128;
            whole(min + steps.clamp(0, width))
        }
        // Each product is finite; max - min need not be.
        Range::Real { min, max } => {
            Value::F64((min * (1.0 - fraction) + max * fraction).clamp(min, max))
        }
    }
}

/// A number between the least `i64` and the greatest `u64`.
pub(super) fn whole(number: i128) -> Value {
    match i64::try_from(number) {
        Ok(number) => Value::Int(number),
        Err(_) => Value::Uint(u64::try_from(number).unwrap_or(u64::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use layout::Value;
    use settings::Range;

    use super::value_at;

    #[test]
    fn values_stay_in_range_even_at_the_ends_of_the_type() {
        let unsigned = Range::Whole { min: 0, max: u64::MAX.into() };
        assert_eq!(value_at(unsigned, 0.0), Value::Int(0));
        assert_eq!(value_at(unsigned, 1.0), Value::Uint(u64::MAX));
        let all = Range::Whole { min: i64::MIN.into(), max: i64::MAX.into() };
        assert_eq!(value_at(all, 0.0), Value::Int(i64::MIN));
        assert_eq!(value_at(all, 1.0), Value::Int(i64::MAX));
        assert_eq!(value_at(all, f64::INFINITY), Value::Int(i64::MAX));
        assert_eq!(value_at(all, f64::NAN), Value::Int(i64::MIN));
        let wide = Range::Real { min: f64::MIN, max: f64::MAX };
        assert_eq!(value_at(wide, 0.5), Value::F64(0.0));
        assert_eq!(value_at(wide, 1.0), Value::F64(f64::MAX));
    }
}
