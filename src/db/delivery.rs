//! Answers for many who wait, carried to them together. To wake a task of another runtime is a system call. Those who wait for
//! a set are tasks of few runtimes, since each worker of the server has one of its own: each of these is woken once for all of its answers.

use std::cell::RefCell;

use tokio::runtime::{Handle, Id};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

/// Hands answers over.
type Load = Box<dyn FnOnce() + Send>;

/// The way to those who wait in a runtime, or to one who waits outside of any.
#[derive(Clone)]
pub(super) struct Way(Option<(Id, UnboundedSender<Load>)>);

thread_local! {
    static LAST: RefCell<Way> = const { RefCell::new(Way(None)) };
}

impl Way {
    /// The way to here.
    pub(super) fn here() -> Self {
        let Ok(runtime) = Handle::try_current() else { return Self(None) };
        LAST.with_borrow_mut(|last| {
            // A thread may serve several runtimes, one after the other.
            if last.0.as_ref().is_none_or(|(known, way)| *known != runtime.id() || way.is_closed()) {
                let (way, mut loads) = unbounded_channel::<Load>();
                runtime.spawn(async move {
                    while let Some(hand_over) = loads.recv().await {
                        hand_over();
                    }
                });
                last.0 = Some((runtime.id(), way));
            }
            last.clone()
        })
    }

    /// Whether both lead to one runtime.
    fn same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some((_, one)), Some((_, two))) => one.same_channel(two),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    fn carry(&self, load: Load) {
        let refused = match &self.0 {
            Some((_, way)) => way.send(load).err().map(|back| back.0),
            None => Some(load),
        };
        // Nobody hands over there any more; whoever still waits is woken from here.
        refused.into_iter().for_each(|load| load());
    }
}

/// The answers that go one way.
struct Together<T> {
    way: Way,
    answers: Vec<(oneshot::Sender<T>, T)>,
}

/// Somebody who waits for an answer, and where.
pub(super) struct Waiter<T> {
    reply: oneshot::Sender<T>,
    way: Way,
}

impl<T: Send + 'static> Waiter<T> {
    /// The two ends: whoever awaits the receiver does so in this runtime.
    pub(super) fn new() -> (Self, oneshot::Receiver<T>) {
        let (reply, answer) = oneshot::channel();
        (Self { reply, way: Way::here() }, answer)
    }

    /// Answers them all. Who has gone away is not missed.
    pub(super) fn answer_all(answers: impl IntoIterator<Item = (Self, T)>) {
        let mut ways: Vec<Together<T>> = Vec::new();
        for (Self { reply, way }, answer) in answers {
            match ways.iter_mut().find(|one| one.way.same(&way)) {
                Some(one) => one.answers.push((reply, answer)),
                None => ways.push(Together { way, answers: vec![(reply, answer)] }),
            }
        }
        for Together { way, answers } in ways {
            let alone = answers.len() == 1;
            let hand_over = move || answers.into_iter().for_each(|(reply, answer)| drop(reply.send(answer)));
            if alone { hand_over() } else { way.carry(Box::new(hand_over)) }
        }
    }
}
