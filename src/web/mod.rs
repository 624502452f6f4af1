//! What the site is made of: templates, texts in both languages, static files, and how money and times are written.
//! All of it is in the binary; `site.folder` has it read from a folder instead, anew for each page.

mod files;
mod format;
mod functions;
mod texts;

use std::sync::Arc;

use chrono_tz::Tz;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior};

use crate::config::Site;
use crate::domain::reason::Language;

pub use files::{StaticFile, TEMPLATES};
pub use format::{amount_input, money, number};
pub use texts::{Args, Texts};

use files::Source;

/// Why a page could not be made: always a defect of ours.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// A template is broken, or misses a value.
    #[error("a template: {0:#}")]
    Template(#[from] Error),
    /// A file of texts is broken.
    #[error("the texts: {0}")]
    Texts(String),
}

/// Whom a page is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader {
    /// The language.
    pub language: Language,
    /// The time zone.
    pub zone: Tz,
}

/// Templates, texts and static files, ready for use.
#[derive(Debug)]
pub struct Web {
    source: Source,
    environment: Environment<'static>,
    texts: Arc<Texts>,
    version: String,
}

impl Web {
    /// Reads everything once.
    ///
    /// # Errors
    /// [`WebError`] when the texts cannot be read; a template is read when it is first used.
    pub fn start(config: &Site) -> Result<Self, WebError> {
        let source = config.folder.clone().map_or(Source::BuiltIn, Source::Folder);
        let texts = Arc::new(Texts::read(&source)?);
        let environment = environment(&source);
        let version = source.version();
        Ok(Self { source, environment, texts, version })
    }

    /// The texts, as they are now.
    ///
    /// # Errors
    /// [`WebError`] when they are read anew and are broken.
    pub fn texts(&self) -> Result<Arc<Texts>, WebError> {
        if self.source.is_live() { Ok(Arc::new(Texts::read(&self.source)?)) } else { Ok(Arc::clone(&self.texts)) }
    }

    /// What stands in the addresses of static files: it changes when one of them does.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether files are read anew each time, and so may change under one address.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.source.is_live()
    }

    /// A static file by name.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<StaticFile> {
        self.source.file(name)
    }

    /// Makes a page. Beside the values the template has what [`functions`] gives it.
    ///
    /// # Errors
    /// [`WebError`] for a broken template or a value that it misses.
    pub fn render(&self, template: &str, reader: Reader, values: Value) -> Result<String, WebError> {
        let texts = self.texts()?;
        let helpers = functions::helpers(&texts, reader, &self.version);
        let values = minijinja::context! { ..values, ..helpers };
        if self.source.is_live() {
            let page = environment(&self.source).get_template(template)?.render(values)?;
            return Ok(page);
        }
        Ok(self.environment.get_template(template)?.render(values)?)
    }
}

/// Templates, each read when it is first used.
fn environment(source: &Source) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_auto_escape_callback(|_name| AutoEscape::Html);
    let from = source.clone();
    environment.set_loader(move |name| Ok(from.text(&format!("templates/{name}")).map(std::borrow::Cow::into_owned)));
    environment
}
