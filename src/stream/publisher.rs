//! Puts lines into the stream, as many a message as are waiting.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::message::PublishMessage;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};

use super::{Connection, FORMAT, FORMAT_HEADER, Settings, StreamError, unavailable};
use crate::base::Id;

/// How many lines may wait before callers are told to come back.
const QUEUE: usize = 8192;
/// How many bytes a message holds, at which no further line is added. The servers take a megabyte.
const MESSAGE: usize = 512 * 1024;
/// How long an acknowledgement is waited for before the message is sent again.
const ACKNOWLEDGEMENT: Duration = Duration::from_millis(1500);
/// How long a click waits, and how long a message is tried: somewhat longer than the servers need for another leader.
const PATIENCE: Duration = Duration::from_secs(6);
/// Why a click or a message is given up.
const LATE: &str = "no acknowledgement in time";
/// How long it rests between two tries.
const REST: Duration = Duration::from_millis(100);

enum MessageMark {}

struct Waiting {
    line: Vec<u8>,
    reply: oneshot::Sender<Result<(), StreamError>>,
}

/// Puts lines into the stream. Cheap to clone; all clones share one queue, and one message is on its way at a time.
#[derive(Debug, Clone)]
pub struct Publisher {
    queue: mpsc::Sender<Waiting>,
    connection: Arc<Connection>,
}

impl Publisher {
    /// Connects, makes the stream when it is not there, and starts the task that sends. Must be called inside a tokio
    /// runtime; the task ends with the last clone.
    ///
    /// # Errors
    /// [`StreamError`] when no server answers, or when the stream could lose clicks.
    pub async fn start(settings: &Settings) -> Result<Self, StreamError> {
        let connection = Arc::new(Connection::open(settings).await?);
        let (queue, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(run(Arc::clone(&connection), waiting));
        Ok(Self { queue, connection })
    }

    /// Whether a server can be reached now.
    #[must_use]
    pub fn connected(&self) -> bool {
        self.connection.connected()
    }

    /// Puts a line, which holds no line end, into the stream, together with whatever else is waiting. Answers when enough
    /// servers have it on their disks.
    ///
    /// # Errors
    /// [`StreamError::Overloaded`] at once when too many wait; [`StreamError::Unavailable`] when it was not acknowledged
    /// within six seconds, whatever it waited behind. Then it is unknown whether the line is in the stream.
    pub async fn put(&self, line: Vec<u8>) -> Result<(), StreamError> {
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(Waiting { line, reply }).map_err(|error| match error {
            TrySendError::Full(_) => StreamError::Overloaded,
            TrySendError::Closed(_) => unavailable("the sender has stopped"),
        })?;
        match timeout(PATIENCE, answer).await {
            Ok(done) => done.map_err(|_gone| unavailable("the sender has stopped"))?,
            Err(_late) => Err(unavailable(LATE)),
        }
    }
}

async fn run(connection: Arc<Connection>, mut waiting: mpsc::Receiver<Waiting>) {
    let mut failed = false;
    while let Some(first) = waiting.recv().await {
        let mut bytes = first.line.len();
        let mut batch = vec![first];
        while bytes < MESSAGE
            && let Ok(next) = waiting.try_recv()
        {
            bytes += next.line.len() + 1;
            batch.push(next);
        }
        // Whoever was told that it cannot be kept, or has gone away, is promised nothing.
        batch.retain(|one| !one.reply.is_closed());
        if batch.is_empty() {
            continue;
        }
        metrics::histogram!("kopilka_stream_batch_size").record(u32::try_from(batch.len()).unwrap_or(u32::MAX));
        let lines: Vec<&[u8]> = batch.iter().map(|one| one.line.as_slice()).collect();
        // Once a message has been waited for in vain, those after it are told at once, until there is a connection.
        let done = match failed && !connection.connected() {
            true => Some(Err(unavailable("no connection to the NATS servers"))),
            false => persist(&connection, lines.join(&b'\n'), || batch.iter().any(|one| !one.reply.is_closed())).await,
        };
        // They have gone before it was known what becomes of their message, so it says nothing about those after it.
        let Some(done) = done else { continue };
        if let Err(error) = &done
            && !failed
        {
            tracing::error!(%error, clicks = batch.len(), "a message did not get into the stream");
        }
        failed = done.is_err();
        for one in batch {
            // The caller may have gone away; what was acknowledged stays.
            drop(one.reply.send(done.clone()));
        }
    }
}

/// Sends a message until it is acknowledged or patience ends; `None` when none of its lines is `awaited` any more before that. The
/// message stays as it is: the servers know it by its id.
async fn persist(
    connection: &Connection,
    payload: Vec<u8>,
    awaited: impl Fn() -> bool,
) -> Option<Result<(), StreamError>> {
    let started = Instant::now();
    let id = Id::<MessageMark>::new().to_string();
    let message = PublishMessage::build().payload(payload.into()).header(FORMAT_HEADER, FORMAT);
    loop {
        let left = PATIENCE.saturating_sub(started.elapsed()).min(ACKNOWLEDGEMENT);
        let tried = timeout(left, connection.send(&connection.settings.name, &id, message.clone())).await;
        let error = match tried {
            Ok(Ok(())) => {
                metrics::histogram!("kopilka_stream_ack_seconds").record(started.elapsed());
                return Some(Ok(()));
            }
            Ok(Err(error)) => error,
            Err(_late) => unavailable(LATE),
        };
        sleep(REST).await;
        if started.elapsed() >= PATIENCE {
            return Some(Err(error));
        }
        if !awaited() {
            return None;
        }
    }
}
