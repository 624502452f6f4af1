//! Brings in many stores at once: adds those that are new, changes those that differ, and leaves the rest alone, so
//! that the same file can be brought in again. A row that is wrong is reported and keeps no other row back.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use super::check;
use super::doubts::link_doubts;
use super::import_row::{BadRow, ImportRow, Numbered};
use super::store_add::no_such_partner;
use super::terms_add::check_terms;
use crate::base::Timestamp;
use crate::base::id::{StoreId, TermsId};
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::partners::partner_find_by_slug;
use crate::db::stores::{StoreRow, TermsRow, store_find_by_slug, store_insert, store_update, terms_insert, terms_list};
use crate::db::{Conn, Lane};
use crate::domain::access::{Actor, Permission};
use crate::domain::extension::ExtensionChange;
use crate::domain::extension::pack::Pack;
use crate::service::accounts::require;
use crate::service::catalogue::Snapshot;
use crate::service::{App, Outcome, ServiceError};

/// How many stores one transaction takes: others may write in between.
const CHUNK: usize = 500;

/// What an import did, or with `dry_run` would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Imported {
    /// Stores that were added.
    pub added: usize,
    /// Stores that were changed.
    pub changed: usize,
    /// Stores that were as the file says.
    pub unchanged: usize,
    /// New versions of terms.
    pub terms: usize,
    /// Rows that were not taken.
    pub bad: Vec<BadRow>,
    /// What is doubtful about rows that were taken: a link that does not carry the click where the partner's reports
    /// bring it back from.
    pub warnings: Vec<BadRow>,
    /// What was done with each row that was taken, in the order of the file.
    pub lines: Vec<ImportLine>,
}

/// What was done with a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ImportLine {
    /// The line where the row begins.
    pub line: u64,
    /// The store's slug.
    pub slug: String,
    /// It was added, changed, or is as it was.
    pub done: ImportDone,
    /// The fields that were changed.
    pub fields: Vec<&'static str>,
    /// The new version of its terms, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms: Option<i64>,
}

crate::text_enum! {
    /// What becomes of a row's store.
    pub enum ImportDone {
        /// It is new.
        Added = "added",
        /// It was there and is changed.
        Changed = "changed",
        /// It was as the file says.
        Unchanged = "unchanged",
    }
}

/// A row that is right in itself.
#[derive(Clone)]
struct Wanted {
    line: u64,
    partner: String,
    store: StoreRow,
    extension: ExtensionChange,
    terms: Option<String>,
    terms_id: TermsId,
    audit: AuditRow,
}

/// What has to be written for a row.
struct Step {
    added: bool,
    changed: Option<StoreRow>,
    terms: Option<TermsRow>,
    store: StoreId,
    /// The fields that differ from what was there.
    fields: Vec<&'static str>,
}

impl Step {
    fn line(&self, wanted: &Wanted) -> ImportLine {
        let done = match (self.added, &self.changed) {
            (true, _) => ImportDone::Added,
            (false, Some(_)) => ImportDone::Changed,
            (false, None) => ImportDone::Unchanged,
        };
        let terms = self.terms.as_ref().map(|terms| terms.version);
        ImportLine { line: wanted.line, slug: wanted.store.slug.clone(), done, fields: self.fields.clone(), terms }
    }
}

/// Brings in the rows of `file`; with `dry_run` only tells what it would do. `progress` hears how many rows are done.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `catalogue`; the database's failures, after which the rows of
/// earlier transactions are in, and the file can be brought in again.
pub async fn store_import(
    app: &App,
    actor: &Actor,
    file: &str,
    rows: Vec<Numbered>,
    dry_run: bool,
    progress: &(dyn Fn(usize) + Sync),
) -> Outcome<Imported> {
    require(actor, Permission::Catalogue)?;
    let now = app.clock.now();
    let total = rows.len();
    let mut all = Imported::default();
    let known = app.catalogue.snapshot();
    let wanted = check_rows(actor, file, rows, (&known.packs, now), &mut all);
    let mut done = total.saturating_sub(wanted.len());
    for chunk in wanted.chunks(CHUNK).map(<[Wanted]>::to_vec) {
        done = done.saturating_add(chunk.len());
        all.warnings.extend(warnings(&known, file, &chunk));
        let (name, known) = (file.to_owned(), Arc::clone(&known));
        let part = if dry_run {
            app.db.read(move |conn| take_chunk(conn, (&name, &known), &chunk, now, false)).await?
        } else {
            app.db.write(Lane::House, move |conn| take_chunk(conn, (&name, &known), &chunk, now, true)).await?
        };
        all.added = all.added.saturating_add(part.added);
        all.changed = all.changed.saturating_add(part.changed);
        all.unchanged = all.unchanged.saturating_add(part.unchanged);
        all.terms = all.terms.saturating_add(part.terms);
        all.bad.extend(part.bad);
        all.lines.extend(part.lines);
        progress(done);
    }
    all.bad.sort_by_key(|bad| bad.line);
    all.warnings.retain(|warning| !all.bad.iter().any(|bad| bad.line == warning.line));
    if !dry_run {
        app.reload_catalogue().await?;
    }
    Ok(all)
}

/// What rows are checked against: the stand-down packs, and the time.
type Against<'a> = (&'a BTreeMap<String, Pack>, Timestamp);

fn check_rows(actor: &Actor, file: &str, rows: Vec<Numbered>, checked: Against<'_>, all: &mut Imported) -> Vec<Wanted> {
    let mut lines: HashMap<String, u64> = HashMap::new();
    let mut wanted = Vec::with_capacity(rows.len());
    for Numbered { line, row } in rows {
        let mut bad =
            |slug: String, problem: String| all.bad.push(BadRow { file: file.to_owned(), line, slug, problem });
        let row = match row {
            Ok(row) => row,
            Err(problem) => {
                bad(String::new(), problem);
                continue;
            }
        };
        if let Some(first) = lines.get(&row.slug) {
            bad(row.slug, format!("slug: stands in line {first} already; leave one of them"));
            continue;
        }
        lines.insert(row.slug.clone(), line);
        let audit = AuditRow::new(checked.1, actor, "store.import", "store", &json!({ "file": file, "line": line }));
        match check_row(&row, line, checked, audit) {
            Ok(checked) => wanted.push(checked),
            Err(error) => bad(row.slug, error.to_string()),
        }
    }
    wanted
}

fn check_row(row: &ImportRow, line: u64, (packs, now): Against<'_>, audit: AuditRow) -> Outcome<Wanted> {
    let terms = row.terms()?.as_ref().map(check_terms).transpose()?;
    let store = row.store().row(packs, now)?;
    Ok(Wanted {
        line,
        partner: row.partner.clone(),
        store,
        extension: row.extension(),
        terms,
        terms_id: TermsId::new(),
        audit,
    })
}

fn warnings(known: &Snapshot, file: &str, chunk: &[Wanted]) -> Vec<BadRow> {
    let of_row = |wanted: &Wanted| {
        let doubts = link_doubts(known.partners.get(&wanted.partner).map(AsRef::as_ref), &wanted.store);
        let (line, slug) = (wanted.line, wanted.store.slug.clone());
        doubts.into_iter().map(move |problem| BadRow { file: file.to_owned(), line, slug: slug.clone(), problem })
    };
    chunk.iter().flat_map(of_row).collect()
}

fn take_chunk(
    conn: &mut Conn,
    (file, known): (&str, &Snapshot),
    chunk: &[Wanted],
    now: Timestamp,
    write: bool,
) -> Outcome<Imported> {
    let mut part = Imported::default();
    for wanted in chunk {
        let step = match decide(conn, &known.packs, wanted, now) {
            Ok(step) => step,
            Err(error @ ServiceError::Invalid { .. }) => {
                let (slug, problem) = (wanted.store.slug.clone(), error.to_string());
                part.bad.push(BadRow { file: file.to_owned(), line: wanted.line, slug, problem });
                continue;
            }
            Err(error) => return Err(error),
        };
        part.added = part.added.saturating_add(usize::from(step.added));
        part.changed = part.changed.saturating_add(usize::from(!step.added && step.changed.is_some()));
        part.unchanged = part.unchanged.saturating_add(usize::from(step.changed.is_none()));
        part.terms = part.terms.saturating_add(usize::from(step.terms.is_some()));
        part.lines.push(step.line(wanted));
        if write {
            apply(conn, &step, &wanted.audit)?;
        }
    }
    Ok(part)
}

fn decide(conn: &mut Conn, packs: &BTreeMap<String, Pack>, wanted: &Wanted, now: Timestamp) -> Outcome<Step> {
    let partner = partner_find_by_slug(conn, &wanted.partner)?.ok_or_else(|| no_such_partner(&wanted.partner))?;
    let known = store_find_by_slug(conn, &wanted.store.slug)?;
    let added = known.is_none();
    let (store, changed, fields) = match known {
        None => {
            let row = StoreRow { partner_id: partner.id, ..wanted.store.clone() };
            (row.id, Some(row), Vec::new())
        }
        Some(row) if row.partner_id != partner.id => {
            let problem = "the store is there with another partner, and keeps it; give the new one another slug";
            return Err(ServiceError::invalid("partner", problem));
        }
        Some(row) => {
            let extension = match wanted.extension == ExtensionChange::default() {
                true => row.extension.clone(),
                false => check::extension(&wanted.extension.on(row.extension()?), &wanted.store.domains()?, packs)?,
            };
            let asked = StoreRow { extension, ..wanted.store.clone() };
            let fields = differences(&row, &asked);
            let kept = StoreRow {
                id: row.id,
                partner_id: row.partner_id,
                status: row.status,
                created_at: row.created_at,
                ..asked
            };
            (row.id, (!fields.is_empty()).then_some(kept), fields)
        }
    };
    Ok(Step { added, changed, terms: decide_terms(conn, wanted, store, now)?, store, fields })
}

/// The fields in which a row differs from what is there.
fn differences(old: &StoreRow, new: &StoreRow) -> Vec<&'static str> {
    let fields = [
        ("name", old.name == new.name),
        ("home_url", old.home_url == new.home_url),
        ("domains", old.domains == new.domains),
        ("landing_url", old.landing_url == new.landing_url),
        ("deep_link_url", old.deep_link_url == new.deep_link_url),
        ("categories", old.categories == new.categories),
        ("extension", old.extension == new.extension),
    ];
    fields.into_iter().filter(|(_, same)| !same).map(|(field, _)| field).collect()
}

fn decide_terms(conn: &mut Conn, wanted: &Wanted, store: StoreId, now: Timestamp) -> Outcome<Option<TermsRow>> {
    let Some(body) = &wanted.terms else { return Ok(None) };
    let newest = terms_list(conn, store)?.into_iter().next();
    if newest.as_ref().is_some_and(|row| row.body == *body) {
        return Ok(None);
    }
    let version = newest.map_or(0, |row| row.version).saturating_add(1);
    let (id, body) = (wanted.terms_id, body.clone());
    Ok(Some(TermsRow { id, store_id: store, version, valid_from: now, body, created_at: now }))
}

fn apply(conn: &mut Conn, step: &Step, audit: &AuditRow) -> Outcome<()> {
    match &step.changed {
        Some(row) if step.added => store_insert(conn, row)?,
        Some(row) => drop(store_update(conn, row)?),
        None => {}
    }
    if let Some(terms) = &step.terms {
        terms_insert(conn, terms)?;
    }
    if step.changed.is_some() || step.terms.is_some() {
        let subject = format!("store/{}", step.store);
        audit_insert_in_tx(conn, &AuditRow { subject, ..audit.clone() })?;
    }
    Ok(())
}
