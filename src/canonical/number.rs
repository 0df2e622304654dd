//! Exact decimals as text: read and written digit by digit, because this stands on the hot path.
//!
//! No exponent is ever written, and no digit is added, dropped or rounded.

use rust_decimal::Decimal;

/// Most digits that are handled in one `u64` without the decimal library.
const FAST_DIGITS: usize = 18;

/// The decimal written as optional minus, digits and at most one point, with at least one digit: what X12 calls R.
///
/// `None` for anything else (a plus sign, an exponent, blanks), and for numbers a [`Decimal`] cannot hold exactly.
#[must_use]
pub fn parse(text: &[u8]) -> Option<Decimal> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let mut mantissa = 0u64;
    let mut count = 0usize;
    let mut point = None;
    for &byte in digits {
        match byte {
            b'0'..=b'9' => {
                mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
                count += 1;
            }
            b'.' if point.is_none() => point = Some(count),
            _ => return None,
        }
    }
    if count == 0 {
        return None;
    }
    if count > FAST_DIGITS {
        return Decimal::from_str_exact(std::str::from_utf8(text).ok()?).ok();
    }
    let scale = point.map_or(0, |point| count - point) as u32;
    let (low, middle) = (mantissa as u32, (mantissa >> 32) as u32);
    Some(Decimal::from_parts(low, middle, 0, negative && mantissa != 0, scale))
}

/// The decimal of a JSON number, whose exponent, if it has one, is worked out exactly.
#[must_use]
pub fn parse_json(text: &[u8]) -> Option<Decimal> {
    parse(text).or_else(|| {
        let text = std::str::from_utf8(text).ok()?;
        let (digits, exponent) = text.split_once(['e', 'E'])?;
        let exponent: i64 = exponent.parse().ok()?;
        let decimal = parse(digits.as_bytes())?;
        let scale = i64::from(decimal.scale()) - exponent;
        if decimal.is_zero() {
            return Some(Decimal::ZERO);
        }
        match u32::try_from(scale) {
            Ok(scale) => Decimal::try_from_i128_with_scale(decimal.mantissa(), scale).ok(),
            Err(_) => {
                let factor = 10i128.checked_pow(u32::try_from(-scale).ok()?)?;
                Decimal::try_from_i128_with_scale(decimal.mantissa().checked_mul(factor)?, 0).ok()
            }
        }
    })
}

/// Appends the decimal in its own digits: `18.50` stays `18.50`.
#[inline]
pub fn print(decimal: Decimal, out: &mut Vec<u8>) {
    let scale = decimal.scale() as usize;
    match u64::try_from(decimal.mantissa()) {
        Ok(rest) => print_digits(rest, scale, false, out),
        Err(_) => print_long(decimal, scale, out),
    }
}

/// Negative numbers, and those of many digits.
#[cold]
fn print_long(decimal: Decimal, scale: usize, out: &mut Vec<u8>) {
    let negative = decimal.is_sign_negative();
    match u64::try_from(decimal.mantissa().unsigned_abs()) {
        Ok(rest) => print_digits(rest, scale, negative, out),
        Err(_) => out.extend_from_slice(decimal.to_string().as_bytes()),
    }
}

/// Appends `digits`, so many of them decimals.
#[inline]
fn print_digits(digits: u64, scale: usize, negative: bool, out: &mut Vec<u8>) {
    // A sign, a digit before the point, a point, 28 decimals.
    let mut buffer = [0; 32];
    let (mut at, mut rest, mut left) = (buffer.len(), digits, scale);
    loop {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if left > 0 {
            left -= 1;
            if left == 0 {
                at -= 1;
                buffer[at] = b'.';
            }
            // Decimals that are zeros, and the digit before the point, are there whatever is left.
            continue;
        }
        if rest == 0 {
            break;
        }
    }
    if negative {
        at -= 1;
        buffer[at] = b'-';
    }
    out.extend_from_slice(&buffer[at..]);
}

#[cfg(test)]
mod tests {
    use super::{parse, parse_json, print};
    use proptest::prelude::*;

    fn check(text: &str, expected: Option<&str>) {
        check_with(parse, text, expected);
    }

    fn check_with(parse: fn(&[u8]) -> Option<rust_decimal::Decimal>, text: &str, expected: Option<&str>) {
        let printed = parse(text.as_bytes()).map(|decimal| {
            let mut out = Vec::new();
            print(decimal, &mut out);
            String::from_utf8(out).unwrap()
        });
        assert_eq!(printed.as_deref(), expected, "{text}");
    }

    #[test]
    fn digits_are_kept_as_they_are() {
        for text in [
            "0",
            "24",
            "18.50",
            "-0.5",
            "0.00",
            "0.0007",
            "999999999999999999",
            "1234567890123456789",
            "18446744073709551616",
            "-79228162514264337593543950335",
            "0.1234567890123456789012345678",
        ] {
            check(text, Some(text));
        }
        check(".5", Some("0.5"));
        check("5.", Some("5"));
        check("007", Some("7"));
        check("-0", Some("0"));
    }

    #[test]
    fn what_is_no_plain_decimal_is_refused() {
        for text in ["", "-", ".", "+5", "1e3", "1.2.3", " 1", "1 ", "1,5", "--1", "5-"] {
            check(text, None);
        }
        check("79228162514264337593543950336", None);
        check("0.12345678901234567890123456789", None);
    }

    #[test]
    fn an_exponent_in_json_is_worked_out() {
        for (text, expected) in [
            ("1e3", Some("1000")),
            ("1.50E1", Some("15.0")),
            ("25e-4", Some("0.0025")),
            ("0e99", Some("0")),
            ("1e30", None),
            ("1e-30", None),
            ("1e9999999999999999999", None),
            ("18.50", Some("18.50")),
        ] {
            check_with(parse_json, text, expected);
        }
    }

    proptest! {
        #[test]
        fn printing_and_parsing_are_inverse(mantissa in any::<i64>(), scale in 0u32..=28) {
            let decimal = rust_decimal::Decimal::new(mantissa, scale);
            let mut out = Vec::new();
            print(decimal, &mut out);
            prop_assert_eq!(std::str::from_utf8(&out).unwrap(), decimal.to_string());
            let again = parse(&out).unwrap();
            prop_assert_eq!((again.mantissa(), again.scale()), (decimal.mantissa(), decimal.scale()));
        }
    }
}
