//! SQLite: brings what was committed from the log into the database file, beside the writer. The writer would do it by
//! itself when the log is long, and all who click would wait meanwhile; so it finds little left to do.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use diesel::sql_types::Integer;
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};

use super::error::DbError;
use super::lane::Connect;

/// How long it rests in between: pages that are written again and again are brought over once. What comes meanwhile is left to
/// the writer when the log is long, so it must be little.
const REST: Duration = Duration::from_millis(100);
/// How long it rests when nobody writes much: it costs two syncs.
const LONG_REST: Duration = Duration::from_secs(10);
/// A log of fewer pages is short.
const SHORT: i32 = 1000;
/// So many short logs in a row show that nobody writes much. One alone shows only that the writer has begun the log anew.
const CALM: u32 = 20;

#[derive(QueryableByName)]
struct Log {
    /// Pages in the log.
    #[diesel(sql_type = Integer)]
    log: i32,
}

/// Starts the thread; what it gives is told after each commit. The thread ends when nobody is left to tell it.
///
/// # Errors
/// [`DbError::Unavailable`] when there can be no thread.
pub(super) fn start(connect: Connect) -> Result<SyncSender<()>, DbError> {
    let (committed, news) = sync_channel(1);
    thread::Builder::new()
        .name("checkpoint".to_owned())
        .spawn(move || work(&news, &connect))
        .map_err(|cause| DbError::Unavailable(format!("cannot start a thread: {cause}")))?;
    Ok(committed)
}

fn work(news: &Receiver<()>, connect: &Connect) {
    let (mut conn, mut short) = (None, 0_u32);
    while news.recv().is_ok() {
        thread::sleep(if short < CALM { REST } else { LONG_REST });
        let done = conn.take().map_or_else(connect, Ok).and_then(|mut open| {
            // PASSIVE waits for nobody, and nobody waits for it.
            let log: Log = sql_query("PRAGMA wal_checkpoint(PASSIVE)").get_result(&mut open)?;
            conn = Some(open);
            Ok(log.log)
        });
        short = match done {
            Ok(pages) if pages >= SHORT => 0,
            Ok(_short) => short.saturating_add(1),
            Err(error) => {
                // The writer still does it when the log grows too long.
                tracing::debug!(%error, "the log could not be brought into the database");
                CALM
            }
        };
    }
}
