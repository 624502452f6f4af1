//! The test bench: what a call would do, step by step, with nothing written.
//!
//! The steps are those of `ingest_postback` and `settle` themselves; only the writing is left out. Each report of
//! a call is decided upon the database as it stands, so of two reports about one order the second does not see
//! what the first would have done.

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use super::catalogue::{Partner, Snapshot};
use super::ingest_postback::{Read, authenticate, read};
use super::settle::{self, Known, Loaded, Plan, report_click};
use super::view::{CallView, TransferView, Words, masked};
use super::{App, Outcome, ServiceError};
use crate::base::id::{ConversionId, PartnerId};
use crate::base::{Secret, Timestamp};
use crate::db::click_facts::NamedClick;
use crate::db::clicks::click_find;
use crate::db::partners::PartnerRow;
use crate::db::stores::{store_find, terms_find};
use crate::db::{Conn, snapshot};
use crate::domain::adapter::{Adapter, RawCall, Report};
use crate::domain::conversion::State;
use crate::domain::money::Amount;
use crate::domain::partner::{PartnerSettings, Status};
use crate::domain::rate::Promise;
use crate::domain::verdict::Verdict;

/// Who reads the trial: a partner is not shown the clicks of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// The partner whose call it is.
    Partner,
    /// Somebody who runs the service.
    Operator,
}

/// What a call would do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Trial {
    /// The adapter that read it.
    pub adapter: String,
    /// What was taken for the call, without secrets; absent without a usable adapter.
    pub call: Option<CallView>,
    /// Whether it is the partner's.
    pub authentication: Authentication,
    /// What the adapter reads in it, authentic or not.
    pub reading: ReadStep,
    /// What each report would do. Empty when nothing could be matched: without a database.
    pub reports: Vec<ReportTrial>,
    /// The verdict that the call would get; absent when it is readable and authentic but no database was asked.
    pub verdict: Option<Verdict>,
    /// Why, as a stable word.
    pub reason: Option<String>,
    /// Why, in words.
    pub words: Option<Words>,
}

/// The authentication step.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Authentication {
    /// How this partner's calls are authenticated: `path`, `signature`, `any of field, ip` …
    pub method: String,
    /// It passed.
    pub passed: bool,
    /// Why it did not.
    pub detail: Option<String>,
}

/// The reading step.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReadStep {
    /// `reports`, `ignored` or `unreadable`.
    #[schema(example = "reports")]
    pub outcome: &'static str,
    /// Why it cannot be read, as a stable word.
    pub code: Option<String>,
    /// Why it is ignored or cannot be read.
    pub detail: Option<String>,
    /// What was read.
    pub reports: Vec<Report>,
}

/// What one report would do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReportTrial {
    /// The click it is matched with.
    pub matched: Option<Match>,
    /// The verdict on it.
    pub verdict: Verdict,
    /// Why, when it moves nothing.
    pub reason: Option<String>,
    /// Why, in words.
    pub words: Option<Words>,
    /// The order's state before; absent when it is new.
    pub state_before: Option<State>,
    /// The order's state after; absent when it does not change.
    pub state_after: Option<State>,
    /// What the partner would owe.
    pub commission: Option<Amount>,
    /// What the shopper would get.
    pub cashback: Option<Amount>,
    /// What the ledger would post.
    pub transfers: Vec<TransferView>,
}

/// The click behind a report.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Match {
    /// The click's reference.
    pub click: String,
    /// When it was.
    pub clicked_at: Timestamp,
    /// The shopper, masked.
    #[schema(example = "…x7k2")]
    pub shopper: String,
    /// The store's slug.
    pub store: Option<String>,
    /// The version of the store's terms that the click was promised.
    pub terms_version: Option<i64>,
    /// What the order is promised by them.
    pub promise: Option<Promise>,
}

/// A partner that exists for a trial only: an adapter's text or a preset, with secrets and settings.
///
/// # Errors
/// [`ServiceError::Invalid`] for the adapter or the settings.
pub fn bench_partner(
    adapter: &str,
    secrets: Vec<Secret>,
    settings: PartnerSettings,
    now: Timestamp,
) -> Outcome<Arc<Partner>> {
    settings.check().map_err(|problem| ServiceError::invalid("settings.time_zone", problem.to_string()))?;
    let preset = |name: &str| crate::domain::adapter::preset(name).map(str::to_owned);
    let text = preset(adapter).unwrap_or_else(|| adapter.to_owned());
    let compiled = Adapter::parse(&text, &preset);
    let compiled = compiled.map_err(|problem| ServiceError::invalid("adapter", problem.to_string()))?;
    let row = PartnerRow {
        id: PartnerId::new(),
        slug: "trial".to_owned(),
        name: "Trial".to_owned(),
        adapter: compiled.name().to_owned(),
        settings: "{}".to_owned(),
        status: Status::Active,
        created_at: now,
    };
    Ok(Arc::new(Partner { row, settings, adapter: Ok(Arc::new(compiled)), secrets }))
}

/// Tries a call against the database as it stands. `came_at` is when it came, for those whose signed time grows old;
/// now when absent.
///
/// # Errors
/// [`ServiceError::Db`].
pub async fn try_postback(
    app: &App,
    asker: Asker,
    partner: &Arc<Partner>,
    call: RawCall,
    came_at: Option<Timestamp>,
) -> Outcome<Trial> {
    let (partner, now) = (Arc::clone(partner), app.clock.now());
    let times = Times { came_at: came_at.unwrap_or(now), now };
    app.db.read(move |conn| snapshot(conn, |conn| run(Some(conn), asker, &partner, &call, times))).await
}

/// When a call came, and when it is tried.
#[derive(Debug, Clone, Copy)]
struct Times {
    came_at: Timestamp,
    now: Timestamp,
}

/// Tries a call that came at `now` as far as that goes without a database: authentication and reading.
///
/// # Errors
/// None of its own.
pub fn try_offline(partner: &Partner, call: &RawCall, now: Timestamp) -> Outcome<Trial> {
    run(None, Asker::Partner, partner, call, Times { came_at: now, now })
}

fn run(conn: Option<&mut Conn>, asker: Asker, partner: &Partner, call: &RawCall, times: Times) -> Outcome<Trial> {
    let refused = authenticate(partner, call, times.came_at).err();
    let read = read(partner, call);
    let mut trial = Trial {
        adapter: partner.row.adapter.clone(),
        call: CallView::of(partner, call),
        authentication: Authentication {
            method: partner.adapter.as_ref().map_or_else(|_| "none".to_owned(), |adapter| adapter.auth_kind()),
            passed: refused.is_none(),
            detail: refused.as_ref().map(|(_, detail)| detail.clone()),
        },
        reading: reading(&read),
        reports: Vec::new(),
        verdict: None,
        reason: None,
        words: None,
    };
    if let (Read::Reports(reports), Some(conn)) = (&read, conn) {
        for report in reports {
            trial.reports.push(try_report(conn, asker, partner, report, times.now)?);
        }
    }
    conclude(&mut trial, refused, &read);
    Ok(trial)
}

fn reading(read: &Read) -> ReadStep {
    match read {
        Read::Reports(reports) => ReadStep { outcome: "reports", code: None, detail: None, reports: reports.clone() },
        Read::Done(verdict, code, detail) => {
            let outcome = if *verdict == Verdict::Ignored { "ignored" } else { "unreadable" };
            ReadStep { outcome, code: code.clone(), detail: detail.clone(), reports: Vec::new() }
        }
    }
}

/// The call's verdict, by the same order of weight as `ingest_postback` sums up its reports.
fn conclude(trial: &mut Trial, refused: Option<(String, String)>, read: &Read) {
    let (verdict, reason) = match (refused, read) {
        (Some((reason, _)), _) => (Some(Verdict::Refused), Some(reason)),
        (None, Read::Done(verdict, reason, _)) => (Some(*verdict), reason.clone()),
        (None, Read::Reports(_)) => {
            let order = [Verdict::Held, Verdict::Applied, Verdict::Superseded, Verdict::Unchanged];
            let weighty =
                order.into_iter().find_map(|verdict| trial.reports.iter().find(|report| report.verdict == verdict));
            (weighty.map(|report| report.verdict), weighty.and_then(|report| report.reason.clone()))
        }
    };
    trial.words = reason.as_deref().and_then(Words::of);
    trial.verdict = verdict;
    trial.reason = reason;
}

fn try_report(
    conn: &mut Conn,
    asker: Asker,
    partner: &Partner,
    report: &Report,
    now: Timestamp,
) -> Outcome<ReportTrial> {
    let loaded = Known::load(conn, &Snapshot::default(), &[(partner, report)], None)?.of(partner, report, now);
    let plan = settle::decide(partner, report, &loaded, ConversionId::new(), now, now);
    let shown = plan.next.as_ref();
    let owner = match asker {
        Asker::Partner => Some(partner.row.id),
        Asker::Operator => None,
    };
    Ok(ReportTrial {
        matched: matched(conn, owner, report, &loaded, &plan)?,
        verdict: plan.verdict,
        reason: plan.reason.map(|reason| reason.to_string()),
        words: plan.reason.map(Words::from),
        state_before: loaded.current().map(|current| current.state),
        state_after: shown.map(|next| next.state),
        commission: shown.map(|next| next.commission),
        cashback: shown.map(|next| next.cashback),
        transfers: plan.transfers.iter().map(TransferView::from).collect(),
    })
}

/// The click behind a report; with an `owner` only a click on a store of that partner.
fn matched(
    conn: &mut Conn,
    owner: Option<PartnerId>,
    report: &Report,
    loaded: &Loaded,
    plan: &Plan,
) -> Outcome<Option<Match>> {
    let id = loaded.current().map(|current| current.click_id).or_else(|| report_click(report));
    let click = match (loaded.click().copied(), id) {
        (Some(click), _) => Some(click),
        (None, Some(id)) => click_find(conn, id)?.map(NamedClick::from),
        (None, None) => None,
    };
    let Some(click) = click else { return Ok(None) };
    let store = store_find(conn, click.store_id)?;
    if owner.is_some_and(|owner| store.as_ref().is_none_or(|store| store.partner_id != owner)) {
        return Ok(None);
    }
    let conversion = plan.next.as_ref().or_else(|| loaded.current());
    Ok(Some(Match {
        click: click.id.reference(),
        clicked_at: click.at,
        shopper: masked(&click.shopper_id.reference()),
        store: store.map(|store| store.slug),
        terms_version: terms_find(conn, click.terms_id)?.map(|terms| terms.version),
        promise: conversion.map(|conversion| conversion.promise.clone()),
    }))
}
