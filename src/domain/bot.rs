//! Telling a shopper from a program, by what it says of itself. Patterns are data (`data/crawlers.txt`).

use regex::{RegexSet, RegexSetBuilder};

use crate::text_enum;

text_enum! {
    /// What a request looks like, when it does not look like a shopper.
    pub enum BotVerdict {
        /// Its User-Agent is a known program's.
        Crawler = "crawler",
        /// It has no User-Agent.
        Nameless = "nameless",
        /// A browser fetches ahead, without a shopper's click.
        Prefetch = "prefetch",
    }
}

const PATTERNS: &str = include_str!("data/crawlers.txt");

/// The compiled patterns. Made once, then shared.
#[derive(Debug, Clone)]
pub struct BotPatterns(RegexSet);

impl BotPatterns {
    /// Compiles the patterns that ship with Kopilka.
    ///
    /// # Errors
    /// [`regex::Error`] when the data file holds a pattern that does not compile; a test keeps that from happening.
    pub fn built_in() -> Result<Self, regex::Error> {
        let lines = PATTERNS.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        RegexSetBuilder::new(lines).case_insensitive(true).build().map(Self)
    }

    /// `None` for what looks like a shopper's browser. `purpose` is `Sec-Purpose` or `Purpose`.
    #[must_use]
    pub fn verdict(&self, user_agent: Option<&str>, purpose: Option<&str>) -> Option<BotVerdict> {
        if purpose.is_some_and(|value| value.contains("prefetch") || value.contains("prerender")) {
            return Some(BotVerdict::Prefetch);
        }
        match user_agent.map(str::trim) {
            None | Some("") => Some(BotVerdict::Nameless),
            Some(name) if self.0.is_match(name) => Some(BotVerdict::Crawler),
            Some(_) => None,
        }
    }
}
