//! SQLite: brings what was committed from the log into the database file, beside the writer. The writer would do it by
//! itself when the log is long, and all who click would wait meanwhile; so it finds little left to do.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;

use super::error::DbError;
use super::lane::Connect;

/// How long it rests in between: pages that are written again and again are brought over once.
const REST: Duration = Duration::from_millis(300);
/// A shorter log, in bytes, is left alone.
const SHORT: u64 = 4 << 20;

/// Starts the thread for the database file at `path`; what it gives is told after each commit. The thread ends when
/// nobody is left to tell it.
///
/// # Errors
/// [`DbError::Unavailable`] when there can be no thread.
pub(super) fn start(path: &str, connect: Connect) -> Result<SyncSender<()>, DbError> {
    let (committed, news) = sync_channel(1);
    let log = PathBuf::from(format!("{path}-wal"));
    thread::Builder::new()
        .name("checkpoint".to_owned())
        .spawn(move || work(&news, &log, &connect))
        .map_err(|cause| DbError::Unavailable(format!("cannot start a thread: {cause}")))?;
    Ok(committed)
}

fn work(news: &Receiver<()>, log: &PathBuf, connect: &Connect) {
    let mut conn = None;
    while news.recv().is_ok() {
        thread::sleep(REST);
        if std::fs::metadata(log).is_ok_and(|log| log.len() < SHORT) {
            continue;
        }
        let done = conn.take().map_or_else(connect, Ok).and_then(|mut open| {
            // PASSIVE waits for nobody, and nobody waits for it.
            open.batch_execute("PRAGMA wal_checkpoint(PASSIVE)")?;
            conn = Some(open);
            Ok(())
        });
        if let Err(error) = done {
            // The writer still does it when the log grows too long.
            tracing::debug!(%error, "the log could not be brought into the database");
        }
    }
}
