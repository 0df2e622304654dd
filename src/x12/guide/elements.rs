//! What a guide demands of an element: that it is there or not, its length, codes, form and value.

use super::enforce::{Check, Demanded, Finding, listed};
use super::picture::Picture;
use super::place::Number;
use super::plan::{Demand, ElementDemand, Usage};
use crate::diagnostic::codes::{
    GUIDE_CODE, GUIDE_MISSING_ELEMENT, GUIDE_PATTERN, GUIDE_REPEAT, GUIDE_TOO_LONG, GUIDE_TOO_SHORT, GUIDE_VALUE,
};
use crate::tree::{ElementType, ElementUse, OccurrenceId, SegmentIndex, Tag};
use crate::x12::place::Part;

/// The element of one segment.
struct Looked<'v> {
    index: SegmentIndex,
    tag: Tag,
    demand: &'v ElementDemand,
    /// Where it stands; `None` for the value of a pair that is not there.
    position: Option<u16>,
}

impl Looked<'_> {
    fn element(&self) -> &ElementUse {
        &self.demand.element
    }

    /// Reference designator and name: `W0604 Shipment Identification Number`.
    fn name(&self) -> String {
        let ElementDemand { component, element, pairs, .. } = self.demand;
        let position = self.position.map_or_else(String::new, |position| format!("{position:02}"));
        let component = if *component > 0 { format!("-{component:02}") } else { String::new() };
        let with = pairs.as_ref().map_or_else(String::new, |pairs| format!(" with {}", pairs.qualifier));
        format!("{}{position}{component} {}{with}", self.tag, element.name)
    }
}

/// One of the values of an element: which of how many repetitions.
#[derive(Clone, Copy)]
struct Repetition {
    number: u16,
    of: usize,
}

/// Holds the element that `demand` speaks of, in the segment `index`, against it.
pub(super) fn check<'a>(check: &mut Check<'a, '_>, demand: &'a ElementDemand, at: OccurrenceId, index: SegmentIndex) {
    let view = check.view;
    let segment = &view.tree.segments[index as usize];
    let position = demand.pairs.as_ref().map_or(Some(demand.position), |pairs| view.value_of_pair(index, pairs));
    let looked = Looked { index, tag: segment.tag, demand, position };
    let bytes = position.map_or(&b""[..], |position| view.tree.value(segment, position, view.set));
    match view.tree.separators.repetition.filter(|byte| bytes.contains(byte)) {
        None => value(check, &looked, bytes, Repetition { number: 1, of: 1 }, at),
        Some(separator) => {
            let of = bytes.split(|byte| *byte == separator).count();
            for (bytes, number) in bytes.split(|byte| *byte == separator).zip(1..) {
                value(check, &looked, bytes, Repetition { number, of }, at);
            }
        }
    }
}

/// One value of the element, or of its component that is meant.
fn value<'a>(
    check: &mut Check<'a, '_>,
    looked: &Looked<'a>,
    bytes: &'a [u8],
    repetition: Repetition,
    at: OccurrenceId,
) {
    let demand = looked.demand;
    let bytes = match (demand.component, check.view.tree.separators.component) {
        (0, _) | (1, None) => bytes,
        (_, None) => b"",
        (number, Some(separator)) => {
            bytes.split(|byte| *byte == separator).nth(usize::from(number) - 1).unwrap_or_default()
        }
    };
    let text = check.view.header.charset.decode_lossy(bytes);
    for (one, policy, rule) in &demand.demands {
        let Some(severity) = check.severity(*policy) else { continue };
        let finding = match one {
            Demand::Usage(usage) => used(check, usage, looked, &text, (at, rule)),
            Demand::Repeat(most) if repetition.number == 1 && repetition.of > *most as usize => {
                Some(too_many(check, looked, repetition.of, *most))
            }
            Demand::Repeat(_) => None,
            // What is empty is a question of use alone.
            _ if text.trim().is_empty() => None,
            Demand::Length(least, most) => length(check, looked, &text, *least, *most),
            Demand::Codes(codes) => {
                let known = codes.iter().chain(&demand.extra_codes).any(|(code, _)| code == text.trim());
                (!known).then(|| code(check, looked, &text, codes, &demand.extra_codes))
            }
            Demand::Pictures(pictures) => {
                let fits = pictures.iter().any(|picture| picture.holds(text.trim_end()));
                (!fits).then(|| pattern(check, looked, &text, pictures))
            }
            Demand::Value(value) => (text.trim() != value).then(|| fixed(check, looked, &text, value)),
        };
        if let Some(finding) = finding {
            let part = Part {
                repetition: Some(repetition.number).filter(|_| repetition.of > 1),
                component: Some(demand.component).filter(|component| *component > 0),
            };
            let room = || demand.pairs.as_ref().map(|pairs| check.view.room_of_pair(looked.index, pairs));
            let position = looked.position.or_else(room).unwrap_or(demand.position);
            let place = check.element_place(looked.index, position, part);
            let when = if let Demand::Usage(usage) = one { usage.when() } else { None };
            let trigger = check.trigger(when, at, Some(looked.index));
            check.report_in(trigger, severity, rule, finding, place);
        }
    }
}

fn used<'a>(
    check: &mut Check<'a, '_>,
    usage: &'a Usage,
    looked: &Looked<'_>,
    text: &str,
    (at, rule): (OccurrenceId, &str),
) -> Option<Finding> {
    let empty = text.trim().is_empty();
    match check.demanded(usage, at, Some(looked.index), rule) {
        Demanded::There(when) if empty => {
            let when = when.map_or_else(String::new, |when| format!(" when {when}"));
            Some(Finding {
                code: GUIDE_MISSING_ELEMENT,
                message: format!("{} is missing, the partner's guide requires it{when}", looked.name()),
                cause: format!("the standard leaves it open; {} does not", check.guide.title()),
                remedy: "ask the partner to send the value".into(),
            })
        }
        Demanded::Absent(when) if !empty => Some(check.not_used(&looked.name(), when)),
        _ => None,
    }
}

fn too_many(check: &Check<'_, '_>, looked: &Looked<'_>, count: usize, most: u32) -> Finding {
    Finding {
        code: GUIDE_REPEAT,
        message: format!("{} has {count} repetitions, the partner's guide allows {most}", looked.name()),
        cause: format!(
            "{} narrows what the standard allows, which is {}",
            check.guide.title(),
            looked.element().repeat
        ),
        remedy: "ask the partner to repeat the element less often".into(),
    }
}

fn length(check: &Check<'_, '_>, looked: &Looked<'_>, text: &str, least: u32, most: u32) -> Option<Finding> {
    let (count, short, unit) = match looked.element().kind {
        ElementType::Implied(_) | ElementType::Decimal => {
            let digits = text.chars().filter(char::is_ascii_digit).count();
            (digits, digits, "digit")
        }
        // Blanks at the end may fill an element up to its least length and do not make it too long.
        _ => (text.trim_end().chars().count(), text.chars().count(), "character"),
    };
    let plural = |count: usize| format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
    let ElementUse { min, max, .. } = *looked.element();
    let cause = format!("{} narrows the standard's {min}/{max} to {least}/{most}", check.guide.title());
    if count > most as usize {
        return Some(Finding {
            code: GUIDE_TOO_LONG,
            message: format!("{} has {}, the partner's guide allows at most {most}", looked.name(), plural(count)),
            cause,
            remedy: "ask the partner to shorten the value".into(),
        });
    }
    (short < least as usize).then(|| Finding {
        code: GUIDE_TOO_SHORT,
        message: format!("{} has {}, the partner's guide needs at least {least}", looked.name(), plural(short)),
        cause,
        remedy: "ask the partner to send the value in full".into(),
    })
}

fn code(
    check: &Check<'_, '_>,
    looked: &Looked<'_>,
    text: &str,
    codes: &[(String, String)],
    extra: &[(String, String)],
) -> Finding {
    let all: Vec<(String, String)> = codes.iter().chain(extra).cloned().collect();
    Finding {
        code: GUIDE_CODE,
        message: format!("{} is `{}`, which the partner's guide does not allow", looked.name(), cut(text)),
        cause: format!("{} allows {}", check.guide.title(), listed(&all)),
        remedy: "ask the partner what the code means; if both agree on it, add it to the guide".into(),
    }
}

fn pattern(check: &Check<'_, '_>, looked: &Looked<'_>, text: &str, pictures: &[Picture]) -> Finding {
    let wanted: Vec<&str> = pictures.iter().map(Picture::text).collect();
    let legends: Vec<String> = pictures.iter().map(Picture::legend).collect();
    let legend = legends.iter().max_by_key(|legend| legend.len()).map_or("", String::as_str);
    Finding {
        code: GUIDE_PATTERN,
        message: format!("{} is `{}`, which does not look like `{}`", looked.name(), cut(text), wanted.join("` or `")),
        cause: format!("{} says what it looks like: {legend}", check.guide.title()),
        remedy: "ask the partner to send the value as agreed".into(),
    }
}

fn fixed(check: &Check<'_, '_>, looked: &Looked<'_>, text: &str, value: &str) -> Finding {
    Finding {
        code: GUIDE_VALUE,
        message: format!("{} is `{}`, the partner's guide always has `{value}`", looked.name(), cut(text)),
        cause: format!("{} gives the value", check.guide.title()),
        remedy: "ask the partner what the other value means; if both agree on it, add it to the guide".into(),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

/// How a number of this type is read.
pub(super) fn number_of(kind: ElementType) -> Option<Number> {
    match kind {
        ElementType::Implied(decimals) => Some(Number::Implied(decimals)),
        ElementType::Decimal => Some(Number::Decimal),
        _ => None,
    }
}
