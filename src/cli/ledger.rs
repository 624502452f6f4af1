//! `kopilka ledger`

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::{CliError, Done, Mode, open_app, open_db, say, say_json};
use crate::config::Config;
use crate::db::ledger::Posted;
use crate::db::seals::{seal_counts, seal_head, seal_walk};
use crate::db::{Conn, snapshot};
use crate::domain::chain::{GENESIS, Head};
use crate::service::verify_ledger::verify_ledger_against;

/// Prove the ledger, name the head of its chain, export it
#[derive(Debug, Args)]
pub(super) struct Ledger {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check every invariant that the rows can show; exits with 1 and names the first broken row
    Verify {
        /// Print the report as JSON
        #[arg(long)]
        json: bool,
        /// A head that was kept elsewhere: fails unless the chain has this hash at this position
        #[arg(long, value_name = "POSITION:HASH")]
        head: Option<Head>,
    },
    /// Print position and hash of the last sealed transaction: keep them elsewhere
    Head {
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Write the sealed transactions as JSON lines, so that anybody can compute the chain anew
    Export {
        /// The file to write; it must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

const PAGE: i64 = 1000;

impl Ledger {
    pub(super) async fn run(self, config: Config) -> Done {
        match self.command {
            Command::Verify { json, head } => verify(config, json, head).await,
            Command::Head { json } => head(&config, json),
            Command::Export { out } => export(&config, &out),
        }
    }
}

async fn verify(config: Config, as_json: bool, kept: Option<Head>) -> Done {
    let app = open_app(config, Mode::ReadOnly).await?;
    let report = verify_ledger_against(&app, kept).await?;
    if as_json {
        say_json(&report)?;
    } else {
        say(format!("transactions  {} with {} transfers", report.transactions, report.transfers));
        say(format!("conversions   {}", report.conversions));
        say(format!("sealed        {}, {} waiting", report.sealed, report.unsealed));
        say(format!("head          {}", report.head));
        for finding in &report.findings {
            say(format!("BROKEN        {}: {}: {}", finding.check, finding.row, finding.detail));
        }
    }
    match report.findings.first() {
        None => Ok(()),
        Some(first) => Err(CliError::Failed(format!("the ledger is broken, first at {}: {}", first.row, first.detail))),
    }
}

fn head(config: &Config, as_json: bool) -> Done {
    let mut conn = open_db(config, Mode::ReadOnly)?.reading_connection()?;
    let (found, (_, unsealed)) =
        snapshot(&mut conn, |conn| Ok::<_, crate::db::DbError>((seal_head(conn)?, seal_counts(conn)?)))?;
    let (position, hash) = found.unwrap_or((0, GENESIS.to_owned()));
    if as_json {
        return say_json(&json!({ "position": position, "hash": hash, "unsealed": unsealed }));
    }
    say(format!("{position} {hash}"));
    Ok(())
}

fn export(config: &Config, path: &std::path::Path) -> Done {
    let mut conn = open_db(config, Mode::ReadOnly)?.reading_connection()?;
    let file = File::create_new(path);
    let file = file.map_err(|cause| CliError::Failed(format!("cannot make {}: {cause}", path.display())))?;
    let mut out = BufWriter::new(file);
    let (count, head) = snapshot(&mut conn, |conn| write_all(conn, &mut out))?;
    out.into_inner().map_err(CliError::failed)?.sync_all()?;
    say(format!("wrote {count} transactions to {}, head {head}", path.display()));
    Ok(())
}

fn write_all(conn: &mut Conn, out: &mut BufWriter<File>) -> Result<(i64, String), CliError> {
    let (mut position, mut head) = (0, GENESIS.to_owned());
    loop {
        let page = seal_walk(conn, position, PAGE)?;
        if page.is_empty() {
            return Ok((position, head));
        }
        for (at, hash, posted) in page {
            writeln!(out, "{}", line(at, &hash, &posted))?;
            (position, head) = (at, hash);
        }
    }
}

/// One sealed transaction. The fields that are hashed come first, in the order of the canonical text.
fn line(position: i64, hash: &str, posted: &Posted) -> serde_json::Value {
    let row = &posted.transaction;
    let transfers = posted.transfers.iter().map(|transfer| {
        json!({
            "debit": transfer.debit.to_string(),
            "credit": transfer.credit.to_string(),
            "minor": transfer.minor,
            "currency": transfer.currency,
        })
    });
    json!({
        "position": position,
        "hash": hash,
        "id": row.id,
        "at_micros": row.at.micros(),
        "kind": row.kind,
        "source": row.source,
        "shopper": row.shopper_id,
        "partner": row.partner_id,
        "conversion": row.conversion_id,
        "payout": row.payout_id,
        "note": row.note,
        "transfers": transfers.collect::<Vec<_>>(),
        "at": row.at,
    })
}
