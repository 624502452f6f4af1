//! The stream: a replicated log (NATS JetStream) between the servers that follow links and the database. The only place
//! with async-nats. It carries bytes and does not know what they mean.
//!
//! A *message* holds many *lines*, one for each thing that was waiting while the message before it was on its way. Messages
//! stay in the stream until a worker says that they are done; what no worker can use is put into a second stream,
//! `{name}-aside`, where it stays until somebody takes it away.

mod consumer;
mod publisher;

use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::context::ContextBuilder;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};
use async_nats::jetstream::{Context, stream};
use async_nats::{ConnectOptions, Event};
use tokio::time::{Instant, sleep};

use crate::config::Stream as Settings;

pub use consumer::{Consumer, Message};
pub use publisher::Publisher;

/// What messages of this version are marked with. A worker that does not know the mark keeps the message aside.
const FORMAT: &str = "clicks-1";
/// The header that holds the mark.
const FORMAT_HEADER: &str = "Kopilka-Format";
/// How long one request to the servers may take.
const REQUEST: Duration = Duration::from_secs(2);
/// How long the servers are given to start and to choose leaders.
const SETTLING: Duration = Duration::from_secs(30);
/// Within this time a message that comes again with the same id is recognised by the servers.
const DUPLICATES: Duration = Duration::from_secs(120);

/// What can go wrong with the stream.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StreamError {
    /// No connection, no acknowledgement in time, or the servers refused.
    #[error("the stream of clicks is not available: {0}")]
    Unavailable(String),
    /// More is waiting than may.
    #[error("too many clicks wait for the stream")]
    Overloaded,
    /// It is set up in a way that could lose clicks.
    #[error("the stream {name} cannot be used: {problem}")]
    Unfit {
        /// The stream.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

fn unavailable(cause: impl std::fmt::Display) -> StreamError {
    StreamError::Unavailable(cause.to_string())
}

/// A connection to the servers, which is opened again by itself when it breaks.
#[derive(Debug, Clone)]
struct Connection {
    context: Context,
    settings: Settings,
}

impl Connection {
    /// Connects to one of the servers, and makes the stream when it is not there.
    async fn open(settings: &Settings) -> Result<Self, StreamError> {
        let mut options = ConnectOptions::new()
            .name("kopilka")
            .request_timeout(Some(REQUEST))
            .ping_interval(Duration::from_secs(5))
            .reconnect_delay_callback(|tries| {
                Duration::from_millis(100).saturating_mul(tries.min(10).try_into().unwrap_or(10))
            })
            .event_callback(|event| async move { tell(&event) });
        if let Some(password) = &settings.password {
            options = match &settings.user {
                Some(user) => options.user_and_password(user.clone(), password.expose().to_owned()),
                None => options.token(password.expose().to_owned()),
            };
        }
        if let Some(file) = &settings.ca_file {
            options = options.add_root_certificates(file.clone());
        }
        let connect = async || options.clone().connect(settings.servers.clone()).await.map_err(unavailable);
        let client = settled(connect).await?;
        let context = ContextBuilder::new().timeout(REQUEST).build(client);
        let connection = Self { context, settings: settings.clone() };
        settled(async || connection.make().await).await?;
        Ok(connection)
    }

    fn connected(&self) -> bool {
        self.context.client().connection_state() == State::Connected
    }

    /// Makes the streams where they are missing.
    async fn make(&self) -> Result<stream::Stream, StreamError> {
        let aside = self.stream_config(self.aside(), RetentionPolicy::Limits);
        self.context.get_or_create_stream(aside).await.map_err(unavailable)?;
        let clicks = self.stream_config(self.settings.name.clone(), RetentionPolicy::WorkQueue);
        let made = self.context.get_or_create_stream(clicks).await.map_err(unavailable)?;
        let is = &made.cached_info().config;
        let unfit = |problem| StreamError::Unfit { name: self.settings.name.clone(), problem };
        if is.storage != StorageType::File {
            return Err(unfit("it is kept in memory, not in files"));
        }
        if is.retention != RetentionPolicy::WorkQueue || is.discard != DiscardPolicy::New {
            return Err(unfit("it may drop clicks before they are stored: it needs retention workqueue, discard new"));
        }
        if is.num_replicas != usize::from(self.settings.replicas) {
            let (is, wanted) = (is.num_replicas, self.settings.replicas);
            tracing::warn!(is, wanted, "the stream has another number of replicas than stream.replicas says");
        }
        Ok(made)
    }

    fn stream_config(&self, name: String, retention: RetentionPolicy) -> Config {
        Config {
            subjects: vec![name.clone()],
            name,
            retention,
            storage: StorageType::File,
            // A full stream takes no more clicks; it never drops one.
            discard: DiscardPolicy::New,
            num_replicas: usize::from(self.settings.replicas),
            duplicate_window: DUPLICATES,
            ..Config::default()
        }
    }

    fn aside(&self) -> String {
        format!("{}-aside", self.settings.name)
    }

    /// Hands a message to one of the streams and waits until enough servers have it on their disks. A message with an id
    /// that was sent before is the same message, so it can be sent until it is acknowledged.
    async fn send(&self, name: &str, id: &str, message: PublishMessage) -> Result<(), StreamError> {
        if !self.connected() {
            return Err(unavailable("no connection to the NATS servers"));
        }
        // Named, so that no other stream that happens to listen acknowledges it.
        let message = message.message_id(id).expected_stream(name);
        let sent = self.context.send_publish(name.to_owned(), message).await.map_err(unavailable)?;
        sent.await.map(drop).map_err(unavailable)
    }
}

/// Tries until it is done, or until [`SETTLING`] has passed. Servers that have just started, or have just lost one of theirs,
/// need a while to choose a leader, and each stream and each consumer has a leader of its own.
async fn settled<T>(what: impl AsyncFn() -> Result<T, StreamError>) -> Result<T, StreamError> {
    let deadline = Instant::now() + SETTLING;
    loop {
        match what().await {
            Err(error @ StreamError::Unavailable(_)) if Instant::now() < deadline => {
                tracing::warn!(%error, "trying again");
                sleep(REQUEST / 4).await;
            }
            other => return other,
        }
    }
}

fn tell(event: &Event) {
    match event {
        Event::Connected => tracing::info!("connected to a NATS server"),
        Event::Disconnected
        | Event::LameDuckMode
        | Event::Draining
        | Event::Closed
        | Event::SlowConsumer(_)
        | Event::ServerError(_)
        | Event::ClientError(_) => tracing::warn!(%event, "the connection to the NATS servers"),
    }
}
