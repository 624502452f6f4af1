//! The adapters that come with the service: one TOML file each, one list.

macro_rules! presets {
    ($($name:literal),+ $(,)?) => {
        /// Names and texts.
        const PRESETS: &[(&str, &str)] = &[$(($name, include_str!(concat!("presets/", $name, ".toml")))),+];
    };
}

presets![
    "7offers",
    "actionpay",
    "adgate",
    "admitad",
    "admitad-advanced",
    "adtraction",
    "affise",
    "awin",
    "awin-get",
    "ayet-studios",
    "bitlabs",
    "cpx-research",
    "direct",
    "dub",
    "gdeslon",
    "lootably",
    "superrewards",
    "torox",
    "tradedoubler",
    "tune",
];

/// The text of a preset.
#[must_use]
pub fn preset(name: &str) -> Option<&'static str> {
    PRESETS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The names of all presets, sorted.
pub fn preset_names() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().map(|(name, _)| *name)
}
