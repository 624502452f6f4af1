//! `kopilka adapter`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{CliError, Done, say};
use crate::domain::adapter::{Adapter, preset, preset_names};

/// Check an adapter's file, list and show those that come with the service
#[derive(Debug, Args)]
pub(super) struct AdapterCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read an adapter's file and say which key is wrong
    ///
    /// An adapter that it extends is looked for beside it, then among those that come with the service.
    Check {
        /// The TOML file
        file: PathBuf,
    },
    /// List the adapters that come with the service
    List,
    /// Print the text of one of them
    Show {
        /// Its name
        name: String,
    },
}

impl AdapterCommand {
    pub(super) fn run(self) -> Done {
        match self.command {
            Command::Check { file } => check(&file),
            Command::List => {
                for name in preset_names() {
                    let title = match Adapter::of_preset(name) {
                        Some(Ok(adapter)) => adapter.about().title.clone().unwrap_or_default(),
                        Some(Err(problem)) => problem.to_string(),
                        None => String::new(),
                    };
                    say(format!("{name:<20} {title}"));
                }
                Ok(())
            }
            Command::Show { name } => {
                let text = preset(&name);
                let text = text.ok_or_else(|| CliError::Failed(format!("there is no adapter {name:?}")))?;
                say(text.trim_end());
                Ok(())
            }
        }
    }
}

fn check(file: &Path) -> Done {
    let text = std::fs::read_to_string(file)
        .map_err(|cause| CliError::Failed(format!("{} cannot be read: {cause}", file.display())))?;
    let parent = |name: &str| {
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let beside = plain.then(|| std::fs::read_to_string(file.with_file_name(format!("{name}.toml"))).ok()).flatten();
        beside.or_else(|| preset(name).map(str::to_owned))
    };
    let adapter =
        Adapter::parse(&text, &parent).map_err(|problem| CliError::Failed(format!("{}: {problem}", file.display())))?;
    say(format!("{}: adapter {:?} can be used", file.display(), adapter.name()));
    Ok(())
}
