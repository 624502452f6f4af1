//! Moves clicks from the stream into the database.
//!
//! A message may come twice: after a worker that died between commit and acknowledgement, or when an acknowledgement
//! was late. The click's id tells that it is stored already, so a second time changes nothing. What cannot be stored is
//! put aside, never dropped: a click that was promised is in the database, in the stream, or in the stream beside it.

use super::hooks::late_clicks;
use super::{App, Outcome, ServiceError};
use crate::db::clicks::{ClickRow, click_insert_missing};
use crate::db::{Conn, DbError, Lane};
use crate::stream::{Consumer, Message};

/// How often clicks are tried when another worker stores the same ones.
const TRIES: u32 = 4;

/// What a line of a message is known by: the message's place in the stream, and the line's place in the message.
type Place = (u64, usize);

/// A click and where it stood.
type Placed = (Place, ClickRow);

/// Stores what is in these messages, and takes them off the stream. Gives how many clicks were new.
///
/// # Errors
/// [`ServiceError::Db`] or [`ServiceError::Stream`]: then the messages come again.
pub async fn store_clicks(app: &App, stream: &Consumer, messages: &[Message]) -> Outcome<usize> {
    let mut clicks: Vec<Placed> = Vec::new();
    for message in messages {
        let sequence = message.sequence();
        match message.lines() {
            Ok(lines) => {
                for (index, line) in lines.enumerate() {
                    match serde_json::from_slice(line) {
                        Ok(row) => clicks.push(((sequence, index), row)),
                        Err(cause) => aside(stream, line, (sequence, index), &format!("not a click: {cause}")).await?,
                    }
                }
            }
            Err(whole) => aside(stream, whole, (sequence, 0), "of a format that this version does not know").await?,
        }
    }
    let count = clicks.len();
    let rows = clicks.iter().map(|(_, row)| row.clone()).collect();
    let new = match insert(app, rows).await {
        Err(ServiceError::Db(DbError::Refused(_) | DbError::Corrupt(_))) => each(app, stream, clicks).await?,
        other => other?,
    };
    stream.done(messages).await;
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    metrics::counter!("kopilka_clicks_stored_total").increment(number(new));
    metrics::counter!("kopilka_clicks_again_total").increment(number(count.saturating_sub(new)));
    Ok(new)
}

/// All at once, in one transaction.
async fn insert(app: &App, rows: Vec<ClickRow>) -> Outcome<usize> {
    let mut tries = 1;
    loop {
        let (rows, now) = (rows.clone(), app.clock.now());
        let store = move |conn: &mut Conn| {
            late_clicks(conn, &rows, now)?;
            click_insert_missing(conn, &rows)
        };
        let done = app.db.write(Lane::Clicks, store).await;
        match done {
            // Another worker stored one of them in between: the next look finds it.
            Err(DbError::Taken(_)) if tries < TRIES => tries += 1,
            other => return Ok(other?),
        }
    }
}

/// Each for itself: what the database refuses is put aside, and leaves its neighbours alone.
async fn each(app: &App, stream: &Consumer, clicks: Vec<Placed>) -> Outcome<usize> {
    let mut new = 0;
    for (place, row) in clicks {
        match insert(app, vec![row.clone()]).await {
            Ok(count) => new += count,
            Err(ServiceError::Db(DbError::Refused(why) | DbError::Corrupt(why))) => {
                aside(stream, &super::click_sink::written(&row)?, place, &why).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(new)
}

async fn aside(stream: &Consumer, bytes: &[u8], (sequence, line): Place, reason: &str) -> Outcome<()> {
    stream.set_aside(bytes, &format!("{sequence}-{line}"), reason).await?;
    metrics::counter!("kopilka_clicks_aside_total").increment(1);
    tracing::error!(sequence, line, reason, "what the stream held could not be stored and was put aside");
    Ok(())
}
