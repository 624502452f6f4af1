//! The pages.

use std::path::PathBuf;

use chrono_tz::Tz;
use serde::Deserialize;

use super::text;

/// `[site]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Site {
    /// The time zone of readers whose browser does not tell one.
    #[serde(with = "text::one")]
    pub time_zone: Tz,
    /// A folder like src/web that templates, texts and static files are read from, anew for each page; without it they
    /// are those in the binary.
    pub folder: Option<PathBuf>,
    /// Where the extension's packages lie that the page `/extension` offers.
    pub extension_folder: Option<PathBuf>,
}

impl Default for Site {
    fn default() -> Self {
        Self { time_zone: Tz::UTC, folder: None, extension_folder: None }
    }
}
