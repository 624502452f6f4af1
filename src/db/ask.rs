//! Questions that are asked together: the reading side of sets. Whoever finds nobody waiting asks at once, and whoever comes
//! until a connection is free is asked for in the same question. So a lone one waits for nobody, and many share a round trip.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::spawn_blocking;

use super::conn::Conn;
use super::delivery::Waiter;
use super::error::DbError;
use super::pool::{QUESTIONS, Readers};

/// A kind of question that is asked for many at once.
pub trait ReadSet: 'static {
    /// What one caller wants to know.
    type Item: Send + 'static;
    /// What it is told.
    type Found: Send + 'static;

    /// Reads for all items, in their order.
    ///
    /// # Errors
    /// The database's failures, which all who asked are told.
    fn read(conn: &mut Conn, items: &[Self::Item]) -> Result<Vec<Self::Found>, DbError>;
}

struct Waiting<S: ReadSet + ?Sized> {
    item: S::Item,
    waiter: Waiter<Result<S::Found, DbError>>,
}

/// Those who wait.
type Basket<S> = Arc<Mutex<Vec<Waiting<S>>>>;

/// Asks questions of one kind. Cheap to clone; all clones ask together.
pub struct SetReader<S: ReadSet> {
    readers: Readers,
    basket: Basket<S>,
}

impl<S: ReadSet> Clone for SetReader<S> {
    fn clone(&self) -> Self {
        Self { readers: self.readers.clone(), basket: Arc::clone(&self.basket) }
    }
}

impl<S: ReadSet> std::fmt::Debug for SetReader<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SetReader")
    }
}

impl<S: ReadSet> SetReader<S> {
    pub(super) fn new(readers: Readers) -> Self {
        Self { readers, basket: Basket::<S>::default() }
    }

    /// Asks about `item`, together with whoever else is waiting. What was committed before the call is seen.
    ///
    /// # Errors
    /// [`DbError::Overloaded`] at once when too many wait; what the question fails with.
    pub async fn read(&self, item: S::Item) -> Result<S::Found, DbError> {
        let (waiter, answer) = Waiter::new();
        self.put(Waiting { item, waiter })?;
        answer.await.map_err(|_gone| DbError::Unavailable("nobody asked".to_owned()))?
    }

    fn put(&self, waiting: Waiting<S>) -> Result<(), DbError> {
        let mut inside = self.basket.lock().unwrap_or_else(PoisonError::into_inner);
        if inside.len() >= QUESTIONS {
            return Err(DbError::Overloaded);
        }
        inside.push(waiting);
        let is_first = inside.len() == 1;
        // A runtime that has ended drops the turn at once, and with it what is in the basket.
        drop(inside);
        if is_first {
            let turn = Turn::<S>(Some(Arc::clone(&self.basket)));
            let readers = self.readers.clone();
            drop(spawn_blocking(move || turn.ask(&readers)));
        }
        Ok(())
    }
}

/// The basket's turn, until it is emptied. One that never comes to it, since its runtime ends or no connection is had, empties
/// the basket all the same: those inside wait for it.
struct Turn<S: ReadSet>(Option<Basket<S>>);

impl<S: ReadSet> Turn<S> {
    fn take(&mut self) -> Vec<Waiting<S>> {
        let basket = self.0.take();
        basket
            .map_or_else(Vec::new, |basket| std::mem::take(&mut *basket.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    fn ask(mut self, readers: &Readers) {
        let mut waiters = Vec::new();
        let answers = readers.ask(|conn| {
            let (items, those): (Vec<S::Item>, Vec<_>) =
                self.take().into_iter().map(|one| (one.item, one.waiter)).unzip();
            waiters = those;
            metrics::histogram!("kopilka_question_size").record(u32::try_from(items.len()).unwrap_or(u32::MAX));
            S::read(conn, &items)
        });
        match answers {
            Ok(answers) => Waiter::answer_all(waiters.into_iter().zip(answers.into_iter().map(Ok))),
            Err(error) => {
                waiters.extend(self.take().into_iter().map(|one| one.waiter));
                Waiter::answer_all(waiters.into_iter().map(|waiter| (waiter, Err(error.clone()))));
            }
        }
    }
}

impl<S: ReadSet> Drop for Turn<S> {
    fn drop(&mut self) {
        drop(self.take());
    }
}
