//! Numbers in another form than the standard's, written as spreadsheets show it: `#.##0,00-`.

use rust_decimal::Decimal;

use super::refused;
use crate::canonical::number;
use crate::mapping::lens::Fault;

/// The form of a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::mapping) struct NumberForm {
    /// Least digits before the mark.
    whole: usize,
    /// What stands between thousands.
    group: Option<char>,
    /// The decimal mark, least and most digits behind it.
    mark: Option<(char, usize, usize)>,
    /// The sign stands behind: `-` of negative numbers only, `+` of all.
    behind: Option<char>,
    /// As it is written in the mapping.
    pub(in crate::mapping) text: String,
}

impl NumberForm {
    /// Reads a form: `0` is a digit that is always there, `#` one that may be, the sign in `#,##0` stands between thousands,
    /// another `.` or `,` before decimals; `-` or `+` at the end is the sign.
    pub(in crate::mapping) fn parse(text: &str) -> Option<Self> {
        let behind = text.chars().next_back().filter(|sign| matches!(sign, '-' | '+'));
        let digits = behind.map_or(text, |sign| text.trim_end_matches(sign));
        let marks: Vec<(usize, char)> = digits.char_indices().filter(|(_, sign)| !matches!(sign, '0' | '#')).collect();
        let split = |(at, mark): (usize, char)| (&digits[..at], mark, &digits[at + mark.len_utf8()..]);
        let (whole, mark) = match marks.as_slice() {
            [] => (digits, None),
            [group] if matches!(split(*group), ("#", _, "##0")) => (digits, None),
            [mark] | [_, mark] => {
                let (whole, mark, decimals) = split(*mark);
                let least = decimals.bytes().take_while(|digit| *digit == b'0').count();
                let known = matches!(mark, '.' | ',') && !decimals.is_empty() && !decimals[least..].contains('0');
                (whole, Some(known.then_some((mark, least, decimals.len()))?))
            }
            _ => return None,
        };
        let group = whole.chars().find(|sign| !matches!(sign, '0' | '#'));
        let digits = match group {
            Some(group) => (whole == format!("#{group}##0") && ".,' ".contains(group)).then_some("0")?,
            None => whole.trim_start_matches('#'),
        };
        let apart = group.is_none() || group != mark.map(|(mark, ..)| mark);
        let good = !digits.is_empty() && !digits.contains('#') && apart;
        good.then(|| Self { whole: digits.len(), group, mark, behind, text: text.to_owned() })
    }

    /// Could its sign stand between thousands as well as before decimals, as in `0,000`? Spreadsheets say thousands of one.
    pub(in crate::mapping) fn is_ambiguous(&self) -> bool {
        self.group.is_none() && matches!(self.mark, Some((_, 3, 3))) && !self.text.contains('#')
    }

    /// Has it a decimal mark?
    pub(in crate::mapping) fn has_mark(&self) -> bool {
        self.mark.is_some()
    }

    /// Could such a number hold this text?
    pub(in crate::mapping) fn may_hold(&self, text: &str) -> bool {
        let marks = [self.group, self.mark.map(|(mark, ..)| mark), self.behind, Some('-')];
        text.chars().all(|character| character.is_ascii_digit() || marks.contains(&Some(character)))
    }

    /// The number that a text says.
    pub(in crate::mapping) fn read(&self, text: &str) -> Option<Decimal> {
        let (negative, digits) = match self.behind {
            None => text.strip_prefix('-').map_or((false, text), |digits| (true, digits)),
            Some(sign) => match text.chars().next_back()? {
                '-' => (true, text.strip_suffix('-')?),
                '+' => (false, text.strip_suffix('+')?),
                _ if sign == '-' => (false, text),
                _ => return None,
            },
        };
        let (whole, decimals) = match self.mark.and_then(|(mark, ..)| digits.split_once(mark)) {
            Some((whole, decimals)) => (whole, decimals),
            None => (digits, ""),
        };
        let mut plain = String::new();
        match self.group.filter(|group| whole.contains(*group)) {
            Some(group) => {
                let groups: Vec<&str> = whole.split(group).collect();
                if groups[0].is_empty() || groups[0].len() > 3 || groups[1..].iter().any(|group| group.len() != 3) {
                    return None;
                }
                plain.push_str(&groups.concat());
            }
            None => plain.push_str(whole),
        }
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(decimals) || !digits(&plain) {
            return None;
        }
        if !decimals.is_empty() {
            plain.push('.');
            plain.push_str(decimals);
        }
        let number = number::parse(plain.as_bytes())?.normalize();
        Some(if negative { -number } else { number })
    }

    /// The text of a number.
    pub(in crate::mapping) fn write(&self, value: Decimal) -> Result<String, Fault> {
        let exact = value.normalize();
        let (least, most) = self.mark.map_or((0, 0), |(_, least, most)| (least, most));
        if exact.scale() as usize > most {
            let message = format!("{value} has more than {most} decimals, which its form `{}` has", self.text);
            return Err(refused(message, "send a value that fits, or agree on more decimals with the partner"));
        }
        let text = exact.abs().to_string();
        let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
        let whole = format!("{whole:0>width$}", width = self.whole);
        let mut out = String::new();
        if exact.is_sign_negative() && !exact.is_zero() && self.behind.is_none() {
            out.push('-');
        }
        for (at, digit) in whole.char_indices() {
            let left = whole.len() - at;
            out.extend(self.group.filter(|_| at > 0 && left.is_multiple_of(3)));
            out.push(digit);
        }
        if let Some((mark, ..)) = self.mark.filter(|_| least > 0 || !decimals.is_empty()) {
            out.push(mark);
            out.push_str(&format!("{decimals:0<least$}"));
        }
        match (self.behind, exact.is_sign_negative() && !exact.is_zero()) {
            (Some(_), true) => out.push('-'),
            (Some('+'), false) => out.push('+'),
            _ => {}
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::NumberForm;
    use rust_decimal::Decimal;

    fn form(text: &str) -> NumberForm {
        NumberForm::parse(text).unwrap_or_else(|| panic!("{text} can be read"))
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        let check = |pattern: &str, number: &str, text: &str| {
            let number: Decimal = number.parse().expect("a number");
            assert_eq!(form(pattern).write(number).expect("fits"), text, "{pattern}");
            assert_eq!(form(pattern).read(text), Some(number), "{pattern}");
        };
        check("#.##0,00-", "-1234567.5", "1.234.567,50-");
        check("#.##0,00-", "0.5", "0,50");
        check("#,##0.##", "1234", "1,234");
        check("#,##0", "1234567", "1,234,567");
        check("# ##0,###", "12345.125", "12 345,125");
        check("0,000", "12.5", "12,500");
        check("0.00", "-7", "-7.00");
        check("00000", "42", "00042");
        check("0+", "42", "42+");
        check("0+", "-42", "42-");
        check("0.####", "3", "3");
    }

    #[test]
    fn other_forms_are_not_guessed() {
        let refused = |pattern: &str, text: &str| assert_eq!(form(pattern).read(text), None, "{pattern} {text}");
        refused("#.##0,00", "1.23,50");
        refused("#.##0,00", "1234.50");
        refused("0,00", "1.234,50");
        refused("0,00", "12,50-");
        refused("0-", "-12");
        refused("0", "");
        refused("0.00", "1.2.3");
        assert!(form("0.00").write("1.005".parse().expect("a number")).is_err());
    }

    #[test]
    fn a_sign_before_three_digits_says_what_it_is() {
        for (text, ambiguous) in
            [("0,000", true), ("0.000-", true), ("#0,000", false), ("#,##0", false), ("0,0000", false)]
        {
            assert_eq!(form(text).is_ambiguous(), ambiguous, "{text}");
        }
        assert_eq!(form("#0,000").read("1,234").map(|number| number.to_string()).as_deref(), Some("1.234"));
        assert_eq!(form("#,##0").read("1,234").map(|number| number.to_string()).as_deref(), Some("1234"));
    }

    #[test]
    fn a_form_that_says_two_things_is_none() {
        for text in ["", "#", "0.", "x", "0.#0", "#.##0.00", "1234", "#,#0", "##,##0", "0x00"] {
            assert_eq!(NumberForm::parse(text), None, "{text}");
        }
    }
}
