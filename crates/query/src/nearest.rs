//! The word that was probably meant.

/// Longest word that is worth comparing with the known ones, in bytes.
const LONGEST: usize = 32;

/// The known word nearest to `word`, if one is near: about one slip in three letters.
///
/// ```
/// assert_eq!(query::nearest("temprature", &["temperature", "mode"]), Some("temperature"));
/// assert_eq!(query::nearest("speed", &["temperature", "mode"]), None);
/// ```
pub fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    // No number is a slip for another one.
    if word.len() > LONGEST || word.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let word = word.to_lowercase();
    let slips = |known: &str| strsim::osa_distance(&word, &known.to_lowercase());
    let letters = |word: &str| word.chars().count();
    let most = |known: &str| letters(known).max(letters(&word)).div_ceil(3).min(letters(known) - 1);
    let comparable = known.iter().copied().filter(|known| (1..=LONGEST).contains(&known.len()));
    let near = comparable.filter(|known| slips(known) <= most(known));
    near.min_by_key(|known| slips(known))
}

/// Most words that a message lists.
const LISTED: usize = 16;

/// What to write in place of `word`, which is none of `known`: the nearest, or a list of them.
///
/// ```
/// assert_eq!(query::instead_of("moed", &["mode", "speed"]), "did you mean mode?");
/// assert_eq!(query::instead_of("x", &["mode", "speed"]), "use one of: mode, speed");
/// ```
pub fn instead_of(word: &str, known: &[&str]) -> String {
    instead_of_shown(word, known, |known| (*known).to_owned())
}

/// The same, with each of `known` as `shown` writes it.
pub fn instead_of_shown(word: &str, known: &[&str], shown: impl Fn(&&str) -> String) -> String {
    if let Some(near) = nearest(word, known) {
        return format!("did you mean {}?", shown(&near));
    }
    let listed: Vec<_> = known.iter().take(LISTED).map(shown).collect();
    let more = if known.len() > LISTED { ", ..." } else { "" };
    format!("use one of: {}{more}", listed.join(", "))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    const WORDS: [&str; 7] = ["name", "path", "format", "mode", "group", "slots", "wake"];

    fn guess(word: &str) -> Option<&'static str> {
        nearest(word, &WORDS)
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
    fn a_number_is_not_taken_for_another_one_nor_a_word_of_other_letters() {
        assert_eq!(nearest("30", &["0", "10", "29"]), None);
        assert_eq!(nearest("zz", &["\u{e9}\u{e9}"]), None, "letters count, not bytes");
        assert_eq!(nearest("cpu30", &["cpu3", "x"]), Some("cpu3"));
    }

    #[test]
    fn two_letters_swapped_are_one_slip() {
        assert_eq!(nearest("solts", &["slots"]), Some("slots"));
        assert_eq!(nearest("eman", &["name"]), None);
    }
}
