//! `expr`: a number computed from other fields of the record in hand.

use layout::{RecordBuf, Scalar, Value};
use settings::Expr;

use super::sample_error::SampleError;

/// Sets field number `index`, of type `element`, to what `expr` gives with the fields of `record`.
pub(super) fn compute(
    expr: &Expr,
    index: usize,
    element: Scalar,
    record: &mut RecordBuf,
) -> Result<(), SampleError> {
    let result = expr.evaluate(record.view());
    let value = match element.is_int() {
        true if !result.is_finite() => return Err(SampleError::NoNumber(result)),
        true => result.round(),
        false => result,
    };
    record.set(index, &Value::F64(value)).map_err(SampleError::Value)
}

#[cfg(test)]
mod tests {
    use super::super::test_setup::setup;

    fn computed(ctype: &str, expr: &str) -> String {
        let mut setup = setup(&[
            (ctype, &format!("expr = '{expr}'")),
            ("u8", "const = 7"),
            ("i64", "const = -2"),
            ("f32", "const = 0.5"),
            ("bool", "const = true"),
            ("f64", "const = nan"),
        ]);
        setup.sample().swap_remove(0)
    }

    #[test]
    fn an_expression_is_computed_as_arithmetic_has_it() {
        for (expr, want) in [
            ("1", "1"),
            ("f1 - f2 - 3", "6"),
            ("f1 - (f2 - 3)", "12"),
            ("2 + f1 * f3", "5.5"),
            ("-f1 * -2 / 4", "3.5"),
            ("--f1", "7"),
            ("2*(f1+f4)/1e1", "1.6"),
            ("1.5e-1 + .5 -1", "-0.35"),
            ("min(f1, max(f2, 3)) + min(1,2)", "4"),
            ("f5 + 1", "NaN"),
            ("min(f5, 1)", "NaN"),
            ("f1 / 0", "inf"),
        ] {
            assert_eq!(computed("f64", expr), want, "{expr}");
        }
    }

    #[test]
    fn an_integer_field_gets_the_nearest_whole_number_or_keeps_its_value() {
        for (expr, want) in
            [("f1 / 2", "4"), ("f1 * 100", "0"), ("f2", "0"), ("f5", "0"), ("f1 / 0", "0")]
        {
            assert_eq!(computed("u8", expr), want, "{expr}");
        }
        let mut wide = setup(&[("u8", "expr = 'f1 * 100'"), ("u8", "const = 7")]);
        wide.sample();
        let error = wide.error().expect("an error");
        assert_eq!(
            error,
            "700 does not fit field \"f0\" (u8); give the field a larger type, or scale the value"
        );
    }

    #[test]
    fn a_field_is_computed_after_those_it_uses_in_the_same_record() {
        let mut setup = setup(&[
            ("i32", "expr = 'f1 * 10'"),
            ("i32", "expr = 'f2 + f3'"),
            ("i32", "counter = {}"),
            ("i32", r#"file = { path = "@/n" }"#),
        ]);
        setup.write("n", "5");
        assert_eq!(setup.sample(), ["50", "5", "0", "5"]);
        setup.write("n", "6");
        assert_eq!(setup.sample(), ["70", "7", "1", "6"]);
    }
}
