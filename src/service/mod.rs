//! Floor 3: use cases. One file, one verb. The shape of every write is the same: load what is needed,
//! decide in pure code, write what was decided, in one transaction of one lane.

pub mod accounts;
pub mod adjust;
pub mod adjust_second;
pub mod await_order;
pub mod catalogue;
pub mod claim_files;
pub mod claims;
pub mod click_sink;
pub mod desk;
pub mod error;
pub mod extension;
pub mod hooks;
pub mod ingest_postback;
pub mod kept_call;
pub mod limits;
pub mod make_link;
pub mod notices;
pub mod outbox;
pub mod partners;
pub mod password;
pub mod payouts;
pub mod post;
pub mod reconcile;
pub mod record_click;
pub mod release_holds;
pub mod rerun_held;
pub mod reseal;
pub mod restart_job;
pub mod retention;
pub mod rotate_keys;
pub mod seal_ledger;
pub mod search;
pub mod settle;
pub mod store_clicks;
pub mod store_scores;
pub mod stores;
pub mod try_postback;
mod verify_causes;
mod verify_entries;
pub mod verify_ledger;
mod verify_payouts;
pub mod view;
pub mod watch;

use std::sync::Arc;

use crate::base::Clock;
use crate::base::secret::MasterKey;
use crate::config::Config;
use crate::db::jobs::DoneJobs;
use crate::db::{Db, SetReader, SetWriter};
use crate::domain::bot::BotPatterns;
use crate::provider::Providers;
use crate::provider::delivery::Delivery;
use crate::stream::Publisher;
use crate::web::Texts;

use accounts::Callers;
pub use error::{Outcome, ServiceError};
use payouts::advance_payout::Changes;
use payouts::request_payout::Requests;
use settle::Calls;

/// What every use case works with. Made once at the start and passed down; cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    /// The database.
    pub db: Db,
    /// Tells who calls.
    pub callers: SetReader<Callers>,
    /// Where clicks go.
    pub clicks: click_sink::ClickSink,
    /// Settles partners' calls in the same way.
    pub calls: SetWriter<Calls>,
    /// Takes requests of payouts, and
    pub requests: SetWriter<Requests>,
    /// what happens to payouts, likewise.
    pub payouts: SetWriter<Changes>,
    /// Takes jobs out of the queue that are done.
    pub done_jobs: SetWriter<DoneJobs>,
    /// The time.
    pub clock: Clock,
    /// The configuration.
    pub config: Arc<Config>,
    /// Encrypts secrets at rest.
    pub master: MasterKey,
    /// Stores, terms, partners and keys as they are now.
    pub catalogue: catalogue::Catalogue,
    /// Tells programs from shoppers.
    pub bots: BotPatterns,
    /// How many refused calls are kept.
    pub refused: ingest_postback::RefusedBudget,
    /// Who pays out.
    pub providers: Providers,
    /// Stores' scores that were asked for lately.
    pub scores: store_scores::KeptScores,
    /// Sends outgoing webhooks.
    pub hooks: Delivery,
    /// Takes letters.
    pub outbox: outbox::Outbox,
    /// The words that letters are made of.
    pub texts: Arc<Texts>,
    /// The figures of the whole business that were read last.
    pub figures: watch::KeptFigures,
    /// The extension's list that was made last.
    pub list: extension::KeptList,
}

impl App {
    /// Puts the parts together and reads the catalogue; makes the first signing key when there is none.
    ///
    /// # Errors
    /// [`ServiceError`] when the database cannot be read or written; [`payouts::providers::hold_accounts`].
    pub async fn start(db: Db, clock: Clock, config: Arc<Config>, master: MasterKey) -> Outcome<Self> {
        let app = Self::start_reading(db, clock, config, master).await?;
        if app.catalogue.snapshot().ring.is_none() {
            rotate_keys::rotate_keys(&app).await?;
        }
        payouts::providers::hold_accounts(&app).await?;
        Ok(app)
    }

    /// As [`App::start`], for those who only look: writes nothing.
    ///
    /// # Errors
    /// [`ServiceError`] when the database cannot be read.
    pub async fn start_reading(db: Db, clock: Clock, config: Arc<Config>, master: MasterKey) -> Outcome<Self> {
        let bots = BotPatterns::built_in().map_err(ServiceError::internal)?;
        let (catalogue, refused) = (catalogue::Catalogue::default(), ingest_postback::RefusedBudget::default());
        let providers = payouts::providers::configured(&config)?;
        let (scores, outbox) = (store_scores::KeptScores::default(), outbox::Outbox::configured(&config)?);
        let hooks = Delivery::new(config.outgoing.allow_private).map_err(ServiceError::internal)?;
        let (clicks, calls) = (click_sink::ClickSink::Database(db.set_writer()), db.set_writer());
        let callers = db.set_reader()?;
        let (requests, payouts, done_jobs) = (db.set_writer(), db.set_writer(), db.set_writer());
        let texts = Arc::new(Texts::built_in().map_err(ServiceError::internal)?);
        let app = Self {
            db,
            callers,
            clicks,
            calls,
            requests,
            payouts,
            done_jobs,
            clock,
            config,
            master,
            catalogue,
            bots,
            refused,
            providers,
            scores,
            hooks,
            outbox,
            texts,
            figures: watch::KeptFigures::default(),
            list: extension::KeptList::default(),
        };
        app.reload_catalogue().await?;
        Ok(app)
    }

    /// The same, with clicks that go into the stream.
    #[must_use]
    pub fn with_stream(self, publisher: Publisher) -> Self {
        Self { clicks: click_sink::ClickSink::Stream(publisher), ..self }
    }

    /// The public address of a path.
    #[must_use]
    pub fn public_url(&self, path: &str) -> String {
        format!("{}{path}", self.config.public_url.as_str().trim_end_matches('/'))
    }
}
