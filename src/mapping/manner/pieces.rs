//! One text in several elements: cut into pieces that give the text again when they are joined.

use super::refused;
use crate::mapping::lens::Fault;

/// Cuts `text` into pieces of at most so many characters as `room` says of each, which `between` joins to the same text.
/// No piece ends in a blank, for blanks there are lost on the way.
pub(in crate::mapping) fn pieces(
    text: &str,
    between: &str,
    mut room: impl FnMut(usize) -> usize,
) -> Result<Vec<String>, Fault> {
    if text.ends_with([' ', '\t']) {
        let shown: String = text.chars().take(40).collect();
        let message = format!("`{shown}` ends in a blank, which would be lost there");
        return Err(refused(message, "send the text without blanks at its end"));
    }
    let mut pieces = Vec::new();
    let mut rest = Some(text);
    while let Some(left) = rest {
        let most = room(pieces.len());
        let Some(end) = cut(left, between, most) else {
            let shown: String = left.chars().take(40).collect();
            let message = match between {
                "" => format!("`{shown}` cannot be cut into pieces of {most} characters that do not end in a blank"),
                "\n" => format!("its line `{shown}` is empty, or longer than the {most} characters of a piece"),
                _ => format!("`{shown}` cannot be cut at `{between}` into pieces of at most {most} characters"),
            };
            return Err(refused(message, "send the text in shorter words or lines, without blanks at their ends"));
        };
        pieces.push(left[..end].to_owned());
        rest = left.get(end..).filter(|left| !left.is_empty()).map(|left| &left[between.len()..]);
    }
    Ok(pieces)
}

/// Where the first piece of `text` ends.
fn cut(text: &str, between: &str, most: usize) -> Option<usize> {
    let ends = text.char_indices().map(|(at, character)| at + character.len_utf8()).take(most);
    let is_end = |end: &usize| {
        let (piece, rest) = text.split_at(*end);
        let whole = rest.is_empty() || rest.starts_with(between);
        whole && !piece.ends_with([' ', '\t']) && (between.is_empty() || !piece.contains('\n'))
    };
    // What stands between lines is no character that an element can hold.
    ends.filter(is_end).last()
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn pieces_give_the_text_again() {
        let check = |text: &str, between: &str, most: usize, expected: &[&str]| {
            let cut = pieces(text, between, |_| most).expect("can be cut");
            assert_eq!(cut, expected);
            assert_eq!(cut.join(between), text);
        };
        check("LEAVE AT THE BACK DOOR", " ", 10, &["LEAVE AT", "THE BACK", "DOOR"]);
        check("LEAVE AT THE BACK DOOR", "", 10, &["LEAVE AT T", "HE BACK DO", "OR"]);
        check("LEAVE AT  THE", "", 9, &["LEAVE AT", "  THE"]);
        check("LEAVE AT  THE", " ", 9, &["LEAVE AT", " THE"]);
        check("Ring twice\nThen wait", "\n", 80, &["Ring twice", "Then wait"]);
        check("short", " ", 80, &["short"]);
    }

    #[test]
    fn what_would_not_come_back_is_refused() {
        for (text, between, most) in
            [("UNBREAKABLE WORD", " ", 10), ("one\n\ntwo", "\n", 10), ("A    B", "", 3), ("end ", " ", 80)]
        {
            assert!(pieces(text, between, |_| most).is_err(), "{text}");
        }
    }
}
