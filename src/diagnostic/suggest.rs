//! "Did you mean": the nearest of some names.

use std::cmp::Reverse;

/// The name among `candidates` nearest to `wanted`, if it is near enough to be a slip of the keyboard.
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = wanted.chars().count();
    let limit = (length / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= limit)
        .map(|candidate| (distance(wanted, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, candidate)| {
            // Of names equally near, the likelier one begins alike (`W0601` for `W061`), or has the same letters (945 for 954).
            let alike = wanted.chars().zip(candidate.chars()).take_while(|(a, b)| a == b).count();
            (*distance, Reverse(alike), letters(candidate) != letters(wanted))
        })
        .map(|(_, candidate)| candidate)
}

fn letters(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = text.to_lowercase().chars().collect();
    letters.sort_unstable();
    letters
}

/// Number of single-character insertions, deletions, replacements and swaps of neighbours, case ignored.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.to_lowercase().chars().collect();
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_keyboard_is_recognised_and_a_different_word_is_not() {
        let names = ["order_number", "ship_date", "lines"];
        assert_eq!(nearest("order_nubmer", names), Some("order_number"));
        assert_eq!(nearest("ship_dat", names), Some("ship_date"));
        assert_eq!(nearest("carrier", names), None);
        assert_eq!(nearest("base/954", ["base/944", "base/945"]), Some("base/945"));
        assert_eq!(nearest("W061", ["W601", "W0601"]), Some("W0601"));
    }
}
