//! `kopilka postback try`

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::{CliError, Done, Mode, open_app, say, say_json};
use crate::base::{Clock, Secret, Timestamp};
use crate::config::{Config, ConfigError};
use crate::domain::adapter::RawCall;
use crate::domain::call_file;
use crate::domain::partner::PartnerSettings;
use crate::domain::verdict::Verdict;
use crate::service::catalogue::Partner;
use crate::service::try_postback::{Asker, ReportTrial, Trial, bench_partner, try_offline, try_postback};

/// Look at partners' calls
#[derive(Debug, Args)]
pub(super) struct Postback {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Try(Try),
}

/// Show what a call would do, step by step, and write nothing
///
/// Works beside a running server. Exits with 0 when the call would be applied, ignored or changes nothing, with 1
/// when it would be held or refused. Without --partner no database is used: the click is then not looked for.
#[derive(Debug, Args)]
struct Try {
    /// A partner of this installation, by slug
    #[arg(long, conflicts_with_all = ["preset", "adapter"])]
    partner: Option<String>,
    /// An adapter that comes with the service, by name
    #[arg(long)]
    preset: Option<String>,
    /// A file with an adapter of your own
    #[arg(long, value_name = "FILE.toml")]
    adapter: Option<PathBuf>,
    /// A secret that is accepted; with a secret in the path, the one that a JSON file's calls carry
    #[arg(long)]
    secret: Vec<String>,
    /// The currency of amounts that come without one
    #[arg(long)]
    currency: Option<String>,
    /// The time zone of times that come without one, as in Europe/Moscow
    #[arg(long)]
    time_zone: Option<String>,
    /// The call: a raw HTTP request, or a JSON file with a list "push" of messages
    #[arg(long, value_name = "FILE")]
    call: PathBuf,
    /// Which message of a JSON file, counted from 0
    #[arg(long, default_value_t = 0)]
    message: usize,
    /// When the call came, as in 2026-03-05T08:30:00Z: for one whose signed time has grown old
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

impl Postback {
    pub(super) async fn run(self, config: impl FnOnce() -> Result<Config, ConfigError>) -> Done {
        match self.command {
            Command::Try(command) => command.run(config).await,
        }
    }
}

impl Try {
    async fn run(self, config: impl FnOnce() -> Result<Config, ConfigError>) -> Done {
        if self.partner.is_none() && self.preset.is_none() && self.adapter.is_none() {
            return Err(CliError::Usage(
                "say who makes the call: --partner SLUG (of this installation), --preset NAME (an adapter that comes with \
                 the service) or --adapter FILE.toml (one of your own)"
                    .to_owned(),
            ));
        }
        let call = self.read_call()?;
        let trial = match &self.partner {
            Some(slug) => {
                let app = open_app(config()?, Mode::ReadOnly).await?;
                let partner = app.partner(slug).await?;
                let secret = self.secret.first().map(Secret::new);
                let call = addressed(call, &partner, secret.as_ref());
                try_postback(&app, Asker::Operator, &partner, call, self.at).await?
            }
            None => {
                let now = self.at.unwrap_or_else(|| Clock::System.now());
                let partner = self.trial_partner(now)?;
                let call = addressed(call, &partner, partner.secrets.first());
                try_offline(&partner, &call, now)?
            }
        };
        if self.json {
            say_json(&trial)?;
        } else {
            tell(&trial);
        }
        match trial.verdict {
            Some(Verdict::Held) => Err(CliError::Failed("the call would be held".to_owned())),
            Some(Verdict::Refused) => Err(CliError::Failed("the call would be refused".to_owned())),
            Some(Verdict::Applied | Verdict::Unchanged | Verdict::Superseded | Verdict::Ignored) | None => Ok(()),
        }
    }

    fn read_call(&self) -> Result<RawCall, CliError> {
        let name = self.call.display();
        let raw = std::fs::read(&self.call).map_err(|cause| CliError::Usage(format!("{name}: {cause}")))?;
        call_file::parse(&raw, self.message).map_err(|problem| CliError::Usage(format!("{name}: {problem}")))
    }

    fn trial_partner(&self, now: Timestamp) -> Result<Arc<Partner>, CliError> {
        let text = match (&self.adapter, &self.preset) {
            (Some(path), _) => std::fs::read_to_string(path)
                .map_err(|cause| CliError::Usage(format!("{}: {cause}", path.display())))?,
            (None, Some(preset)) if crate::domain::adapter::preset(preset).is_some() => preset.clone(),
            (None, _) => {
                let known: Vec<_> = crate::domain::adapter::preset_names().collect();
                return Err(CliError::Usage(format!("--preset is one of: {}", known.join(", "))));
            }
        };
        let currency = self.currency.as_deref().map(str::parse).transpose();
        let settings = PartnerSettings {
            currency: currency.map_err(|cause| CliError::Usage(format!("--currency: {cause}")))?,
            time_zone: self.time_zone.clone(),
            ..PartnerSettings::default()
        };
        let secrets = self.secret.iter().map(Secret::new).collect();
        bench_partner(&text, secrets, settings, now).map_err(|problem| CliError::Usage(problem.to_string()))
    }
}

/// A call from a JSON file stands at no address: where the secret is part of the address, it gets one that has it.
fn addressed(call: RawCall, partner: &Partner, secret: Option<&Secret>) -> RawCall {
    let in_path = partner.adapter.as_ref().is_ok_and(|adapter| adapter.auth_kind().contains("path"));
    match secret {
        Some(secret) if in_path && call.path_secret.is_none() => {
            let (address, query) = match call.public_url.split_once('?') {
                Some((address, query)) => (address, format!("?{query}")),
                None => (call.public_url.as_str(), String::new()),
            };
            let public_url = format!("{}/{}{query}", address.trim_end_matches('/'), secret.expose());
            RawCall { path_secret: Some(secret.clone()), public_url, ..call }
        }
        Some(_) | None => call,
    }
}

fn tell(trial: &Trial) {
    if let Some(call) = &trial.call {
        say(format!("call            {} {}", call.method, call.url));
    }
    let auth = &trial.authentication;
    let passed = if auth.passed { "passed" } else { "FAILED" };
    say(format!("authentication  {passed} ({})", auth.method));
    if let Some(detail) = &auth.detail {
        say(format!("                {detail}"));
    }
    let reading = &trial.reading;
    say(format!("reading         {} {}", reading.outcome, reading.code.as_deref().unwrap_or_default()));
    if let Some(detail) = &reading.detail {
        say(format!("                {detail}"));
    }
    for report in &reading.reports {
        let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let amount = report.commission.map_or_else(|| "-".to_owned(), |amount| amount.to_string());
        let currency = report.currency.map_or_else(String::new, |currency| currency.to_string());
        let (key, click) = (or(&report.key), or(&report.click_ref));
        say(format!("  report        {} key {key} click {click} commission {amount} {currency}", report.status));
    }
    trial.reports.iter().for_each(tell_report);
    match (trial.verdict, &trial.reason) {
        (Some(verdict), Some(reason)) => say(format!("verdict         {verdict}: {reason}")),
        (Some(verdict), None) => say(format!("verdict         {verdict}")),
        (None, _) => say("verdict         readable; no database was asked, so the click was not looked for"),
    }
    if let Some(words) = &trial.words {
        say(format!("                {} / {}", words.en, words.ru));
    }
}

fn tell_report(report: &ReportTrial) {
    match &report.matched {
        Some(found) => {
            let (store, terms) = (found.store.as_deref().unwrap_or("-"), found.terms_version.unwrap_or(0));
            say(format!("  match         click {} at {}, shopper {}", found.click, found.clicked_at, found.shopper));
            say(format!("                store {store}, terms version {terms}"));
        }
        None => say("  match         no click"),
    }
    let state = |state: Option<crate::domain::conversion::State>| state.map_or("-", |state| state.as_str());
    let (before, after) = (state(report.state_before), state(report.state_after));
    say(format!("  decision      {} ({before} -> {after})", report.verdict));
    if let (Some(commission), Some(cashback)) = (report.commission, report.cashback) {
        say(format!("                commission {commission}, cashback {cashback}"));
    }
    for transfer in &report.transfers {
        say(format!("  ledger        {} -> {}  {}", transfer.debit, transfer.credit, transfer.amount));
    }
}
