//! A simulated provider as a server: its configuration, its state and its routes. The books, the faults, the webhooks and
//! the commands for tests are the same for all; how each speaks is its face.

use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};
use reqwest::Url;

use super::book::Book;
use super::face::Face;
use super::journal::Journal;
use super::{commands, mangle, webhooks};
use crate::base::{Clock, Secret, Timestamp};
use crate::domain::money::{Amount, MoneyError};
use crate::provider::client::{ClientError, ClientSettings, HttpClient};

/// How a sandbox bank is set up.
#[derive(Debug, Clone)]
pub struct BankConfig {
    /// What is on the account at the very first start; its currency is the account's.
    pub balance: Amount,
    /// The bearer key for everything.
    pub api_key: Secret,
    /// The bearer key that may only turn numbers into tokens; it is meant for browsers.
    pub public_key: String,
    /// Where webhooks go; `None` for none.
    pub webhook_url: Option<String>,
    /// Signs webhooks.
    pub webhook_secret: Secret,
    /// The file of the bank's own record; `None` keeps it in memory.
    pub record: Option<PathBuf>,
    /// The real clock, which the virtual one is ahead of.
    pub clock: Clock,
    /// How often due returns and webhooks are looked after; `None` for only on `POST /v1/tick`.
    pub tick: Option<Duration>,
    /// How long the second half of a slow body takes.
    pub stall: Duration,
}

/// The bank could not start.
#[derive(Debug, thiserror::Error)]
pub enum BankError {
    /// The record or the listener.
    #[error("the sandbox bank cannot start: {0}")]
    Io(#[from] io::Error),
    /// The record does not add up.
    #[error("the sandbox bank's record does not add up: {0}")]
    Money(#[from] MoneyError),
    /// The client for webhooks.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The certificate that webhooks are signed with.
    #[error("the simulator's certificate cannot be made: {0}")]
    Certificate(String),
    /// The webhook address.
    #[error("{0:?} is not a URL for webhooks")]
    WebhookUrl(String),
}

/// The running bank.
pub(super) struct Bank {
    pub(super) config: BankConfig,
    pub(super) face: Box<dyn Face>,
    pub(super) webhook_url: Option<Url>,
    pub(super) http: HttpClient,
    pub(super) delivering: tokio::sync::Mutex<()>,
    book: Mutex<Book>,
}

impl Bank {
    fn new(config: BankConfig, face: Box<dyn Face>) -> Result<Self, BankError> {
        let (journal, lines) = match &config.record {
            Some(path) => Journal::open(path)?,
            None => (Journal::Memory, Vec::new()),
        };
        let webhook_url = match &config.webhook_url {
            Some(text) => Some(Url::parse(text).map_err(|_cause| BankError::WebhookUrl(text.clone()))?),
            None => None,
        };
        // It calls Kopilka, which in a demonstration is on the same machine.
        let http = HttpClient::new(&ClientSettings { allow_private: true, ..ClientSettings::default() })?;
        let book = Mutex::new(Book::open(journal, lines, config.balance)?);
        Ok(Self { config, face, webhook_url, http, delivering: tokio::sync::Mutex::new(()), book })
    }

    /// The books. A panic elsewhere leaves them as they were written, so they stay usable.
    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bank's own time.
    pub(super) fn now(&self) -> Timestamp {
        let offset = self.book().offset;
        self.config.clock.now().plus(offset)
    }

    /// Does what is due: returns, then webhooks. Gives back how many webhooks were answered.
    pub(super) async fn tick(&self) -> u32 {
        let now = self.now();
        let settled = self.book().settle_due(now);
        if let Err(cause) = settled {
            tracing::error!(%cause, "the simulator could not return a payout");
        }
        webhooks::deliver(self).await
    }
}

/// A simulated provider as a server on `listener`. It runs when awaited or spawned, inside a Tokio or actix runtime.
///
/// # Errors
/// [`BankError`] when the record cannot be read or the listener not used.
pub(super) fn serve(config: BankConfig, face: Box<dyn Face>, listener: TcpListener) -> Result<Server, BankError> {
    let bank = Arc::new(Bank::new(config, face)?);
    if let Some(every) = bank.config.tick {
        let weak = Arc::downgrade(&bank);
        tokio::spawn(async move {
            // Ends with the server, which holds the bank.
            while let Some(bank) = weak.upgrade() {
                bank.tick().await;
                drop(bank);
                tokio::time::sleep(every).await;
            }
        });
    }
    let data = web::Data::from(Arc::clone(&bank));
    let server = HttpServer::new(move || {
        let bank = Arc::clone(&bank);
        App::new().app_data(data.clone()).configure(move |app| {
            bank.face.routes(app);
            commands::routes(app);
        })
    })
    .on_connect(mangle::keep_wire)
    .workers(1)
    .shutdown_timeout(1)
    .disable_signals()
    .listen(listener)?;
    Ok(server.run())
}
