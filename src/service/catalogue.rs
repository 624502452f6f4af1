//! What redirects and postbacks are answered from without asking the database: stores, terms, partners with
//! their compiled adapters and opened secrets, and the ring of signing keys.
//!
//! A snapshot is replaced whole: after each change made here, every few seconds for changes made elsewhere,
//! and at once (though at most once a second) when something is asked for that the snapshot does not have.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use super::{App, Outcome, ServiceError};
use crate::base::id::{PartnerId, StoreId, TermsId};
use crate::base::secret::MasterKey;
use crate::base::{Secret, Timestamp};
use crate::db::clicks::{SigningKeyRow, signing_key_list};
use crate::db::extension::pack_list;
use crate::db::partners::{
    AdapterRow, PartnerRow, adapter_list, partner_list, partner_secret_context, partner_secret_list,
};
use crate::db::stores::{StoreRow, TermsRow, store_load_all, terms_load_all};
use crate::db::{Conn, DbError};
use crate::domain::adapter::{self, Adapter};
use crate::domain::extension::StoreExtension;
use crate::domain::extension::pack::{self, Pack};
use crate::domain::link::KeyRing;
use crate::domain::partner::{PartnerSettings, Status};
use crate::domain::rate::Terms;

/// A store, ready to redirect to.
#[derive(Debug, Clone)]
pub struct Store {
    /// Its row.
    pub row: StoreRow,
    /// Its domains.
    pub domains: Vec<String>,
    /// Its categories.
    pub categories: Vec<String>,
    /// What the browser extension may do.
    pub extension: StoreExtension,
    /// All versions of its terms, by version.
    pub terms: BTreeMap<i64, TermsVersion>,
}

/// One version of a store's terms.
#[derive(Debug, Clone)]
pub struct TermsVersion {
    /// Its id.
    pub id: TermsId,
    /// Its number.
    pub version: i64,
    /// From when links are made with it.
    pub valid_from: Timestamp,
    /// The terms.
    pub terms: Arc<Terms>,
}

impl Store {
    /// The terms that a link made at `now` promises.
    #[must_use]
    pub fn terms_at(&self, now: Timestamp) -> Option<&TermsVersion> {
        self.terms.values().rev().find(|version| version.valid_from <= now)
    }
}

/// A partner, ready to hear from.
#[derive(Debug, Clone)]
pub struct Partner {
    /// Its row.
    pub row: PartnerRow,
    /// Its settings.
    pub settings: PartnerSettings,
    /// What reads its calls; `Err` says why there is none, and its calls are held for that.
    pub adapter: Result<Arc<Adapter>, String>,
    /// The secrets that are accepted now, newest first.
    pub secrets: Vec<Secret>,
}

/// How long what is not known is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Everything at one moment.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// Stores by slug.
    pub stores: BTreeMap<String, Arc<Store>>,
    /// Partners by slug.
    pub partners: HashMap<String, Arc<Partner>>,
    /// The keys that sign links.
    pub ring: Option<KeyRing>,
    /// The stand-down packs by id, the operator's own among them.
    pub packs: BTreeMap<String, Pack>,
    stores_by_id: HashMap<StoreId, Arc<Store>>,
    partners_by_id: HashMap<PartnerId, Arc<Partner>>,
}

impl Snapshot {
    /// A store by id.
    #[must_use]
    pub fn store(&self, id: StoreId) -> Option<&Arc<Store>> {
        self.stores_by_id.get(&id)
    }
    /// A store's terms by id.
    #[must_use]
    pub fn terms(&self, store: StoreId, id: TermsId) -> Option<&Arc<Terms>> {
        self.store(store)?.terms.values().find(|version| version.id == id).map(|version| &version.terms)
    }
    /// A partner by id.
    #[must_use]
    pub fn partner(&self, id: PartnerId) -> Option<&Arc<Partner>> {
        self.partners_by_id.get(&id)
    }
}

/// The present snapshot. Cheap to clone; all clones see the same one.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    present: Arc<RwLock<Arc<Snapshot>>>,
    loaded_at_micros: Arc<AtomicI64>,
    failed_at_micros: Arc<AtomicI64>,
    /// Held by whoever looks for what is not known.
    reloading: Arc<tokio::sync::Mutex<()>>,
}

impl Catalogue {
    /// What is known now.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.present.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// When it was read, if it was.
    #[must_use]
    pub fn loaded_at(&self) -> Option<Timestamp> {
        let micros = self.loaded_at_micros.load(Ordering::SeqCst);
        Timestamp::from_micros(micros).filter(|_| micros != 0)
    }

    fn replace(&self, snapshot: Snapshot, at: Timestamp) {
        *self.present.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
        self.loaded_at_micros.store(at.micros(), Ordering::SeqCst);
    }
}

impl App {
    /// Reads the catalogue anew. To be called after each change to it.
    ///
    /// # Errors
    /// [`ServiceError`] when the database cannot be read; the old snapshot then stays.
    pub async fn reload_catalogue(&self) -> Outcome<()> {
        let (master, now) = (self.master.clone(), self.clock.now());
        let snapshot = self.db.read(move |conn| load(conn, &master, now)).await?;
        self.catalogue.replace(snapshot, now);
        Ok(())
    }

    /// A partner by slug, looked for in the database when the snapshot is older than a second.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], or the database's failure.
    pub async fn partner(&self, slug: &str) -> Outcome<Arc<Partner>> {
        if let Some(partner) = self.catalogue.snapshot().partners.get(slug) {
            return Ok(Arc::clone(partner));
        }
        self.reload_when_stale().await?;
        self.catalogue.snapshot().partners.get(slug).cloned().ok_or(ServiceError::NotFound("partner"))
    }

    /// A store by slug, looked for in the database when the snapshot is older than a second.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], or the database's failure.
    pub async fn store(&self, slug: &str) -> Outcome<Arc<Store>> {
        if let Some(store) = self.catalogue.snapshot().stores.get(slug) {
            return Ok(Arc::clone(store));
        }
        self.reload_when_stale().await?;
        self.catalogue.snapshot().stores.get(slug).cloned().ok_or(ServiceError::NotFound("store"))
    }

    /// Strangers may ask for what is not there as often as they like: the database is asked once a second, also while it
    /// does not answer, and by one of them at a time; the others wait for that answer, but not long.
    pub(super) async fn reload_when_stale(&self) -> Outcome<()> {
        let second_ago = self.clock.now().micros() - 1_000_000;
        let since = |micros: &AtomicI64| micros.load(Ordering::SeqCst) > second_ago;
        let failed = || Err(DbError::Unavailable("the catalogue cannot be read now".to_owned()).into());
        let known = || {
            if since(&self.catalogue.loaded_at_micros) {
                return Some(Ok(()));
            }
            since(&self.catalogue.failed_at_micros).then(failed)
        };
        if let Some(known) = known() {
            return known;
        }
        let read = async {
            let turn = Arc::clone(&self.catalogue.reloading).lock_owned().await;
            if let Some(known) = known() {
                return known;
            }
            // A task of its own: the turn lasts as long as the question, also when whoever asked has gone.
            let app = self.clone();
            let reading = tokio::spawn(async move {
                let _turn = turn;
                app.reload_catalogue().await
            });
            reading.await.map_err(ServiceError::internal)?
        };
        let done = tokio::time::timeout(PATIENCE, read).await.unwrap_or_else(|_late| failed());
        if done.is_err() {
            self.catalogue.failed_at_micros.store(self.clock.now().micros(), Ordering::SeqCst);
        }
        done
    }
}

fn load(conn: &mut Conn, master: &MasterKey, now: Timestamp) -> Outcome<Snapshot> {
    let mut snapshot = Snapshot { ring: load_ring(conn, master, now)?, ..Snapshot::default() };
    snapshot.packs = pack::all(pack::built_in().map_err(ServiceError::internal)?, pack_list(conn)?);
    let adapters = adapter_list(conn)?;
    let mut after = None;
    loop {
        let page = partner_list(conn, after, 500)?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for row in page {
            let partner = Arc::new(load_partner(conn, master, now, row, &adapters)?);
            snapshot.partners_by_id.insert(partner.row.id, Arc::clone(&partner));
            snapshot.partners.insert(partner.row.slug.clone(), partner);
        }
    }
    let mut terms: HashMap<StoreId, Vec<TermsRow>> = HashMap::new();
    for row in terms_load_all(conn)? {
        terms.entry(row.store_id).or_default().push(row);
    }
    for row in store_load_all(conn)? {
        let versions = terms.remove(&row.id).unwrap_or_default();
        let store = Arc::new(load_store(row, versions)?);
        snapshot.stores_by_id.insert(store.row.id, Arc::clone(&store));
        snapshot.stores.insert(store.row.slug.clone(), store);
    }
    Ok(snapshot)
}

fn load_store(row: StoreRow, versions: Vec<TermsRow>) -> Result<Store, DbError> {
    let mut terms = BTreeMap::new();
    for version in versions {
        let entry = TermsVersion {
            id: version.id,
            version: version.version,
            valid_from: version.valid_from,
            terms: Arc::new(version.terms()?),
        };
        terms.insert(entry.version, entry);
    }
    let (domains, categories, extension) = (row.domains()?, row.categories()?, row.extension()?);
    Ok(Store { domains, categories, extension, terms, row })
}

fn load_partner(
    conn: &mut Conn,
    master: &MasterKey,
    now: Timestamp,
    row: PartnerRow,
    own: &[AdapterRow],
) -> Outcome<Partner> {
    let context = partner_secret_context(row.id);
    let mut secrets = Vec::new();
    for secret in partner_secret_list(conn, row.id, now)? {
        secrets.push(master.open(&context, &secret.sealed).map_err(ServiceError::internal)?);
    }
    let adapter = compile(&row.adapter, own).map(Arc::new);
    if let Err(problem) = &adapter {
        tracing::error!(partner = row.slug, problem, "the partner's adapter cannot be used; its calls are held");
    }
    Ok(Partner { settings: row.settings()?, adapter, secrets, row })
}

/// The adapter of this name: the operator's own, or a preset.
///
/// # Errors
/// What is wrong with it, in words.
pub fn compile(name: &str, own: &[AdapterRow]) -> Result<Adapter, String> {
    let text = |wanted: &str| {
        let mine = own.iter().find(|row| row.name == wanted).map(|row| row.body.clone());
        mine.or_else(|| adapter::preset(wanted).map(str::to_owned))
    };
    let body = text(name).ok_or_else(|| format!("there is no adapter named {name:?}"))?;
    Adapter::parse(&body, &text).map_err(|error| error.to_string())
}

/// What a sealed signing key is bound to.
#[must_use]
pub fn signing_key_context(id: &str) -> String {
    format!("signing_key/{id}")
}

fn load_ring(conn: &mut Conn, master: &MasterKey, now: Timestamp) -> Outcome<Option<KeyRing>> {
    let open = |row: SigningKeyRow| {
        let secret = master.open(&signing_key_context(&row.id), &row.sealed).map_err(ServiceError::internal)?;
        Ok::<_, ServiceError>((row.id, secret))
    };
    let keys: Vec<_> = signing_key_list(conn, now)?.into_iter().map(open).collect::<Result<_, _>>()?;
    Ok((!keys.is_empty()).then(|| KeyRing::new(&keys)))
}

impl Store {
    /// True when links are made and followed.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.row.status == Status::Active
    }
}
