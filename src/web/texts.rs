//! The texts in both languages (Project Fluent), with the plurals of each.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use super::WebError;
use super::files::Source;
use crate::domain::reason::Language;

/// The ends of the names of a language's files: the pages for all, those about the account and the extension, letters, and pages for operators and
/// for partners.
const PARTS: [&str; 6] = ["", "-account", "-extension", "-letters", "-operator", "-partner"];

/// What stands in a text's places, by name.
pub type Args<'a> = [(&'a str, FluentValue<'a>)];

/// All texts.
pub struct Texts {
    en: FluentBundle<FluentResource>,
    ru: FluentBundle<FluentResource>,
}

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Texts")
    }
}

impl Texts {
    /// Those in the binary.
    ///
    /// # Errors
    /// [`WebError::Texts`] when they are broken.
    pub fn built_in() -> Result<Self, WebError> {
        Self::read(&Source::BuiltIn)
    }

    pub(super) fn read(source: &Source) -> Result<Self, WebError> {
        Ok(Self { en: bundle(source, Language::En)?, ru: bundle(source, Language::Ru)? })
    }

    /// Whether there is a text under this key in a language.
    #[must_use]
    pub fn has(&self, language: Language, key: &str) -> bool {
        self.bundle(language).has_message(key)
    }

    /// A text; a key that is not there shows itself between `⟦` and `⟧`, which a test looks for.
    #[must_use]
    pub fn text(&self, language: Language, key: &str, args: &Args<'_>) -> String {
        let bundle = self.bundle(language);
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            tracing::error!(key, language = language.as_str(), "a text is missing");
            return format!("⟦{key}⟧");
        };
        let mut values = FluentArgs::with_capacity(args.len());
        for (name, value) in args {
            values.set(*name, value.clone());
        }
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&values), &mut errors).into_owned();
        if let Some(error) = errors.first() {
            tracing::error!(key, language = language.as_str(), %error, "a text lacks a value");
        }
        text
    }

    const fn bundle(&self, language: Language) -> &FluentBundle<FluentResource> {
        match language {
            Language::En => &self.en,
            Language::Ru => &self.ru,
        }
    }
}

fn bundle(source: &Source, language: Language) -> Result<FluentBundle<FluentResource>, WebError> {
    let word = language.as_str();
    let id: LanguageIdentifier = word.parse().map_err(|_unknown| WebError::Texts(format!("{word} is no language")))?;
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // The signs that isolate what is put in would show in titles and be copied along.
    bundle.set_use_isolating(false);
    for part in PARTS {
        let name = format!("{word}{part}.ftl");
        let broken = |what: String| WebError::Texts(format!("{name}: {what}"));
        let text = source.text(&format!("locales/{name}")).ok_or_else(|| broken("is missing".to_owned()))?;
        let resource = FluentResource::try_new(text.into_owned());
        let resource = resource.map_err(|(_, errors)| broken(format!("{:?}", errors.first())))?;
        bundle.add_resource(resource).map_err(|errors| broken(format!("{:?}", errors.first())))?;
    }
    Ok(bundle)
}
