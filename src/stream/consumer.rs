//! Takes messages out of the stream. A message is gone only when [`Consumer::done`] has said so; one that was taken and not
//! done comes again, to whichever worker asks next.

use std::time::Duration;

use async_nats::jetstream;
use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::message::PublishMessage;
use futures_util::StreamExt as _;

use super::{Connection, FORMAT, FORMAT_HEADER, Settings, StreamError, settled, unavailable};

/// What the consumer is called, which all workers share.
const NAME: &str = "database";
/// How many messages are taken at once.
const TOGETHER: usize = 8;
/// How long one call waits for a first message: the longest that a worker takes to notice that it is to stop.
const WAIT: Duration = Duration::from_secs(1);
/// After this time a message that was taken and is not done comes again.
const LEASE: Duration = Duration::from_secs(10);
/// How many messages may be taken and not done, by all workers together.
const UNDONE: i64 = 1024;

/// One message.
#[derive(Debug)]
pub struct Message {
    inner: jetstream::Message,
    sequence: u64,
}

impl Message {
    /// Its place in the stream.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// What it holds, line by line. `Err` with the whole of it when its format is not one that we know.
    ///
    /// # Errors
    /// The payload as it came.
    pub fn lines(&self) -> Result<impl Iterator<Item = &[u8]>, &[u8]> {
        let mark = self.inner.headers.as_ref().and_then(|headers| headers.get(FORMAT_HEADER));
        if mark.is_none_or(|mark| mark.as_str() != FORMAT) {
            return Err(&self.inner.payload);
        }
        Ok(self.inner.payload.split(|byte| *byte == b'\n'))
    }
}

/// Takes messages out of the stream. Any number of them, on any number of machines, share the work.
#[derive(Debug)]
pub struct Consumer {
    connection: Connection,
    pulled: PullConsumer,
}

impl Consumer {
    /// Connects, and makes the stream and its consumer where they are missing.
    ///
    /// # Errors
    /// [`StreamError`] when no server answers, or when the stream could lose clicks.
    pub async fn open(settings: &Settings) -> Result<Self, StreamError> {
        let connection = Connection::open(settings).await?;
        let pulled = settled(async || subscribe(&connection).await).await?;
        Ok(Self { connection, pulled })
    }

    /// Looks for the stream and its consumer anew, once, and makes what is missing. To be called after a failure.
    ///
    /// # Errors
    /// [`StreamError`].
    pub async fn reopen(&mut self) -> Result<(), StreamError> {
        self.pulled = subscribe(&self.connection).await?;
        Ok(())
    }

    /// Waits about a second for a first message, and takes along what else is there. Empty when there is nothing.
    ///
    /// # Errors
    /// [`StreamError::Unavailable`].
    pub async fn take(&self) -> Result<Vec<Message>, StreamError> {
        let mut taken = Vec::new();
        let first = self.pulled.batch().max_messages(1).expires(WAIT).messages().await.map_err(unavailable)?;
        collect(first, &mut taken).await?;
        if !taken.is_empty() {
            let more = self.pulled.fetch().max_messages(TOGETHER - 1).messages().await.map_err(unavailable)?;
            collect(more, &mut taken).await?;
        }
        Ok(taken)
    }

    /// Says that messages are done: they leave the stream. What cannot be told comes again later.
    pub async fn done(&self, messages: &[Message]) {
        for message in messages {
            if let Err(error) = message.inner.ack().await {
                tracing::warn!(%error, "a message that is done could not be taken off the stream; it will come again");
                return;
            }
        }
        if let Err(error) = self.connection.context.client().flush().await {
            tracing::warn!(%error, "messages that are done could not be taken off the stream; they may come again");
        }
    }

    /// Keeps what nobody can use in the second stream, with the reason. `id` is the same for the same bytes, so that what
    /// comes again is not kept twice.
    ///
    /// # Errors
    /// [`StreamError::Unavailable`]: then its message must not be done.
    pub async fn set_aside(&self, bytes: &[u8], id: &str, reason: &str) -> Result<(), StreamError> {
        // A header is one line.
        let reason: String = reason.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        let message = PublishMessage::build().payload(bytes.to_vec().into()).header("Kopilka-Reason", reason.as_str());
        self.connection.send(&self.connection.aside(), id, message).await
    }
}

async fn subscribe(connection: &Connection) -> Result<PullConsumer, StreamError> {
    let stream = connection.make().await?;
    let config = pull::Config {
        durable_name: Some(NAME.to_owned()),
        ack_policy: AckPolicy::Explicit,
        ack_wait: LEASE,
        max_ack_pending: UNDONE,
        ..pull::Config::default()
    };
    stream.get_or_create_consumer(NAME, config).await.map_err(unavailable)
}

/// What was received stays received: a failure after it counts only when it is alone.
async fn collect(mut batch: pull::Batch, taken: &mut Vec<Message>) -> Result<(), StreamError> {
    while let Some(next) = batch.next().await {
        match next {
            Ok(inner) => {
                let sequence = inner.info().map_err(unavailable)?.stream_sequence;
                taken.push(Message { inner, sequence });
            }
            Err(error) if taken.is_empty() => return Err(unavailable(error)),
            Err(_later) => break,
        }
    }
    Ok(())
}
