//! Decimal numbers in text, and their conversion to the value of a field.
//!
//! Invariant: a number is rounded at most once. A whole number is exact in every notation (`3`,
//! `3.0`, `3e0`); a float is the nearest one of its own type, so an `f32` is never rounded to an
//! `f64` first. Nothing here allocates, whatever the length of the text.
//!
//! ```text
//!   JSON, TOML, value files --Digits::new--> Digits --whole---------> integers, bool
//!                                                   `-f32, f64-----> floats
//! ```
//!
//! Price: the text is parsed once by `Digits::new`, and once more for a conversion other than to
//! `f64`.

/// A finite decimal number in a text.
///
/// ```
/// use layout::Digits;
///
/// let count = Digits::new("18446744073709551615.0").expect("a number");
/// assert_eq!(count.whole(), Some(u64::MAX.into()));
/// assert_eq!(Digits::new("1e3").and_then(Digits::whole), Some(1000));
/// assert_eq!(Digits::new("2.5").and_then(Digits::whole), None);
/// assert!(Digits::new("nan").is_none() && Digits::new("0x10").is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Digits<'a> {
    text: &'a str,
    wide: f64,
}

/// Most digits of a whole number; no field can hold more.
const MOST_DIGITS: usize = 38;

impl<'a> Digits<'a> {
    /// `text`, if it is a decimal number: an optional sign, digits with or without a point, an
    /// optional exponent. `None` for anything else, blanks and the words `inf` and `nan` included.
    pub fn new(text: &'a str) -> Option<Self> {
        let has_digits = text.bytes().any(|byte| byte.is_ascii_digit());
        let wide = text.parse().ok().filter(|_| has_digits)?;
        Some(Self { text, wide })
    }

    /// The text of the number.
    pub const fn as_str(self) -> &'a str {
        self.text
    }

    /// Whether it is 0, of either sign. A number too small for a float is not.
    pub fn is_zero(self) -> bool {
        self.significant().count == 0
    }

    /// Whether it has no fraction.
    pub fn is_whole(self) -> bool {
        self.significant().is_whole()
    }

    /// The number. `None` if it has a fraction, or more than 38 digits.
    pub fn whole(self) -> Option<i128> {
        self.is_whole().then(|| self.nearest_whole()).flatten()
    }

    /// The nearest whole number, halves away from zero. `None` if it has more than 38 digits.
    pub fn nearest_whole(self) -> Option<i128> {
        self.significant().rounded()
    }

    /// The number without its fraction. `None` if it has more than 38 digits.
    pub fn truncated(self) -> Option<i128> {
        self.significant().truncated()
    }

    /// The nearest `f64`; infinite if it is beyond the largest.
    pub const fn to_f64(self) -> f64 {
        self.wide
    }

    /// The nearest `f32`; infinite if it is beyond the largest.
    pub fn to_f32(self) -> f32 {
        self.text.parse().unwrap_or(f32::NAN)
    }

    fn significant(self) -> Significant<'a> {
        Significant::of(self.text)
    }
}

/// A number as `0.d1 d2 ... dn` times ten to the power of `point`, where neither the first nor the
/// last digit is 0. Zero has no digits.
struct Significant<'a> {
    is_negative: bool,
    /// The digits before and after the decimal point, as written.
    written: (&'a [u8], &'a [u8]),
    /// Leading zeros.
    skip: usize,
    count: usize,
    point: i64,
}

impl<'a> Significant<'a> {
    fn of(text: &'a str) -> Self {
        let unsigned = text.trim_start_matches(['+', '-']);
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (before, behind) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let written = (before.as_bytes(), behind.as_bytes());
        let is_zero = |digit: &&u8| **digit == b'0';
        let skip = digits(written).take_while(is_zero).count();
        let kept = digits(written).rev().skip_while(is_zero).count();
        Self {
            is_negative: text.starts_with('-'),
            written,
            skip,
            count: kept.saturating_sub(skip),
            point: length(before.len()) - length(skip) + power(exponent),
        }
    }

    fn is_whole(&self) -> bool {
        self.count == 0 || self.point >= length(self.count)
    }

    /// The nearest whole number, halves away from zero.
    fn rounded(&self) -> Option<i128> {
        // The first digit of the fraction decides: 5 and more is a half or more.
        self.parts().map(|(whole, next)| self.signed(whole + i128::from(next >= b'5')))
    }

    /// The number without its fraction.
    fn truncated(&self) -> Option<i128> {
        self.parts().map(|(whole, _)| self.signed(whole))
    }

    /// The digits in front of the decimal point as a number, and the first one behind it.
    fn parts(&self) -> Option<(i128, u8)> {
        if self.count == 0 || self.point < 0 {
            return Some((0, b'0'));
        }
        let places = usize::try_from(self.point).ok().filter(|places| *places <= MOST_DIGITS)?;
        let significant = digits(self.written).skip(self.skip).take(self.count).copied();
        let mut digits = significant.chain(core::iter::repeat(b'0'));
        let whole = digits
            .by_ref()
            .take(places)
            .fold(0, |whole, digit| whole * 10 + i128::from(digit - b'0'));
        Some((whole, digits.next().unwrap_or(b'0')))
    }

    fn signed(&self, magnitude: i128) -> i128 {
        if self.is_negative { -magnitude } else { magnitude }
    }
}

fn digits<'a>(written: (&'a [u8], &'a [u8])) -> impl DoubleEndedIterator<Item = &'a u8> {
    written.0.iter().chain(written.1)
}

/// The exponent, saturating.
fn power(exponent: &str) -> i64 {
    const FAR: i64 = i64::MAX / 4;
    let far = if exponent.starts_with('-') { -FAR } else { FAR };
    exponent.parse().map_or(far, |power: i64| power.clamp(-FAR, FAR))
}

fn length(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX / 4)
}
