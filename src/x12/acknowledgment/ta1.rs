//! TA1: what is said of an interchange as a whole, whatever its sets say.
//!
//! Whoever is told that an interchange is rejected sends it again under another number: so that is said only where nothing
//! of it is taken.

use super::answer::{Answer, answer};
use super::fit::fit;
use crate::diagnostic::{Code, Diagnostic, Severity, codes};
use crate::x12::delimiters::Delimiters;
use crate::x12::dictionary;
use crate::x12::envelope::Interchange;
use crate::x12::writer::write_segment;

/// The verdict on an interchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterchangeResponse {
    /// TA101: its ISA13, as text.
    pub control_number: String,
    /// TA102 and TA103: its ISA09 and ISA10, as text.
    pub date_and_time: (String, String),
    /// TA104: `A` accepted, `E` accepted with errors, `R` rejected.
    pub code: &'static str,
    /// TA105: why.
    pub note: &'static str,
}

impl InterchangeResponse {
    /// The verdict by what was found of the interchange, of which something is taken or not: the worst decides, and of several
    /// the first.
    #[must_use]
    pub fn new<'d>(interchange: &Interchange, found: impl IntoIterator<Item = &'d Diagnostic>, taken: bool) -> Self {
        let mut worst: Option<((bool, Severity), &'static str)> = None;
        for diagnostic in found {
            let (Some(Answer::Interchange(note)), Severity::Warning | Severity::Error) =
                (answer(diagnostic), diagnostic.severity)
            else {
                continue;
            };
            let gravity = (is_refusal(diagnostic), diagnostic.severity);
            if worst.is_none_or(|(worst, _)| worst < gravity) {
                worst = Some((gravity, note));
            }
        }
        let (code, note) = match worst {
            None => ("A", "000"),
            Some(((true, _), note)) if !taken => ("R", note),
            Some((_, note)) => ("E", note),
        };
        Self {
            control_number: interchange.control_number().to_owned(),
            date_and_time: (interchange.element(9).to_owned(), interchange.element(10).to_owned()),
            code,
            note,
        }
    }

    /// Appends the segment, what is told of ISA in the form of its elements: see [`fit`].
    pub fn write(&self, out: &mut Vec<u8>, delimiters: &Delimiters) {
        let (date, time) = &self.date_and_time;
        let definition = dictionary::envelope("", "TA1");
        let elements = [self.control_number.as_str(), date, time, self.code, self.note].into_iter().zip(1..);
        let elements: Vec<String> = elements.map(|(text, at)| fit(definition, at, text, delimiters)).collect();
        write_segment(out, delimiters, "TA1", elements.iter().map(String::as_bytes));
    }
}

/// What is found of interchanges that are not taken, as long as no person says otherwise.
const REFUSALS: [Code; 5] = [
    codes::PAYLOAD_NUMBER_REUSED,
    codes::X12_INTERCHANGE_CONTROL_NUMBER,
    codes::X12_INTERCHANGE_MISSING_TRAILER,
    codes::X12_INTERCHANGE_TOO_LARGE,
    codes::X12_TRUNCATED,
];

/// Does the diagnostic say why nothing of an interchange is taken?
#[must_use]
pub fn is_refusal(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Error && REFUSALS.contains(&diagnostic.code)
}

#[cfg(test)]
mod tests {
    use super::InterchangeResponse;
    use crate::diagnostic::{Diagnostic, PayloadPlace, Place, codes};
    use crate::x12::delimiters::Delimiters;
    use crate::x12::envelope::Interchange;

    fn written(found: &[Diagnostic]) -> String {
        let texts = "00|          |00|          |ZZ|HARBOR3PL|12|4085551000|261120|0930|U|00401|000000263|1|P|>";
        let mut elements = texts.split('|').map(Into::into);
        let interchange = Interchange {
            elements: std::array::from_fn(|_| elements.next().unwrap()),
            delimiters: Delimiters::default(),
            offset: 0,
            bare: false,
        };
        let mut out = Vec::new();
        InterchangeResponse::new(&interchange, found, false).write(&mut out, &Delimiters::default());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_worst_of_what_was_found_is_the_verdict() {
        assert_eq!(written(&[]), "TA1*000000263*261120*0930*A*000~");
        let of_a_set = Diagnostic::new(codes::X12_MISSING_SEGMENT, "W12 is missing", Place::Nowhere);
        assert_eq!(written(std::slice::from_ref(&of_a_set)), "TA1*000000263*261120*0930*A*000~");
        let count = Diagnostic::new(codes::X12_INTERCHANGE_COUNT, "IEA01 says 2", Place::Nowhere);
        assert_eq!(written(&[of_a_set, count.clone()]), "TA1*000000263*261120*0930*E*021~");
        let cut = Diagnostic::new(codes::X12_TRUNCATED, "the input ends", Place::Nowhere);
        let stray = Diagnostic::new(codes::X12_SET_MISSING_HEADER, "no ST", Place::Nowhere);
        assert_eq!(
            written(std::slice::from_ref(&stray)),
            "TA1*000000263*261120*0930*E*024~",
            "the other sets are taken"
        );
        assert_eq!(written(&[count, stray, cut]), "TA1*000000263*261120*0930*R*023~");
    }

    #[test]
    fn each_element_of_the_header_has_a_note_of_its_own() {
        let at = |element| {
            let place = PayloadPlace { element: Some(element), ..PayloadPlace::default() };
            written(&[Diagnostic::new(codes::X12_INTERCHANGE_HEADER, "wrong", place)])
        };
        assert_eq!(at(5), "TA1*000000263*261120*0930*E*005~");
        assert_eq!(at(9), "TA1*000000263*261120*0930*E*014~");
        assert_eq!(at(15), "TA1*000000263*261120*0930*E*020~");
    }
}
