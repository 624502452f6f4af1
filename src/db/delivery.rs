//! Answers for many who wait in one thread, carried there together. To wake a task of another thread is a system call, and
//! those who wait for a set stand in few threads: each of these is woken once for all of its answers.

use std::cell::RefCell;

use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

/// Hands answers over, in the thread of those who wait.
type Load = Box<dyn FnOnce() + Send>;

/// The way to those who wait in a thread.
#[derive(Clone)]
pub(super) struct Way(Option<UnboundedSender<Load>>);

thread_local! {
    static HERE: RefCell<Way> = const { RefCell::new(Way(None)) };
}

impl Way {
    /// The way to this thread.
    pub(super) fn here() -> Self {
        HERE.with_borrow_mut(|here| {
            // A thread outlives a runtime, and with it the task that hands over.
            if here.0.as_ref().is_none_or(UnboundedSender::is_closed) {
                here.0 = Handle::try_current().ok().map(|runtime| {
                    let (way, mut loads) = unbounded_channel::<Load>();
                    runtime.spawn(async move {
                        while let Some(hand_over) = loads.recv().await {
                            hand_over();
                        }
                    });
                    way
                });
            }
            here.clone()
        })
    }

    fn leads_to_where(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(two)) => one.same_channel(two),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    fn carry(&self, load: Load) {
        let refused = match &self.0 {
            Some(way) => way.send(load).err().map(|back| back.0),
            None => Some(load),
        };
        // Nobody hands over there any more; whoever still waits is woken from here.
        refused.into_iter().for_each(|load| load());
    }
}

/// The answers for one thread.
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
    /// The two ends: whoever awaits the receiver does so in this thread.
    pub(super) fn new() -> (Self, oneshot::Receiver<T>) {
        let (reply, answer) = oneshot::channel();
        (Self { reply, way: Way::here() }, answer)
    }

    /// Answers them all. Who has gone away is not missed.
    pub(super) fn answer_all(answers: impl IntoIterator<Item = (Self, T)>) {
        let mut threads: Vec<Together<T>> = Vec::new();
        for (Self { reply, way }, answer) in answers {
            match threads.iter_mut().find(|thread| thread.way.leads_to_where(&way)) {
                Some(thread) => thread.answers.push((reply, answer)),
                None => threads.push(Together { way, answers: vec![(reply, answer)] }),
            }
        }
        for Together { way, answers } in threads {
            let alone = answers.len() == 1;
            let hand_over = move || answers.into_iter().for_each(|(reply, answer)| drop(reply.send(answer)));
            if alone { hand_over() } else { way.carry(Box::new(hand_over)) }
        }
    }
}
