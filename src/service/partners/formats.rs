//! The formats that come with the service, for whoever chooses one.

use serde::Serialize;

use crate::domain::adapter::{Adapter, preset_names};

/// A format that calls may come in.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Format {
    /// The preset's name.
    #[schema(example = "admitad")]
    pub name: &'static str,
    /// What people call the network.
    #[schema(example = "Admitad")]
    pub title: String,
}

/// The presets with their titles, the one for those without a network first.
#[must_use]
pub fn formats() -> Vec<Format> {
    let title = |name| match Adapter::of_preset(name) {
        Some(Ok(adapter)) => adapter.about().title.clone().unwrap_or_else(|| name.to_owned()),
        Some(Err(_)) | None => name.to_owned(),
    };
    let mut all: Vec<Format> = preset_names().map(|name| Format { name, title: title(name) }).collect();
    all.sort_by_key(|format| (format.name != "direct", format.title.to_lowercase()));
    all
}
