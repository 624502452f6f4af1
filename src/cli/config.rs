//! `kopilka config`

use clap::Args;

use super::{Done, say, say_json};
use crate::config::keys::{KEYS, sample};

/// Print the sample configuration with every key, its meaning and its default
///
/// Save it with `kopilka config > kopilka.toml` and change what you need.
#[derive(Debug, Args)]
pub(super) struct Sample {
    /// Print the keys as JSON instead: path, environment variable, default, meaning
    #[arg(long)]
    json: bool,
}

impl Sample {
    pub(super) fn run(self) -> Done {
        if !self.json {
            say(sample().trim_end());
            return Ok(());
        }
        let keys = KEYS.iter().map(|key| {
            serde_json::json!({
                "key": key.path, "variable": key.variable(), "default": key.default, "example": key.example, "doc": key.doc,
            })
        });
        say_json(&keys.collect::<Vec<_>>())
    }
}
