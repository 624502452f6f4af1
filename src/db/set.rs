//! Sets: writes of one kind that are decided and written together. Whatever waits for a lane when its turn comes is
//! one set: one reading of all that it needs, one decision in memory, and its new rows in one statement or one a table.
//!
//! A set that cannot be written is taken apart, and each item tried for itself, so that one bad item leaves its
//! neighbours alone. Items that wait together have been answered to nobody, so any order among them is right.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use super::conn::Conn;
use super::delivery::Waiter;
use super::error::DbError;
use super::lane::{Lane, Lanes, QUEUE, Work, WriteError, again, given_up};

/// A kind of write that is done a set at a time. What is written depends on the connection and the items alone: ids,
/// times and random bytes are parts of the item, since a set may be written more than once until it is committed.
pub trait WriteSet: 'static {
    /// What one caller wants written.
    type Item: Send + 'static;
    /// What it is answered.
    type Done: Send + 'static;
    /// Why it was refused.
    type Error: WriteError;
    /// Whether somebody outside waits for the answers: what nobody waits for yields to them.
    const FOR_CALLERS: bool;

    /// Writes all items and answers each, in their order.
    ///
    /// # Errors
    /// Undoes all that was written. An item's own refusal is its answer, and must have written nothing.
    fn write(conn: &mut Conn, items: &[Self::Item]) -> Result<Answers<Self>, Self::Error>;
}

/// What the items of a set are answered.
pub type Answers<S> = Vec<Answer<S>>;

/// What one caller is answered.
type Answer<S> = Result<<S as WriteSet>::Done, <S as WriteSet>::Error>;

/// What comes back: the item with what it is answered. So it is freed by the thread that made it; memory that one thread takes and
/// another one gives back costs both of them.
type Back<S> = Result<(<S as WriteSet>::Item, <S as WriteSet>::Done), <S as WriteSet>::Error>;

struct Waiting<S: WriteSet + ?Sized> {
    item: S::Item,
    waiter: Waiter<Back<S>>,
}

/// What waits for one lane.
type Basket<S> = Arc<Mutex<Vec<Waiting<S>>>>;

/// Writes items of one kind. Cheap to clone; all clones put into the same baskets.
pub struct SetWriter<S: WriteSet> {
    lanes: Lanes,
    baskets: Arc<[Basket<S>]>,
}

impl<S: WriteSet> Clone for SetWriter<S> {
    fn clone(&self) -> Self {
        Self { lanes: self.lanes.clone(), baskets: Arc::clone(&self.baskets) }
    }
}

impl<S: WriteSet> std::fmt::Debug for SetWriter<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SetWriter")
    }
}

impl<S: WriteSet> SetWriter<S> {
    pub(super) fn new(lanes: Lanes) -> Self {
        let baskets = (0..lanes.count()).map(|_| Basket::default()).collect();
        Self { lanes, baskets }
    }

    /// Writes `item` in `lane`, together with whatever else is waiting there, and answers after the commit.
    ///
    /// # Errors
    /// The item's refusal; [`DbError::Overloaded`] at once when too many wait; [`DbError::Unavailable`] when
    /// nothing was committed, or when that cannot be known.
    pub async fn write(&self, lane: Lane, item: S::Item) -> Result<S::Done, S::Error> {
        self.write_and_return(lane, item).await.map(|(_item, done)| done)
    }

    /// The same, and gives the item back.
    ///
    /// # Errors
    /// Those of [`Self::write`].
    pub async fn write_and_return(&self, lane: Lane, item: S::Item) -> Result<(S::Item, S::Done), S::Error> {
        let (waiter, answer) = Waiter::new();
        self.put(lane, Waiting { item, waiter })?;
        answer.await.map_err(|_gone| S::Error::from(DbError::Unavailable("the writer has stopped".to_owned())))?
    }

    /// Lays it into the lane's basket. Whoever finds the basket empty sends word to the lane.
    fn put(&self, lane: Lane, waiting: Waiting<S>) -> Result<(), DbError> {
        let index = self.lanes.index(lane);
        let basket = self.baskets.get(index).ok_or(DbError::Overloaded)?;
        let mut inside = basket.lock().unwrap_or_else(PoisonError::into_inner);
        if inside.len() >= QUEUE {
            return Err(DbError::Overloaded);
        }
        if inside.is_empty() {
            self.lanes.send(index, Box::new(Emptied::new(&self.lanes, index, basket)))?;
        }
        inside.push(waiting);
        Ok(())
    }
}

/// A basket's turn: what it holds then is the set.
struct Emptied<S: WriteSet> {
    lanes: Lanes,
    index: usize,
    basket: Basket<S>,
    items: Vec<S::Item>,
    waiters: Vec<Waiter<Back<S>>>,
    answers: Answers<S>,
}

/// The failure inside that calls for the whole transaction to be tried again, if it is one.
fn transient<E: WriteError>(error: &E) -> Option<DbError> {
    error.db().filter(|cause| again(cause)).cloned()
}

/// Writes these items so that all is undone when they are refused: inside a savepoint, or, where they are `alone` in the
/// transaction, without one. A savepoint costs a copy of every page (SQLite) and two round trips (PostgreSQL).
fn guarded<S: WriteSet>(
    conn: &mut Conn,
    items: &[S::Item],
    shard: Option<i32>,
    alone: bool,
) -> Result<Answers<S>, S::Error> {
    let lost = |error: diesel::result::Error| S::Error::from(DbError::Unavailable(error.to_string()));
    if !alone {
        conn.savepoint().map_err(lost)?;
    }
    // A write that panics is refused like any other: the thread serves everybody else too.
    let outcome = catch_unwind(AssertUnwindSafe(|| S::write(conn, items)))
        .unwrap_or_else(|_panic| Err(S::Error::from(DbError::Refused("the write panicked".to_owned()))));
    match &outcome {
        Ok(_) if alone => {}
        Ok(_) => conn.commit().map_err(lost)?,
        Err(error) if transient(error).is_some() => {}
        Err(_) if alone => conn.rollback().and_then(|()| conn.begin_write(shard)).map_err(lost)?,
        Err(_) => conn.rollback().map_err(lost)?,
    }
    outcome
}

impl<S: WriteSet> Emptied<S> {
    /// Empties the basket. What is too much for one set gets another turn.
    fn take(&self) -> Vec<Waiting<S>> {
        let mut inside = self.basket.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = inside.len().saturating_sub(self.lanes.batch);
        if rest > 0 && self.lanes.send(self.index, Box::new(self.next())).is_ok() {
            let later = inside.split_off(self.lanes.batch);
            return std::mem::replace(&mut *inside, later);
        }
        std::mem::take(&mut *inside)
    }

    fn fill(&mut self) {
        let waiting = self.take();
        if S::FOR_CALLERS {
            self.lanes.crowd.note(waiting.len());
        }
        metrics::histogram!("kopilka_set_size").record(u32::try_from(waiting.len()).unwrap_or(u32::MAX));
        (self.items, self.waiters) = waiting.into_iter().map(|one| (one.item, one.waiter)).unzip();
    }

    fn next(&self) -> Self {
        Self::new(&self.lanes, self.index, &self.basket)
    }

    fn new(lanes: &Lanes, index: usize, basket: &Basket<S>) -> Self {
        let (items, waiters, answers) = (Vec::new(), Vec::new(), Vec::new());
        Self { lanes: lanes.clone(), index, basket: Arc::clone(basket), items, waiters, answers }
    }
}

impl<S: WriteSet> Work for Emptied<S> {
    fn run(&mut self, conn: &mut Conn, shard: Option<i32>, alone: bool) -> Result<(), DbError> {
        if self.items.is_empty() {
            self.fill();
        }
        self.answers.clear();
        let refused = match guarded::<S>(conn, &self.items, shard, alone) {
            Ok(answers) => {
                self.answers = answers;
                return Ok(());
            }
            Err(error) => error,
        };
        if let Some(cause) = transient(&refused) {
            return Err(cause);
        }
        if self.items.len() == 1 {
            self.answers.push(Err(refused));
            return Ok(());
        }
        // Each for itself: what was refused together is refused to the one whose fault it is.
        for item in &self.items {
            match guarded::<S>(conn, std::slice::from_ref(item), shard, false) {
                Ok(mut answer) => self.answers.append(&mut answer),
                Err(error) => match transient(&error) {
                    Some(cause) => return Err(cause),
                    None => self.answers.push(Err(error)),
                },
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, failure: Option<&DbError>) {
        // Without a connection it never came to its turn: those who wait are told, and the basket is free for others.
        if self.items.is_empty() {
            self.fill();
        }
        // The caller may have gone away; what was committed stays.
        match failure {
            Some(error) => {
                let refused = || Err(S::Error::from(given_up(error)));
                Waiter::answer_all(self.waiters.into_iter().map(|waiter| (waiter, refused())));
            }
            None => {
                let back = self.answers.into_iter().zip(self.items);
                let back = back.map(|(answer, item)| answer.map(|done| (item, done)));
                Waiter::answer_all(self.waiters.into_iter().zip(back));
            }
        }
    }
}
