//! Stores an adapter of the operator's own, after trying it on what partners sent lately.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::json;

use crate::base::Timestamp;
use crate::base::id::PostbackId;
use crate::base::secret::MasterKey;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::partners::{self, AdapterRow, PartnerRow, adapter_list, partner_list};
use crate::db::postbacks::{PostbackFilter, postback_list};
use crate::db::{Conn, Lane};
use crate::domain::access::{Actor, Permission};
use crate::domain::adapter::{self, Adapter, Reading};
use crate::domain::hand;
use crate::service::accounts::require;
use crate::service::catalogue::compile;
use crate::service::kept_call::raw_call;
use crate::service::stores::check_slug;
use crate::service::{App, Outcome, ServiceError};

/// Of how many calls a check tells what is different.
const TOLD: usize = 5;
/// How many of a partner's last calls are read again.
const CALLS: i64 = 50;

/// What an adapter makes of the last calls of one partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PartnerCheck {
    /// The partner's slug.
    pub partner: String,
    /// How many calls were read again.
    pub calls: usize,
    /// Those that are read differently than before.
    #[schema(value_type = Vec<String>)]
    pub changed: Vec<PostbackId>,
    /// What is different in the newest of them.
    pub differences: Vec<CallDifference>,
}

/// What an adapter reads differently in one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CallDifference {
    /// The call.
    #[schema(value_type = String, format = "uuid")]
    pub postback: PostbackId,
    /// When it came.
    pub received_at: Timestamp,
    /// The fields that differ.
    pub fields: Vec<FieldDifference>,
}

/// A field that is read differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldDifference {
    /// The report's number in the call and its field, or `reading` for the call as a whole.
    #[schema(example = "1 commission")]
    pub field: String,
    /// What was read until now; absent where there was nothing.
    pub before: Option<String>,
    /// What is read from now on.
    pub after: Option<String>,
}

/// What an adapter would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AdapterCheck {
    /// The adapter's name.
    pub name: String,
    /// When it was stored; absent when it was only tried.
    pub updated_at: Option<Timestamp>,
    /// The partners whose calls it reads, itself or through an adapter that extends it.
    pub partners: Vec<PartnerCheck>,
}

/// Stores an adapter under its name, over an older one or over a preset; with `dry_run`, only tries it.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `catalogue`; [`ServiceError::Invalid`] says which key of the
/// text is wrong; [`ServiceError::Refused`] `adapter_in_use` when a partner's calls could no longer be read.
pub async fn adapter_put(app: &App, actor: &Actor, name: &str, body: &str, dry_run: bool) -> Outcome<AdapterCheck> {
    require(actor, Permission::Catalogue)?;
    check_slug("name", name)?;
    let now = app.clock.now();
    let row = AdapterRow { name: name.to_owned(), body: body.to_owned(), updated_at: now };
    let master = app.master.clone();
    if dry_run {
        return app.db.read(move |conn| check(&master, conn, &row)).await;
    }
    let detail = json!({ "sha256": crate::base::secret::sha256_hex(body.as_bytes()) });
    let audit = AuditRow::new(now, actor, "adapter.put", format!("adapter/{name}"), &detail);
    let checked = app
        .db
        .write(Lane::House, move |conn| {
            let checked = check(&master, conn, &row)?;
            partners::adapter_put(conn, &row)?;
            audit_insert_in_tx(conn, &audit)?;
            Ok::<_, ServiceError>(AdapterCheck { updated_at: Some(now), ..checked })
        })
        .await?;
    app.reload_catalogue().await?;
    Ok(checked)
}

fn check(master: &MasterKey, conn: &mut Conn, new: &AdapterRow) -> Outcome<AdapterCheck> {
    let before = adapter_list(conn)?;
    let mut after: Vec<AdapterRow> = before.iter().filter(|row| row.name != new.name).cloned().collect();
    after.push(new.clone());
    let parsed = compile(&new.name, &after).map_err(|problem| ServiceError::invalid("body", problem))?;
    if parsed.name() != new.name {
        let problem =
            format!("name is {:?} in the text but {:?} in the address; make them the same", parsed.name(), new.name);
        return Err(ServiceError::invalid("body", problem));
    }
    let mut partners = Vec::new();
    for partner in all_partners(conn)? {
        if !uses(&partner.adapter, &after, &new.name) {
            continue;
        }
        match (compile(&partner.adapter, &before), compile(&partner.adapter, &after)) {
            (_, Ok(adapter)) => partners.push(try_on(master, conn, &partner, &before, &adapter)?),
            // It could not be used before either: no worse than it was.
            (Err(_), Err(_)) => {}
            (Ok(_), Err(problem)) => {
                let detail = format!("the calls of {:?} could no longer be read: {problem}", partner.slug);
                return Err(ServiceError::refused("adapter_in_use", detail));
            }
        }
    }
    Ok(AdapterCheck { name: new.name.clone(), updated_at: None, partners })
}

fn all_partners(conn: &mut Conn) -> Outcome<Vec<PartnerRow>> {
    let mut all: Vec<PartnerRow> = Vec::new();
    loop {
        let page = partner_list(conn, all.last().map(|row| row.id), 500)?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// True when reading by `name` needs the text of `target`.
fn uses(name: &str, own: &[AdapterRow], target: &str) -> bool {
    let asked = RefCell::new(name == target);
    let text = |wanted: &str| {
        if wanted == target {
            asked.replace(true);
        }
        let mine = own.iter().find(|row| row.name == wanted).map(|row| row.body.clone());
        mine.or_else(|| adapter::preset(wanted).map(str::to_owned))
    };
    if let Some(body) = text(name) {
        // Only which texts it asks for matters here; whether it can be used is asked elsewhere.
        let _parsed = Adapter::parse(&body, &text);
    }
    asked.into_inner()
}

fn try_on(
    master: &MasterKey,
    conn: &mut Conn,
    partner: &PartnerRow,
    before: &[AdapterRow],
    new: &Adapter,
) -> Outcome<PartnerCheck> {
    let filter = PostbackFilter { partner_id: Some(partner.id), ..PostbackFilter::default() };
    let kept = postback_list(conn, &filter, CALLS)?;
    let old = compile(&partner.adapter, before).ok();
    let (mut changed, mut told) = (Vec::new(), Vec::new());
    // What people wrote by hand is not the adapter's to read.
    for row in kept.iter().filter(|row| row.method != hand::METHOD) {
        let call = raw_call(master, row)?;
        let (before, after) = (old.as_ref().map(|old| old.read(&call)), new.read(&call));
        if before.as_ref() == Some(&after) {
            continue;
        }
        changed.push(row.id);
        if told.len() < TOLD {
            let fields = differences(&before.as_ref().map(fields).transpose()?.unwrap_or_default(), &fields(&after)?);
            told.push(CallDifference { postback: row.id, received_at: row.received_at, fields });
        }
    }
    Ok(PartnerCheck { partner: partner.slug.clone(), calls: kept.len(), changed, differences: told })
}

/// A reading, field by field.
fn fields(reading: &Reading) -> Outcome<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    let said = |text: String| BTreeMap::from([("reading".to_owned(), text)]);
    let reports = match reading {
        Reading::Ignored { why } => return Ok(said(format!("not a sale: {why}"))),
        Reading::Unreadable { code, detail } => return Ok(said(format!("{code}: {detail}"))),
        Reading::Reports(reports) => reports,
    };
    for (number, report) in (1..).zip(reports) {
        let report = serde_json::to_value(report).map_err(ServiceError::internal)?;
        for (name, value) in report.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            all.insert(format!("{number} {name}"), text);
        }
    }
    Ok(all)
}

fn differences(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<FieldDifference> {
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differ = all.into_iter().filter(|field| before.get(*field) != after.get(*field));
    differ
        .map(|field| FieldDifference {
            field: field.clone(),
            before: before.get(field).cloned(),
            after: after.get(field).cloned(),
        })
        .collect()
}
