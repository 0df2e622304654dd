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

/// The same, also with an exponent as X12 has it in R: `1.5E3`, `2E-2`.
#[must_use]
pub fn parse_r(text: &[u8]) -> Option<Decimal> {
    parse(text).or_else(|| {
        let exponent = text.splitn(2, |byte| *byte == b'E').nth(1)?;
        let digits = exponent.strip_prefix(b"-").unwrap_or(exponent);
        digits.iter().all(u8::is_ascii_digit).then(|| parse_json(text))?
    })
}

/// The JSON number that `json` begins with, and its length, where it is one of few digits without an exponent, and something
/// follows. [`parse_json`] knows the others.
#[must_use]
#[inline(always)]
pub(super) fn short_json(json: &[u8]) -> Option<(Decimal, usize)> {
    let start = usize::from(json.first() == Some(&b'-'));
    let mut mantissa = 0;
    let mut at = digits(json, start, &mut mantissa)?;
    let mut scale = 0;
    if at > start + 1 && json[start] == b'0' {
        return None;
    }
    if json[at] == b'.' {
        let point = at + 1;
        at = digits(json, point, &mut mantissa)?;
        scale = at - point;
    }
    if at > FAST_DIGITS || matches!(json[at], b'.' | b'e' | b'E') {
        return None;
    }
    let (low, middle) = (mantissa as u32, (mantissa >> 32) as u32);
    Some((Decimal::from_parts(low, middle, 0, start == 1 && mantissa != 0, scale as u32), at))
}

/// Takes the digits of `json` from `at` on into `mantissa`, which keeps some 18 of them: where they end. `None` where there are
/// none, and where nothing follows.
#[inline(always)]
fn digits(json: &[u8], mut at: usize, mantissa: &mut u64) -> Option<usize> {
    let start = at;
    loop {
        let digit = json.get(at)?.wrapping_sub(b'0');
        if digit > 9 {
            return (at > start).then_some(at);
        }
        *mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
        at += 1;
    }
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
    out.extend_from_slice(written(decimal, &mut [0; WIDTH]));
}

/// Room for every decimal as it is written: 29 digits, a minus, a point, and a zero before it.
pub const WIDTH: usize = 32;

/// The decimal in its own digits, made at the end of `buffer`.
#[must_use]
#[inline]
pub fn written(decimal: Decimal, buffer: &mut [u8; WIDTH]) -> &[u8] {
    let (mantissa, scale) = (decimal.mantissa(), decimal.scale() as usize);
    let at = match u64::try_from(mantissa) {
        Ok(mut rest) => place(scale, buffer, || {
            let digit = (rest % 10) as u8;
            rest /= 10;
            (digit, rest == 0)
        }),
        Err(_) => place_long(mantissa, scale, buffer),
    };
    &buffer[at..]
}

/// Negative numbers, and those of many digits.
#[cold]
fn place_long(mantissa: i128, scale: usize, buffer: &mut [u8; WIDTH]) -> usize {
    let mut rest = mantissa.unsigned_abs();
    let mut at = place(scale, buffer, || {
        let digit = (rest % 10) as u8;
        rest /= 10;
        (digit, rest == 0)
    });
    if mantissa < 0 {
        at -= 1;
        buffer[at] = b'-';
    }
    at
}

/// Puts digits at the end of `buffer`, `scale` of them decimals; where they begin. `next` gives the last digit that is left,
/// and whether nothing is left behind it.
#[inline]
fn place(scale: usize, buffer: &mut [u8; WIDTH], mut next: impl FnMut() -> (u8, bool)) -> usize {
    let (mut at, mut left) = (WIDTH, scale);
    loop {
        let (digit, was_last) = next();
        at -= 1;
        buffer[at] = b'0' + digit;
        if left > 0 {
            left -= 1;
            if left == 0 {
                at -= 1;
                buffer[at] = b'.';
            }
            // Decimals that are zeros, and the digit before the point, are there whatever is left.
            continue;
        }
        if was_last {
            return at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, parse_json, parse_r, print, short_json};
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
    fn an_exponent_of_x12_is_an_e_a_minus_and_digits() {
        for (text, expected) in
            [("1.5E3", Some("1500")), ("-25E-1", Some("-2.5")), ("18.50", Some("18.50")), ("2.E2", Some("200"))]
        {
            check_with(parse_r, text, expected);
        }
        for text in ["1e3", "1E+3", "1E", "E3", "1E3E3", "1E3.", "1E99", "1E99999999999999999999", "+1E3"] {
            check_with(parse_r, text, None);
        }
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
        fn a_short_number_is_read_as_any_other(text in "-?(0|[0-9]{1,20})?(\\.[0-9]{0,5})?(e[0-9])?[,.} ]?") {
            let digits = text.trim_end_matches([',', '}', ' ']);
            if let Some((decimal, length)) = short_json(text.as_bytes()) {
                prop_assert_eq!(&text[..length], digits);
                prop_assert!(serde_json::from_str::<serde_json::Value>(digits).is_ok());
                let expected = parse_json(digits.as_bytes()).unwrap();
                prop_assert_eq!((decimal.mantissa(), decimal.scale()), (expected.mantissa(), expected.scale()));
            }
        }

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
