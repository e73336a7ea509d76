//! The known word that somebody most likely meant.
//!
//! Price: the product of both lengths for each known word, only once something is wrong; a word
//! longer than any key can be is not compared at all.

/// Longest word that is worth comparing, in bytes.
const LONGEST: usize = 32;

/// The known word nearest to `word`, if one is near: about one slip in three letters.
pub(crate) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    if word.len() > LONGEST {
        return None;
    }
    known
        .map(|known| (distance(&word.to_lowercase(), known), known))
        .filter(|&(slips, known)| slips <= known.len().max(word.len()).div_ceil(3))
        .filter(|&(slips, known)| slips < known.len())
        .min_by_key(|&(slips, _)| slips)
        .map(|(_, known)| known)
}

/// Letters to insert, remove, change or swap with the next one to get from `a` to `b`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // rows[i][j]: the distance of the first i letters of a and the first j of b.
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    const KEYS: [&str; 7] = ["name", "path", "format", "mode", "group", "slots", "wake"];

    fn guess(word: &str) -> Option<&'static str> {
        nearest(word, KEYS.into_iter())
    }

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        assert_eq!(guess("slot"), Some("slots"));
        assert_eq!(guess("fromat"), Some("format"));
        assert_eq!(guess("Mode"), Some("mode"));
        assert_eq!(guess("gruop"), Some("group"));
        assert_eq!(guess("pth"), Some("path"));
    }

    #[test]
    fn a_word_that_resembles_nothing_is_not_guessed_at() {
        assert_eq!(guess("x"), None);
        assert_eq!(guess(""), None);
        assert_eq!(guess("permissions"), None);
        assert_eq!(guess(&"name".repeat(100_000)), None);
    }

    #[test]
    fn two_letters_swapped_are_one_slip() {
        assert_eq!(distance("solts", "slots"), 1);
        assert_eq!(distance("", "wake"), 4);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
