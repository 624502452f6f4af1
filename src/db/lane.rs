//! Lanes: the one way to write. A lane is a thread with a connection of its own and a bounded queue. It
//! waits for one write, takes whatever else is waiting, and commits all of it as one transaction; each
//! caller is answered after the commit. So a lone write waits for nobody, and a thousand share a sync.
//!
//! Each write runs in a savepoint: one that is refused undoes itself and leaves its neighbours alone.
//! A write may run again when another transaction was in the way, so it is a pure function of the
//! connection: ids, times and random bytes are captured, never made inside.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::checkpoint;
use super::conn::Conn;
use super::error::DbError;
use crate::base::id::{ClickId, ShopperId};

/// How many shards the shoppers' money is split over on PostgreSQL. All nodes must agree on it. Few: what waits for one lane
/// shares its statements and its commit, and postbacks were 1.5 times as fast with two as with four, and 1.2 times as with one.
pub(super) const SHARDS: i32 = 2;
/// The shard of writes that touch no shopper's money.
const HOUSE_SHARD: i32 = SHARDS;
/// How many writes may wait in one lane before callers are told to come back.
pub(super) const QUEUE: usize = 8192;
/// How often a transaction is tried when others are in the way.
const TRIES: u32 = 10;

/// Whose rows a write touches: all writes to one shopper's money go through one lane, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Clicks: only ever inserted, so they need no lock.
    Clicks,
    /// Partners, stores, operators, jobs: what touches no shopper's money.
    House,
    /// One shopper's conversions, balances and payouts.
    Shopper(ShopperId),
    /// The lane of the shopper who made this click, as far as the click's id tells: it ends as the shopper's does.
    /// Whoever takes it must ask [`Lane::holds`] once the shopper is known.
    OfClick(ClickId),
}

impl Lane {
    fn shard(self) -> Option<i32> {
        match self {
            Self::Clicks => None,
            Self::House => Some(HOUSE_SHARD),
            Self::Shopper(id) => Some(shard_of(id.as_bytes())),
            Self::OfClick(id) => Some(shard_of(id.as_bytes())),
        }
    }

    /// Whether two are one and the same.
    #[must_use]
    pub fn is(self, other: Self) -> bool {
        self.shard() == other.shard()
    }

    /// Whether a shopper's money may be moved in this lane.
    #[must_use]
    pub fn holds(self, conn: &Conn, shopper: ShopperId) -> bool {
        // On SQLite there is one lane for all.
        matches!(conn, Conn::Lite(_)) || self.shard() == Self::Shopper(shopper).shard()
    }
}

/// The last byte of a UUIDv7 is random: a fair hash as it stands.
fn shard_of(id: &[u8; 16]) -> i32 {
    id.last().copied().map_or(0, i32::from) % SHARDS
}

/// An error type that writes can return: a service's, or [`DbError`] itself.
pub trait WriteError: From<DbError> + Send + 'static {
    /// The database failure inside, if that is what it is.
    fn db(&self) -> Option<&DbError>;
}
impl WriteError for DbError {
    fn db(&self) -> Option<&DbError> {
        Some(self)
    }
}

/// One waiting write.
pub(super) trait Work: Send {
    /// Runs it; `Err` only when the whole transaction must be tried again or given up.
    /// `alone` in its transaction, it may undo all of it and begin again, with [`Conn::begin_write`] of `shard`.
    fn run(&mut self, conn: &mut Conn, shard: Option<i32>, alone: bool) -> Result<(), DbError>;
    /// Answers the caller, after the commit or with what stopped it.
    fn finish(self: Box<Self>, failure: Option<&DbError>);
}

pub(super) struct Task<T, E, F> {
    body: F,
    outcome: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Task<T, E, F> {
    pub(super) fn new(body: F) -> (Self, oneshot::Receiver<Result<T, E>>) {
        let (reply, answer) = oneshot::channel();
        (Self { body, outcome: None, reply }, answer)
    }
}

/// The transaction as a whole has to be tried again.
pub(super) fn again(error: &DbError) -> bool {
    matches!(error, DbError::Again(_) | DbError::Unavailable(_))
}

/// What callers are told when no further try is made.
pub(super) fn given_up(error: &DbError) -> DbError {
    match error {
        DbError::Again(text) => DbError::Unavailable(text.clone()),
        DbError::Unavailable(_)
        | DbError::Overloaded
        | DbError::Taken(_)
        | DbError::Corrupt(_)
        | DbError::Refused(_) => error.clone(),
    }
}

impl<T, E, F> Work for Task<T, E, F>
where
    T: Send + 'static,
    E: WriteError,
    F: FnMut(&mut Conn) -> Result<T, E> + Send,
{
    fn run(&mut self, conn: &mut Conn, shard: Option<i32>, alone: bool) -> Result<(), DbError> {
        if !alone {
            conn.savepoint()?;
        }
        // A write that panics is refused like any other: the thread serves everybody else too.
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.body)(conn)))
            .unwrap_or_else(|_panic| Err(E::from(DbError::Refused("the write panicked".to_owned()))));
        if let Err(Some(error)) = outcome.as_ref().map_err(WriteError::db)
            && again(error)
        {
            return Err(error.clone());
        }
        match (&outcome, alone) {
            (Ok(_), false) => conn.commit()?,
            (Err(_), false) => conn.rollback()?,
            (Ok(_), true) => {}
            // Alone in its transaction: refusing undoes all of it, and leaves an empty one to commit.
            (Err(_), true) => {
                conn.rollback()?;
                conn.begin_write(shard)?;
            }
        }
        self.outcome = Some(outcome);
        Ok(())
    }

    fn finish(self: Box<Self>, failure: Option<&DbError>) {
        let answer = match (failure, self.outcome) {
            (Some(error), _) => Err(E::from(given_up(error))),
            (None, Some(outcome)) => outcome,
            (None, None) => Err(E::from(DbError::Unavailable("the write did not run".to_owned()))),
        };
        // The caller may have gone away; what was committed stays.
        drop(self.reply.send(answer));
    }
}

/// Opens the lane's connection, again after each failure.
pub(super) type Connect = Box<dyn Fn() -> Result<Conn, DbError> + Send>;

/// The sending ends of all lanes.
#[derive(Clone)]
pub(super) struct Lanes {
    /// How many writes one transaction takes at most, and how many items one set.
    pub(super) batch: usize,
    /// By shard, then the house, then the writers of clicks; a single one on SQLite.
    queues: Vec<SyncSender<Box<dyn Work>>>,
    /// How many of these write clicks.
    click_writers: usize,
    /// Which of them is next.
    turn: Arc<AtomicUsize>,
    /// When many last waited for answers.
    pub(super) crowd: Arc<Crowd>,
}

/// When many last waited for answers at once.
#[derive(Debug, Default)]
pub(super) struct Crowd(Mutex<Option<Instant>>);

impl Crowd {
    /// So many are many.
    const MANY: usize = 8;
    /// So long it is thought that more come.
    const LASTS: Duration = Duration::from_secs(1);

    /// Notes that so many wait.
    pub(super) fn note(&self, waiting: usize) {
        if waiting >= Self::MANY {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }

    /// Whether many waited a moment ago.
    pub(super) fn is_there(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|last| last.elapsed() < Self::LASTS)
    }
}

impl Lanes {
    /// Starts the threads: one in all for SQLite; one a shard, the house's and `click_writers` for PostgreSQL.
    pub(super) fn start(
        sqlite: bool,
        batch: usize,
        click_writers: usize,
        connect: impl Fn() -> Connect,
    ) -> Result<Self, DbError> {
        let committed = sqlite.then(|| checkpoint::start(connect())).transpose()?;
        let click_writers = if sqlite { 1 } else { click_writers };
        let of_clicks = std::iter::repeat_n(None, click_writers);
        let shards: Vec<Option<i32>> =
            if sqlite { vec![Some(0)] } else { (0..=HOUSE_SHARD).map(Some).chain(of_clicks).collect() };
        let mut queues = Vec::new();
        for shard in shards {
            let (queue, waiting) = sync_channel(QUEUE);
            let (connect, committed) = (connect(), committed.clone());
            let name = shard.map_or_else(|| "lane-clicks".to_owned(), |n| format!("lane-{n}"));
            thread::Builder::new()
                .name(name)
                .spawn(move || work(&waiting, batch, shard, &connect, committed.as_ref()))
                .map_err(|cause| DbError::Unavailable(format!("cannot start a writer thread: {cause}")))?;
            queues.push(queue);
        }
        Ok(Self { batch, queues, click_writers, turn: Arc::default(), crowd: Arc::default() })
    }

    /// How many queues there are.
    pub(super) fn count(&self) -> usize {
        self.queues.len()
    }

    /// Which queue a lane is. Clicks have no order among them, so their writers, which are the last queues, take turns.
    pub(super) fn index(&self, lane: Lane) -> usize {
        let last = self.queues.len().saturating_sub(1);
        let Some(shard) = lane.shard() else {
            return last - self.turn.fetch_add(1, Ordering::Relaxed) % self.click_writers;
        };
        usize::try_from(shard).unwrap_or(0).min(last)
    }

    pub(super) fn send(&self, index: usize, work: Box<dyn Work>) -> Result<(), DbError> {
        let queue = self.queues.get(index).ok_or(DbError::Overloaded)?;
        queue.try_send(work).map_err(|error| match error {
            TrySendError::Full(_) => DbError::Overloaded,
            TrySendError::Disconnected(_) => DbError::Unavailable("the writer has stopped".to_owned()),
        })
    }
}

/// A lane's life. After each batch word is sent to `committed`.
fn work(
    waiting: &Receiver<Box<dyn Work>>,
    most: usize,
    shard: Option<i32>,
    connect: &Connect,
    committed: Option<&SyncSender<()>>,
) {
    let mut conn = None;
    while let Ok(first) = waiting.recv() {
        let mut batch = vec![first];
        while batch.len() < most
            && let Ok(next) = waiting.try_recv()
        {
            batch.push(next);
        }
        metrics::histogram!("kopilka_lane_batch_size").record(u32::try_from(batch.len()).unwrap_or(u32::MAX));
        match guarded_batch(&mut conn, &mut batch, shard, connect) {
            // One write that cannot succeed must not take its neighbours along: each for itself, then.
            Err(DbError::Again(_)) if batch.len() > 1 => {
                for task in batch {
                    let mut alone = vec![task];
                    let done = guarded_batch(&mut conn, &mut alone, shard, connect);
                    answer(alone, done);
                }
            }
            done => answer(batch, done),
        }
        // Full means that word is on its way.
        let _sent = committed.map(|news| news.try_send(()));
    }
}

fn answer(batch: Vec<Box<dyn Work>>, done: Result<(), DbError>) {
    if let Err(error) = &done {
        tracing::error!(%error, writes = batch.len(), "a batch of writes was given up");
    }
    for task in batch {
        task.finish(done.as_ref().err());
    }
}

/// Nothing may end the thread: all who wait for it would wait for ever.
fn guarded_batch(
    slot: &mut Option<Conn>,
    batch: &mut [Box<dyn Work>],
    shard: Option<i32>,
    connect: &Connect,
) -> Result<(), DbError> {
    let commit = AssertUnwindSafe(|| commit_batch(slot, batch, shard, connect));
    // A connection that was in use then has been dropped, with its transaction.
    catch_unwind(commit).unwrap_or_else(|_panic| Err(DbError::Unavailable("the writer panicked".to_owned())))
}

fn commit_batch(
    slot: &mut Option<Conn>,
    batch: &mut [Box<dyn Work>],
    shard: Option<i32>,
    connect: &Connect,
) -> Result<(), DbError> {
    let mut last = DbError::Unavailable("never tried".to_owned());
    for attempt in 0..TRIES {
        if attempt > 0 {
            thread::sleep(Duration::from_millis(u64::from(attempt) * 5));
        }
        let mut conn = match slot.take() {
            Some(conn) => conn,
            None => connect()?,
        };
        match run_batch(&mut conn, batch, shard) {
            Ok(()) => {
                // A commit that fails is not tried again: whether it took effect is unknown.
                let done = conn.commit().map_err(|cause| given_up(&DbError::from(cause)));
                return done.inspect(|()| *slot = Some(conn));
            }
            // The connection is dropped with its transaction: the next try starts clean.
            Err(error) if again(&error) => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

fn run_batch(conn: &mut Conn, batch: &mut [Box<dyn Work>], shard: Option<i32>) -> Result<(), DbError> {
    conn.begin_write(shard)?;
    let alone = batch.len() == 1;
    batch.iter_mut().try_for_each(|task| task.run(conn, shard, alone))
}
