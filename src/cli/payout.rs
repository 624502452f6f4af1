//! `kopilka payout`: files of payouts for a bank.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{CliError, Done, Mode, open_app, say};
use crate::base::id::PayoutFileId;
use crate::config::Config;
use crate::db::payout_files::PayoutFileRow;
use crate::domain::access::Actor;
use crate::domain::payout::bank_file::Form;
use crate::service::payouts::file_export::{file_export, file_text, files};
use crate::service::payouts::file_import::file_import;

/// Files of payouts for a bank that takes files
#[derive(Debug, Args)]
pub(super) struct Payout {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FileForm {
    /// A table
    Csv,
    /// ISO 20022 pain.001
    Pain,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Export what is approved: each payout once. Prints the ids of the files
    Export {
        /// The provider's name in payouts.providers
        #[arg(long, default_value = "bank")]
        provider: String,
    },
    /// List the files that were made
    Files,
    /// Print a file, as it was made
    File {
        /// Its id
        id: PayoutFileId,
        /// In which form
        #[arg(long, value_enum, default_value = "csv")]
        form: FileForm,
    },
    /// Bring in what the bank says became of payouts: a table (reference, status, code), pain.002 or camt.054
    Import {
        /// The bank's file
        file: PathBuf,
        /// The provider's name in payouts.providers
        #[arg(long, default_value = "bank")]
        provider: String,
    },
}

fn line(row: &PayoutFileRow) -> String {
    format!("{}  {}  {}  {} payouts  {}", row.id, row.created_at, row.provider, row.payouts, row.total())
}

impl Payout {
    pub(super) async fn run(self, config: Config) -> Done {
        let (app, console) = (open_app(config, Mode::Write).await?, Actor::Console);
        match self.command {
            Command::Export { provider } => {
                let made = file_export(&app, &console, &provider).await?;
                if made.is_empty() {
                    say("nothing is approved that is not in a file already");
                }
                made.iter().for_each(|row| say(line(row)));
            }
            Command::Files => files(&app, &console, 1_000).await?.iter().for_each(|row| say(line(row))),
            Command::File { id, form } => {
                let form = if form == FileForm::Csv { Form::Csv } else { Form::Pain };
                say(file_text(&app, &console, id, form).await?.trim_end());
            }
            Command::Import { file, provider } => {
                let text = std::fs::read_to_string(&file)
                    .map_err(|cause| CliError::Failed(format!("cannot read {}: {cause}", file.display())))?;
                let done = file_import(&app, &console, &provider, &text).await?;
                say(format!("{} payouts changed, {} did not", done.applied, done.unchanged));
                done.unknown.iter().for_each(|reference| say(format!("unknown: {reference}")));
                done.contrary.iter().for_each(|reference| say(format!("a person has to look: {reference}")));
            }
        }
        Ok(())
    }
}
