//! Where a click goes before its shopper is sent on: into the database, or into the stream that workers empty into it.

use super::{Outcome, ServiceError};
use crate::db::clicks::{ClickRow, Clicks};
use crate::db::{Lane, SetWriter};
use crate::stream::Publisher;

/// Where clicks go.
#[derive(Debug, Clone)]
pub enum ClickSink {
    /// The database.
    Database(SetWriter<Clicks>),
    /// The stream.
    Stream(Publisher),
}

impl ClickSink {
    /// Keeps a click, and gives it back. When this returns it survives the loss of this process, and in the stream of a server.
    ///
    /// # Errors
    /// [`ServiceError::Db`] or [`ServiceError::Stream`], when the click may be lost.
    pub async fn keep(&self, row: ClickRow) -> Outcome<ClickRow> {
        match self {
            Self::Database(writer) => Ok(writer.write_and_return(Lane::Clicks, row).await?.0),
            Self::Stream(publisher) => {
                publisher.put(written(&row)?).await?;
                Ok(row)
            }
        }
    }

    /// Whether clicks can be handed to the stream now; `None` when they go into the database.
    #[must_use]
    pub fn stream_connected(&self) -> Option<bool> {
        match self {
            Self::Database(_) => None,
            Self::Stream(publisher) => Some(publisher.connected()),
        }
    }
}

/// A click as it stands in the stream: one line of JSON.
///
/// # Errors
/// [`ServiceError::Internal`].
pub fn written(row: &ClickRow) -> Outcome<Vec<u8>> {
    serde_json::to_vec(row).map_err(ServiceError::internal)
}
