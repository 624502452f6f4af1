//! The signed list of stores and stand-down packs: made from the catalogue, the same bytes for everybody, kept in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::json;

use super::list_key::{ListKeys, list_keys};
use crate::base::Timestamp;
use crate::base::secret::sha256_hex;
use crate::db::marks::{MarkRow, mark_find, mark_set};
use crate::db::{Conn, DbError, Lane};
use crate::domain::extension::list::{Content, Issue, ScoreLine, ServiceLine, Shown, StoreLine};
use crate::service::catalogue::{Snapshot, Store};
use crate::service::store_scores::store_scores;
use crate::service::{App, Outcome, ServiceError};

/// The name of the row that has the list's version.
const VERSION: &str = "extension_list";
/// The name of the row that has the scores which stand in the list.
const SCORES: &str = "extension_scores";
/// How long scores stand in the list before they are made anew, in seconds: each change is a new version for every browser.
const SCORES_LAST: i64 = 6 * 3600;
/// How long a list is kept while nothing changed, in seconds: terms come into force by themselves.
const KEPT: i64 = 60;

/// The list as it is given out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SignedList {
    /// The list as JSON (`Payload`), base64url.
    pub payload: String,
    /// Ed25519 over `kopilka-extension-list-v1`, a line feed and the payload's bytes; base64url.
    pub signature: String,
    /// Which key signed it.
    pub key_id: String,
    /// The keys that came after the first one, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rotation: Vec<Rotation>,
}

/// A key that the one before it vouches for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Rotation {
    /// Its short name.
    pub key_id: String,
    /// Its 32 bytes, base64url.
    pub public_key: String,
    /// Ed25519 by the key before, over `kopilka-extension-key-v1`, a line feed and the 32 bytes; base64url.
    pub signature_by_previous: String,
}

/// A list ready to be sent.
#[derive(Debug)]
pub struct Ready {
    /// [`SignedList`] as JSON.
    pub body: Vec<u8>,
    /// SHA-256 of that, hex.
    pub tag: String,
    /// The version in it.
    pub issue: Issue,
    /// How many stores are in it.
    pub stores: usize,
}

#[derive(Debug)]
struct Kept {
    of: Arc<Snapshot>,
    made_at: Timestamp,
    ready: Arc<Ready>,
}

/// The list that was made last.
#[derive(Debug, Clone, Default)]
pub struct KeptList {
    kept: Arc<Mutex<Option<Kept>>>,
    /// Held while one is made, so that many who ask at once wait for one.
    making: Arc<tokio::sync::Mutex<()>>,
}

impl KeptList {
    fn fresh(&self, of: &Arc<Snapshot>, now: Timestamp) -> Option<Arc<Ready>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |kept: &&Kept| Arc::ptr_eq(&kept.of, of) && now < kept.made_at.plus_seconds(KEPT);
        kept.as_ref().filter(fits).map(|kept| Arc::clone(&kept.ready))
    }

    fn keep(&self, kept: Kept) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }

    /// Makes the next one who asks make it anew.
    pub(super) fn forget(&self) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// The signed list as it is now. A changed one gets a higher version, which is remembered before anybody sees it.
///
/// # Errors
/// The database's failures; [`ServiceError::Internal`] when the key cannot be opened.
pub async fn signed_list(app: &App) -> Outcome<Arc<Ready>> {
    let fresh = || app.list.fresh(&app.catalogue.snapshot(), app.clock.now());
    if let Some(ready) = fresh() {
        return Ok(ready);
    }
    let _one = app.list.making.lock().await;
    if let Some(ready) = fresh() {
        return Ok(ready);
    }
    let (of, now) = (app.catalogue.snapshot(), app.clock.now());
    let content = content(app, &of, now).await?;
    let stores = content.stores.len();
    let issue = issue(app, content.digest().map_err(ServiceError::internal)?, now).await?;
    let payload = content.payload(&issue).map_err(ServiceError::internal)?;
    let signed = sign(&list_keys(app).await?, &payload);
    let body = serde_json::to_vec(&signed).map_err(ServiceError::internal)?;
    let ready = Arc::new(Ready { tag: sha256_hex(&body), body, issue, stores });
    app.list.keep(Kept { of, made_at: now, ready: Arc::clone(&ready) });
    Ok(ready)
}

fn sign(keys: &ListKeys, payload: &[u8]) -> SignedList {
    let rotation = keys.rows.iter().rev().filter_map(|row| {
        let signature_by_previous = row.vouched.clone()?;
        Some(Rotation { key_id: row.id.clone(), public_key: row.public_key.clone(), signature_by_previous })
    });
    SignedList {
        payload: URL_SAFE_NO_PAD.encode(payload),
        signature: keys.key.sign_list(payload),
        key_id: keys.id.clone(),
        rotation: rotation.collect(),
    }
}

async fn content(app: &App, of: &Snapshot, now: Timestamp) -> Outcome<Content> {
    let told: Vec<&Store> = of
        .stores
        .values()
        .map(AsRef::as_ref)
        .filter(|store: &&Store| store.is_active() && store.extension.allows(&store.domains, &of.packs))
        .collect();
    let scores = scores(app, &told, now).await?;
    let line = |store: &&Store| {
        let shown = Shown {
            slug: &store.row.slug,
            name: &store.row.name,
            domains: &store.domains,
            terms: &store.terms_at(now)?.terms,
            extension: &store.extension,
        };
        StoreLine::of(shown, scores.get(&store.row.slug).cloned().flatten(), &of.packs)
    };
    Ok(Content {
        service: ServiceLine {
            name: app.texts.text(app.config.language, "brand", &[]),
            origin: app.config.public_url.origin().ascii_serialization(),
            go_prefix: format!("{}/go/", app.config.public_url.path().trim_end_matches('/')),
        },
        stores: told.iter().filter_map(line).collect(),
        packs: of.packs.values().cloned().collect(),
    })
}

type Scores = BTreeMap<String, Option<ScoreLine>>;

/// The scores that stand in the list. All nodes write the same, since they are kept in the database.
async fn scores(app: &App, stores: &[&Store], now: Timestamp) -> Outcome<Scores> {
    let known = app.db.read(|conn| mark_find(conn, SCORES)).await?;
    if let Some(mark) = known.filter(|mark| now < mark.at.plus_seconds(SCORES_LAST)) {
        let scores: Scores = read(SCORES, &mark)?;
        if stores.iter().all(|store| scores.contains_key(&store.row.slug)) {
            return Ok(scores);
        }
    }
    let made = store_scores(app, stores).await?;
    let lines = made.iter().map(|score| score.as_ref().and_then(ScoreLine::of));
    let scores: Scores = stores.iter().map(|store| store.row.slug.clone()).zip(lines).collect();
    let body = json!(scores).to_string();
    app.db.write(Lane::House, move |conn| mark_set(conn, &mark(SCORES, now, &body))).await?;
    Ok(scores)
}

/// The version of this content.
async fn issue(app: &App, digest: String, now: Timestamp) -> Outcome<Issue> {
    let known = app.db.read(last_issue).await?;
    if let Some(issue) = known.filter(|issue| issue.is_of(&digest, now)) {
        return Ok(issue);
    }
    app.db
        .write(Lane::House, move |conn| {
            let before = last_issue(conn)?;
            let issue = Issue::next(before.as_ref(), &digest, now);
            let body = serde_json::to_string(&issue).map_err(|cause| DbError::corrupt("marks.body", cause))?;
            mark_set(conn, &mark(VERSION, now, &body))?;
            Ok::<_, DbError>(issue)
        })
        .await
        .map_err(ServiceError::from)
}

fn last_issue(conn: &mut Conn) -> Result<Option<Issue>, DbError> {
    let known = mark_find(conn, VERSION)?;
    known.map(|mark| read(VERSION, &mark)).transpose()
}

fn mark(name: &str, at: Timestamp, body: &str) -> MarkRow {
    MarkRow { name: name.to_owned(), at, body: body.to_owned() }
}

fn read<T: serde::de::DeserializeOwned>(name: &str, mark: &MarkRow) -> Result<T, DbError> {
    serde_json::from_str(&mark.body).map_err(|cause| DbError::corrupt(&format!("marks.{name}"), cause))
}
