//! Questions that are asked together: the reading side of sets. Two threads wait for them. One that has a question takes a
//! connection, and with it whatever else is waiting by then. So a lone question waits for nobody, and many share a round trip.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use super::conn::Conn;
use super::delivery::Waiter;
use super::error::DbError;
use super::pool::{QUESTIONS, Readers};

/// How many sets of one kind are asked at the same time: one whose answer does not come leaves the other.
const ASKERS: usize = 2;

/// A kind of question that is asked for many at once.
pub trait ReadSet: 'static {
    /// What one caller wants to know.
    type Item: Send + 'static;
    /// What it is told.
    type Found: Send + 'static;

    /// Reads for all items, in their order.
    ///
    /// # Errors
    /// The database's failures. Items that fail together are then read each for itself.
    fn read(conn: &mut Conn, items: &[Self::Item]) -> Result<Vec<Self::Found>, DbError>;
}

struct Waiting<S: ReadSet + ?Sized> {
    item: S::Item,
    waiter: Waiter<Result<S::Found, DbError>>,
    since: Instant,
}

/// Asks questions of one kind. Cheap to clone; all clones ask together.
pub struct SetReader<S: ReadSet>(SyncSender<Waiting<S>>);

impl<S: ReadSet> Clone for SetReader<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: ReadSet> std::fmt::Debug for SetReader<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SetReader")
    }
}

impl<S: ReadSet> SetReader<S> {
    /// Starts the threads, which end with the last clone.
    pub(super) fn start(readers: &Readers) -> Result<Self, DbError> {
        let (queue, waiting) = sync_channel(QUESTIONS);
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 0..ASKERS {
            let asker = Asker::<S> { readers: readers.clone(), queue: Arc::clone(&waiting), waiting: Vec::new() };
            thread::Builder::new()
                .name(format!("asker-{number}"))
                .spawn(move || asker.work())
                .map_err(|cause| DbError::Unavailable(format!("cannot start a reader thread: {cause}")))?;
        }
        Ok(Self(queue))
    }

    /// Asks about `item`, together with whoever else is waiting. What was committed before the call is seen.
    ///
    /// # Errors
    /// [`DbError::Overloaded`] at once when too many wait; [`DbError::Unavailable`] when no connection can be had; what the
    /// question fails with.
    pub async fn read(&self, item: S::Item) -> Result<S::Found, DbError> {
        let (waiter, answer) = Waiter::new();
        self.0.try_send(Waiting { item, waiter, since: Instant::now() }).map_err(|error| match error {
            TrySendError::Full(_) => DbError::Overloaded,
            TrySendError::Disconnected(_) => DbError::Unavailable("the reader has stopped".to_owned()),
        })?;
        answer.await.map_err(|_gone| DbError::Unavailable("the reader has stopped".to_owned()))?
    }
}

/// A thread that asks.
struct Asker<S: ReadSet> {
    readers: Readers,
    queue: Arc<Mutex<Receiver<Waiting<S>>>>,
    /// Whom it asks for.
    waiting: Vec<Waiting<S>>,
}

impl<S: ReadSet> Asker<S> {
    fn work(mut self) {
        loop {
            if self.waiting.is_empty() {
                let first = self.queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(first) = first else { return };
                self.waiting.push(first);
            }
            self.ask();
        }
    }

    /// Takes whoever else waits by now.
    fn gather(&mut self) {
        // Whoever has the lock waits for the next question: there is none then.
        if let Ok(queue) = self.queue.try_lock() {
            self.waiting.extend(queue.try_iter().take(QUESTIONS));
        }
    }

    fn ask(&mut self) {
        let (began, readers, mut connected) = (Instant::now(), self.readers.clone(), false);
        let asked = readers.ask(|conn| {
            connected = true;
            self.gather();
            let (items, waiters): (Vec<S::Item>, Vec<_>) =
                self.waiting.drain(..).map(|one| (one.item, one.waiter)).unzip();
            metrics::histogram!("kopilka_question_size").record(u32::try_from(items.len()).unwrap_or(u32::MAX));
            let answers = answers::<S>(conn, &items);
            let failed = answers.iter().find_map(|answer| answer.as_ref().err().cloned());
            Waiter::answer_all(waiters.into_iter().zip(answers));
            failed.map_or(Ok(()), Err)
        });
        if let (Err(error), false) = (asked, connected) {
            // Who has waited for a connection as long as this thread is told; others may have more luck.
            self.gather();
            let all = std::mem::take(&mut self.waiting);
            let (told, later): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.since <= began);
            self.waiting = later;
            Waiter::answer_all(told.into_iter().map(|one| (one.waiter, Err(error.clone()))));
        }
    }
}

/// What each is answered.
fn answers<S: ReadSet>(conn: &mut Conn, items: &[S::Item]) -> Vec<Result<S::Found, DbError>> {
    let failure = match guarded::<S>(conn, items) {
        Ok(found) => return found.into_iter().map(Ok).collect(),
        Err(failure) => failure,
    };
    if items.len() == 1 || matches!(failure, DbError::Unavailable(_)) {
        return items.iter().map(|_| Err(failure.clone())).collect();
    }
    // Each for itself: what failed together fails for the one whose fault it is.
    let alone = |item| {
        let found = guarded::<S>(conn, std::slice::from_ref(item))?.pop();
        found.ok_or_else(|| DbError::Refused("there was no answer".to_owned()))
    };
    items.iter().map(alone).collect()
}

/// A question that panics is refused like any other: the thread serves everybody else too.
fn guarded<S: ReadSet>(conn: &mut Conn, items: &[S::Item]) -> Result<Vec<S::Found>, DbError> {
    catch_unwind(AssertUnwindSafe(|| S::read(conn, items)))
        .unwrap_or_else(|_panic| Err(DbError::Refused("the question panicked".to_owned())))
}
