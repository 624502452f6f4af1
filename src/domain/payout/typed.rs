//! Destinations that a shopper types here: a phone number and a bank, a wallet, an e-mail address, a bank account. Each
//! is checked as far as it can be without asking anybody, so that money does not leave for a typing error.

use serde::{Deserialize, Serialize};

use super::MethodKind;
use crate::domain::email::Email;

/// The longest e-mail address that PayPal pays to, in characters.
const LONGEST_EMAIL: usize = 127;
/// The longest name of an account's holder: what fits into ISO 20022.
const LONGEST_NAME: usize = 70;

/// What was typed. What a kind does not need stays empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Typed {
    /// A phone number in Russia.
    pub phone: String,
    /// The bank's number in SBP.
    pub bank_id: String,
    /// The number of a wallet or of an account.
    pub account: String,
    /// An e-mail address.
    pub email: String,
    /// An IBAN.
    pub iban: String,
    /// A Russian bank's number.
    pub bik: String,
    /// Who holds the account.
    pub name: String,
}

/// Where money goes, as adapters need it. Kept sealed, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "to")]
pub enum Destination {
    /// SBP.
    Sbp {
        /// Eleven digits, the first a 7.
        phone: String,
        /// Twelve digits.
        bank_id: String,
    },
    /// A YooMoney wallet.
    YooMoney {
        /// Eleven to 33 digits.
        account: String,
    },
    /// A PayPal account.
    PayPal {
        /// The address.
        email: String,
    },
    /// A bank account with an IBAN.
    Iban {
        /// Without spaces, in capitals.
        iban: String,
        /// Who holds it.
        name: String,
    },
    /// A bank account in Russia.
    Account {
        /// Twenty digits.
        account: String,
        /// Nine digits.
        bik: String,
        /// Who holds it.
        name: String,
    },
}

/// A field cannot be what it says. The texts are those of `invalid-<field>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}: {1}")]
pub struct Wrong(pub &'static str, pub &'static str);

impl Destination {
    /// Reads what was typed for a kind; `None` for the kinds that are known by a provider's token.
    ///
    /// # Errors
    /// [`Wrong`] names the first field that cannot be.
    pub fn read(kind: MethodKind, typed: &Typed) -> Result<Option<Self>, Wrong> {
        Ok(Some(match kind {
            MethodKind::Card | MethodKind::Wallet => return Ok(None),
            MethodKind::Sbp => Self::Sbp { phone: phone(&typed.phone)?, bank_id: bank_id(&typed.bank_id)? },
            MethodKind::YooMoney => Self::YooMoney { account: wallet(&typed.account)? },
            MethodKind::PayPal => Self::PayPal { email: email(&typed.email)? },
            MethodKind::Iban => Self::Iban { iban: iban(&typed.iban)?, name: name(&typed.name)? },
            MethodKind::Account => {
                let bik = bik(&typed.bik)?;
                let account = account(&typed.account, &bik)?;
                Self::Account { account, bik, name: name(&typed.name)? }
            }
        }))
    }

    /// Reads what was kept of a destination.
    ///
    /// # Errors
    /// Text for the operator, without the destination.
    pub fn open(kept: &str) -> Result<Self, String> {
        serde_json::from_str(kept)
            .map_err(|cause| format!("the kept destination cannot be read: {:?}", cause.classify()))
    }

    /// What is kept of it.
    ///
    /// # Errors
    /// Text for the operator.
    pub fn keep(&self) -> Result<String, String> {
        serde_json::to_string(self).map_err(|cause| cause.to_string())
    }

    /// What people recognise it by.
    #[must_use]
    pub fn masked(&self) -> String {
        match self {
            Self::Sbp { phone, .. } => format!("+7 ••• ••• {}", last(phone, 4)),
            Self::YooMoney { account } | Self::Account { account, .. } => format!("•••• {}", last(account, 4)),
            Self::PayPal { email } => {
                let (local, domain) = email.rsplit_once('@').unwrap_or((email, ""));
                format!("{}•••@{domain}", local.chars().take(1).collect::<String>())
            }
            Self::Iban { iban, .. } => {
                format!("{} •••• {}", iban.chars().take(2).collect::<String>(), last(iban, 4))
            }
        }
    }
}

fn last(text: &str, count: usize) -> String {
    text.chars().skip(text.chars().count().saturating_sub(count)).collect()
}

/// The digits of a number that people write in groups; `None` when there is anything else in it.
fn digits(text: &str) -> Option<String> {
    let kept: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '(' | ')')).collect();
    (!kept.is_empty() && kept.chars().all(|c| c.is_ascii_digit())).then_some(kept)
}

fn phone(text: &str) -> Result<String, Wrong> {
    let plain = text.trim();
    let found = digits(plain.strip_prefix('+').unwrap_or(plain)).filter(|found| found.len() == 11);
    let found = found.map(|found| match found.strip_prefix('8') {
        Some(rest) if !plain.starts_with('+') => format!("7{rest}"),
        Some(_) | None => found,
    });
    found.filter(|found| found.starts_with('7')).ok_or(Wrong("phone", "must be a Russian number: +7 and ten digits"))
}

fn bank_id(text: &str) -> Result<String, Wrong> {
    digits(text).filter(|found| found.len() == 12).ok_or(Wrong("bank_id", "must be the bank's twelve digits in SBP"))
}

/// A wallet's number begins with 4100; so a card's number that is typed by mistake is refused with few exceptions.
fn wallet(text: &str) -> Result<String, Wrong> {
    digits(text)
        .filter(|found| (11..=33).contains(&found.len()) && found.starts_with("4100"))
        .ok_or(Wrong("account", "must be the number of a YooMoney wallet: 11 to 33 digits that begin with 4100"))
}

fn email(text: &str) -> Result<String, Wrong> {
    let wrong = Wrong("email", "must be an e-mail address");
    let read = Email::parse(text).map_err(|_not_one| wrong)?;
    let fits = read.as_str().len() <= LONGEST_EMAIL && read.as_str().is_ascii();
    if fits { Ok(read.as_str().to_owned()) } else { Err(wrong) }
}

fn name(text: &str) -> Result<String, Wrong> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = (2..=LONGEST_NAME).contains(&text.chars().count());
    // What banks' files carry: letters and what stands between parts of names.
    let letters = text.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '-' | '\'' | '.' | ','));
    if fits && letters { Ok(text) } else { Err(Wrong("name", "must be 2 to 70 letters: who holds the account")) }
}

/// ISO 13616: two letters, two check digits, up to 30 letters and digits; the whole, turned round, is 1 modulo 97.
fn iban(text: &str) -> Result<String, Wrong> {
    let wrong = Wrong("iban", "is no IBAN: look at its letters and digits again");
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase();
    let shaped = text.bytes().enumerate().all(|(place, byte)| match place {
        0 | 1 => byte.is_ascii_uppercase(),
        2 | 3 => byte.is_ascii_digit(),
        _ => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
    });
    if !shaped || !(15..=34).contains(&text.len()) {
        return Err(wrong);
    }
    let turned = text.chars().skip(4).chain(text.chars().take(4));
    let rest = turned.filter_map(|c| c.to_digit(36)).fold(0_u32, |rest, value| {
        let shift = if value > 9 { 100 } else { 10 };
        (rest * shift + value) % 97
    });
    if rest == 1 { Ok(text) } else { Err(wrong) }
}

fn bik(text: &str) -> Result<String, Wrong> {
    digits(text)
        .filter(|found| found.len() == 9 && found.starts_with("04"))
        .ok_or(Wrong("bik", "must be the bank's BIK: nine digits that begin with 04"))
}

/// The check digit of a Russian account is made with the last three digits of its bank's BIK and the weights 7, 1, 3.
fn account(text: &str, bik: &str) -> Result<String, Wrong> {
    let wrong = Wrong("account", "is not an account of this bank: look at both numbers again");
    let found = digits(text).filter(|found| found.len() == 20).ok_or(wrong)?;
    let all = last(bik, 3) + &found;
    let weighed = all.chars().filter_map(|c| c.to_digit(10)).zip([7, 1, 3].into_iter().cycle());
    let sum: u32 = weighed.map(|(digit, weight)| digit * weight % 10).sum();
    if sum.is_multiple_of(10) { Ok(found) } else { Err(wrong) }
}
