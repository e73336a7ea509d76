//! A value that was checked against its field.

use std::ops::Deref;

use layout::Value;

/// A value that its field can hold.
///
/// It reads as the [`Value`] it is. Two constants are equal when they are the same value, and NaN is
/// the same as NaN: else a configuration that says `default = nan` would differ from itself at each
/// reload.
#[derive(Clone, Debug)]
pub struct Constant(Value);

impl Constant {
    /// For a caller that has just set the field to `value`.
    pub(crate) fn checked(value: Value) -> Self {
        Self(value)
    }

    /// The value.
    pub fn value(&self) -> &Value {
        &self.0
    }
}

impl Deref for Constant {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

impl PartialEq for Constant {
    fn eq(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::F32(a), Value::F32(b)) => a.to_bits() == b.to_bits(),
        (Value::F64(a), Value::F64(b)) => a.to_bits() == b.to_bits(),
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use layout::Value;

    use super::Constant;

    #[test]
    fn nan_is_the_same_constant_as_nan() {
        let list = |x: f64| Constant::checked(Value::List(vec![Value::F32(1.0), Value::F64(x)]));
        assert_eq!(list(f64::NAN), list(f64::NAN));
        assert_ne!(list(f64::NAN), list(1.0));
        let single = |x: f32| Constant::checked(Value::F32(x));
        assert_eq!(single(f32::NAN), single(f32::NAN));
        assert_ne!(single(0.0), Constant::checked(Value::F64(0.0)));
    }
}
