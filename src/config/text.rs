//! Values that stand in the file as text: addresses, networks, amounts.

use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize as _, Deserializer};
use url::Url;

use crate::domain::money::Amount;

/// One value of any type that is read from text.
pub mod one {
    use super::{Deserializer, Display, FromStr, parse, string};

    /// Reads it.
    pub fn deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
    where
        D: Deserializer<'de>,
        T: FromStr,
        T::Err: Display,
    {
        parse(&string(deserializer)?)
    }
}

/// A list of values of any type that is read from text.
pub mod list {
    use super::{Deserializer, Display, FromStr, parse};
    use serde::Deserialize as _;

    /// Reads it.
    pub fn deserialize<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
    where
        D: Deserializer<'de>,
        T: FromStr,
        T::Err: Display,
    {
        Vec::<String>::deserialize(deserializer)?.iter().map(|text| parse(text)).collect()
    }
}

fn string<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer)
}

fn parse<T, E>(text: &str) -> Result<T, E>
where
    T: FromStr,
    T::Err: Display,
    E: serde::de::Error,
{
    text.parse().map_err(|cause: T::Err| E::custom(format!("{text:?}: {cause}")))
}

/// Amounts written `5000.00 RUB`.
pub fn amounts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Amount>, D::Error> {
    Vec::<String>::deserialize(deserializer)?.iter().map(|text| amount(text)).collect()
}

fn amount<E: serde::de::Error>(text: &str) -> Result<Amount, E> {
    let (number, code) = text
        .trim()
        .split_once(' ')
        .ok_or_else(|| E::custom(format!("{text:?} is not an amount: write it as \"5000.00 RUB\"")))?;
    let currency = code.trim().parse().map_err(E::custom)?;
    Amount::parse(number, currency).map_err(E::custom)
}

/// Where the server is found when nothing else is said.
#[expect(clippy::expect_used, reason = "a constant address; the tests of the defaults read it")]
pub fn default_public_url() -> Url {
    Url::parse("http://127.0.0.1:8080").expect("a constant address")
}
