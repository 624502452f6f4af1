//! What may be kept of a destination: a provider's token and a few digits, never a card's number.

/// Why a destination was refused. The text is fit for the shopper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DestinationRefusal {
    /// Empty, too long, or with control characters.
    #[error("must be 1 to {0} characters of text")]
    NotText(usize),
    /// Holds a card's number.
    #[error("looks like a card number, which must never be sent here: send the token that the provider gave for it")]
    CardNumber,
}

/// Checks a text that is about to be kept: 1 to `most` characters, and no card number in it.
///
/// # Errors
/// [`DestinationRefusal`].
pub fn check_text(text: &str, most: usize) -> Result<(), DestinationRefusal> {
    let count = text.chars().count();
    if text.trim().is_empty() || count > most || text.chars().any(char::is_control) {
        return Err(DestinationRefusal::NotText(most));
    }
    if has_card_number(text) { Err(DestinationRefusal::CardNumber) } else { Ok(()) }
}

/// True when a run of 13 to 19 digits, perhaps in groups, passes the check of ISO/IEC 7812.
#[must_use]
pub fn has_card_number(text: &str) -> bool {
    let mut run: Vec<u32> = Vec::new();
    for c in text.chars().chain(['x']) {
        match c.to_digit(10) {
            Some(digit) => run.push(digit),
            None if !run.is_empty() && (c.is_whitespace() || matches!(c, '-' | '.' | '_' | '/')) => {}
            None => {
                if (13..=19).contains(&run.len()) && passes_luhn(&run) {
                    return true;
                }
                run.clear();
            }
        }
    }
    false
}

fn passes_luhn(digits: &[u32]) -> bool {
    let value = |(place, digit): (usize, &u32)| match place % 2 {
        1 => digit * 2 / 10 + digit * 2 % 10,
        _ => *digit,
    };
    digits.iter().rev().enumerate().map(value).sum::<u32>() % 10 == 0
}
