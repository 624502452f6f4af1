//! `kopilka reconcile`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{CliError, Done, Mode, open_app, say, say_json};
use crate::base::id::{CaseId, StatementId};
use crate::config::Config;
use crate::db::reconciliation::{CaseFilter, StatementKind};
use crate::domain::access::Actor;
use crate::service::App;
use crate::service::reconcile::{
    Looked, NewStatement, case_close, cases, mapping_of, reconcile_list, statement_apply, statement_look, statement_put,
};

/// Compare with what providers and banks say, and close what is explained
#[derive(Debug, Args)]
pub(super) struct Reconcile {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Walk through a provider's own list; ends with 1 when there are differences
    List {
        /// The provider
        provider: String,
        /// How many days back, 1 to 100
        #[arg(long, default_value_t = 3)]
        days: i64,
    },
    /// Bring in a provider's statement; without --apply only what would come of it is told
    Statement {
        /// The CSV file
        file: PathBuf,
        /// The provider
        #[arg(long)]
        provider: String,
        /// Which column means what: kopilka, yookassa, or a TOML file
        #[arg(long, default_value = "kopilka")]
        mapping: String,
        /// Keep the differences as cases
        #[arg(long)]
        apply: bool,
    },
    /// Bring in a bank's statement with partners' payments; without --apply only what would be booked is told
    Payments {
        /// The CSV file
        file: PathBuf,
        /// Our account at the bank, as in bank/main
        #[arg(long)]
        bank: String,
        /// Which column means what: bank, or a TOML file
        #[arg(long, default_value = "bank")]
        mapping: String,
        /// Book them
        #[arg(long)]
        apply: bool,
    },
    /// List open cases; ends with 1 when there are any
    Cases {
        /// Closed ones too
        #[arg(long)]
        all: bool,
    },
    /// Close a case that is explained
    Close {
        /// The case
        case: CaseId,
        /// The explanation
        #[arg(long)]
        reason: String,
    },
}

impl Reconcile {
    pub(super) async fn run(self, config: Config) -> Done {
        match self.command {
            Command::List { provider, days } => {
                let app = open_app(config, Mode::Write).await?;
                let now = app.clock.now();
                let told = reconcile_list(&app, &Actor::Console, &provider, now.plus_days(-days), now).await?;
                say_json(&told)?;
                differences(told.differences)
            }
            Command::Statement { file, provider, mapping, apply } => {
                let app = open_app(config, Mode::Write).await?;
                bring_in(&app, &file, (StatementKind::Provider, provider), &mapping, apply).await
            }
            Command::Payments { file, bank, mapping, apply } => {
                let app = open_app(config, Mode::Write).await?;
                bring_in(&app, &file, (StatementKind::Bank, bank), &mapping, apply).await
            }
            Command::Cases { all } => list(&open_app(config, Mode::ReadOnly).await?, all).await,
            Command::Close { case, reason } => {
                let app = open_app(config, Mode::Write).await?;
                let row = case_close(&app, &Actor::Console, case, &reason).await?;
                say(format!("closed: {} {}", row.rail, row.key));
                Ok(())
            }
        }
    }
}

fn differences(count: usize) -> Done {
    if count == 0 { Ok(()) } else { Err(CliError::Failed(format!("{count} differences"))) }
}

async fn bring_in(app: &App, file: &Path, (kind, rail): (StatementKind, String), mapping: &str, apply: bool) -> Done {
    let text = match std::fs::read_to_string(mapping) {
        Ok(text) => text,
        Err(_no_file) => mapping.to_owned(),
    };
    let body = std::fs::read_to_string(file)?;
    let new = NewStatement { kind, rail, mapping: mapping_of(&text)?, body };
    let id: StatementId = statement_put(app, &Actor::Console, new).await?;
    let looked = if apply {
        statement_apply(app, &Actor::Console, id).await?
    } else {
        statement_look(app, &Actor::Console, id).await?.1
    };
    tell(&looked)?;
    let wrong = looked.compared.as_ref().map_or(0, |told| told.differences);
    differences(wrong + looked.booked.as_ref().map_or(0, |told| told.unknown) + looked.bad.len())
}

fn tell(looked: &Looked) -> Done {
    for bad in &looked.bad {
        say(format!("line {}: {}: {}", bad.line, bad.column, bad.problem));
    }
    for found in &looked.findings {
        let reference = found.reference.as_deref().unwrap_or("-");
        let payout = found.payout.map_or_else(|| "-".to_owned(), |id| id.to_string());
        say(format!("{} payout {payout} reference {reference}: {}", found.class, found.said));
    }
    for paid in looked.payments.iter().filter(|paid| paid.problem.is_some()) {
        say(format!("line {}: {} {}: {}", paid.line, paid.amount, paid.purpose, paid.problem.as_deref().unwrap_or("")));
    }
    if let Some(told) = &looked.compared {
        say_json(told)?;
    }
    if let Some(told) = &looked.booked {
        say_json(told)?;
    }
    Ok(())
}

async fn list(app: &App, all: bool) -> Done {
    let filter = CaseFilter { open: (!all).then_some(true), ..CaseFilter::default() };
    let rows = cases(app, &Actor::Console, filter, 10_000).await?;
    let mut open = 0;
    for row in rows {
        let state = if row.closed_at.is_some() { "closed" } else { "open" };
        open += usize::from(row.closed_at.is_none());
        let said = row.said.unwrap_or_default();
        say(format!("{} {state} {} {} {} since {}: {said}", row.id, row.rail, row.class, row.key, row.opened_at));
    }
    differences(open)
}
