//! Clients that click, report and withdraw, and keep a record of what they were answered. One whose request was not
//! answered sends the same again, as browsers and networks do.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kopilka::base::id::{ClickId, PayoutId, PostbackId, ShopperId};
use kopilka::domain::conversion::State;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::process::{client, until};
use super::rig::{Rig, SECRET, Shopper};
use crate::support::dice::Dice;

/// What an order's reports say, one after the other: status (1 confirmed, 2 pending, 3 declined).
const STORIES: [&[u8]; 5] = [&[2, 1], &[2, 3], &[1, 1], &[2, 1, 3], &[3, 1]];

/// A report: status and commission in kopecks.
pub type Said = (u8, i64);

/// An order as its reporter knows it.
#[derive(Debug, Clone)]
pub struct Order {
    pub shopper: ShopperId,
    pub click: ClickId,
    /// Answered 200, in this order.
    pub answered: Vec<Said>,
    /// Sent, and not answered.
    pub open: Option<Said>,
}

/// A withdrawal as its shopper knows it.
#[derive(Debug, Clone)]
pub struct Withdrawal {
    pub shopper: ShopperId,
    pub amount: i64,
    /// `None`: sent, and not answered.
    pub accepted: Option<PayoutId>,
}

/// The clients' record.
#[derive(Debug, Default)]
pub struct Record {
    /// Answered 302.
    pub clicks: Vec<(ClickId, ShopperId)>,
    /// Answered 200, with the verdict that the answer told.
    pub reports: Vec<(PostbackId, String)>,
    pub orders: BTreeMap<String, Order>,
    /// By their Idempotency-Key.
    pub withdrawals: BTreeMap<String, Withdrawal>,
    /// Answered 503, in the right form.
    pub unavailable: usize,
    /// Not answered at all.
    pub broken: usize,
    /// What no client should ever see.
    pub wrong: Vec<String>,
}

impl Record {
    pub fn accepted(&self) -> usize {
        self.withdrawals.values().filter(|one| one.accepted.is_some()).count()
    }

    /// How much of each kind was answered well: a measure of progress.
    pub fn progress(&self) -> [usize; 3] {
        [self.clicks.len(), self.reports.len(), self.accepted()]
    }
}

/// Where an order stands after these reports.
pub fn state_after(said: &[Said]) -> Option<(State, i64)> {
    let last = said.last()?;
    let confirmed_once = said.iter().any(|(status, _)| *status == 1);
    let state = match last.0 {
        1 => State::Confirmed,
        2 => State::Pending,
        _ if confirmed_once => State::Reversed,
        _ => State::Declined,
    };
    Some((state, last.1))
}

/// What a client has in hand.
enum Task {
    Click(Shopper),
    Report { shopper: Shopper, order: Option<(String, Vec<Said>)> },
    Withdraw { shopper: Shopper, open: Option<(String, i64)> },
}

struct Worker {
    dice: Dice,
    task: Task,
    shared: Arc<Shared>,
}

struct Shared {
    client: Client,
    record: Mutex<Record>,
    shoppers: Vec<Shopper>,
}

impl Shared {
    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends; gives status, address to go to, and body. `None` when the request has to be sent again.
    async fn send(&self, request: RequestBuilder) -> Option<(StatusCode, String, Value)> {
        let answered = async {
            let answer = request.send().await?;
            let header = |name: &str| {
                answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
            };
            let (status, location) = (answer.status(), header("location"));
            let (kind, retry) = (header("content-type"), header("retry-after"));
            Ok::<_, reqwest::Error>((status, location, kind, retry, answer.bytes().await?))
        };
        let Ok((status, location, kind, retry, body)) = answered.await else {
            self.record().broken += 1;
            return None;
        };
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let good = kind == "application/problem+json" && retry.parse::<u32>().is_ok_and(|wait| wait > 0);
            let mut record = self.record();
            match good {
                true => record.unavailable += 1,
                false => record.wrong.push(format!("503 as {kind:?}, Retry-After {retry:?}: {body}")),
            }
            return None;
        }
        Some((status, location, body))
    }

    fn wrong(&self, what: &str, status: StatusCode, body: &Value) {
        self.record().wrong.push(format!("{what} was answered {status}: {body}"));
    }

    async fn click(&self, to: SocketAddr, shopper: &Shopper) -> Option<ClickId> {
        let request = self.client.get(format!("http://{to}{}", shopper.link)).header("user-agent", "Mozilla/5.0");
        let (status, location, body) = self.send(request).await?;
        let click = location.split_once("sub1=").and_then(|(_, text)| ClickId::from_reference(text).ok());
        match click.filter(|_| status == StatusCode::FOUND) {
            Some(click) => self.record().clicks.push((click, shopper.id)),
            None => self.wrong("a click", status, &body),
        }
        click
    }

    async fn report(&self, to: SocketAddr, name: &str, said: Said) -> Option<()> {
        let (status, minor) = said;
        let click = {
            let mut record = self.record();
            let order = record.orders.get_mut(name).unwrap();
            order.open = Some(said);
            order.click.reference()
        };
        let sum = format!("{}.{:02}", minor / 100, minor % 100);
        let query = format!("tid={name}&click={click}&status={status}&sum={sum}&cur=RUB&secret={SECRET}");
        let (status, _, body) = self.send(self.client.get(format!("http://{to}/postback/network?{query}"))).await?;
        let verdict = body["verdict"].as_str().unwrap_or_default().to_owned();
        let id = body["postback"].as_str().and_then(|text| text.parse().ok());
        // Unchanged: an earlier try was not answered, or not well, but kept.
        let (true, Some(id), "applied" | "unchanged") = (status == StatusCode::OK, id, verdict.as_str()) else {
            self.wrong(&format!("a report of {name}"), status, &body);
            return None;
        };
        let mut record = self.record();
        record.reports.push((id, verdict));
        let order = record.orders.get_mut(name).unwrap();
        order.answered.push(said);
        order.open = None;
        Some(())
    }

    async fn withdraw(&self, to: SocketAddr, shopper: &Shopper, key: &str, minor: i64) -> Option<PayoutId> {
        let asked = Withdrawal { shopper: shopper.id, amount: minor, accepted: None };
        self.record().withdrawals.entry(key.to_owned()).or_insert(asked);
        let amount = json!({ "amount": format!("{}.{:02}", minor / 100, minor % 100), "currency": "RUB" });
        let request = self.client.post(format!("http://{to}/api/v1/payouts")).bearer_auth(&shopper.token);
        let request = request.header("Idempotency-Key", key);
        let (status, _, body) = self.send(request.json(&json!({ "method": shopper.method, "amount": amount }))).await?;
        let id = body["id"].as_str().and_then(|text| text.parse::<PayoutId>().ok());
        match id.filter(|_| status == StatusCode::CREATED) {
            Some(id) => self.record().withdrawals.get_mut(key).unwrap().accepted = Some(id),
            None => self.wrong("a withdrawal", status, &body),
        }
        id
    }
}

impl Worker {
    /// One request, or the one before again when that was not answered.
    async fn step(&mut self, to: SocketAddr) -> bool {
        let shared = Arc::clone(&self.shared);
        match &mut self.task {
            Task::Click(shopper) => {
                let done = shared.click(to, shopper).await.is_some();
                *shopper = self.dice.pick(&shared.shoppers).clone();
                done
            }
            Task::Report { shopper, order } => {
                let Some((name, left)) = order else {
                    let Some(click) = shared.click(to, shopper).await else { return false };
                    let story = *self.dice.pick(&STORIES);
                    let commission = 100 + self.dice.small(10_000);
                    let said: Vec<Said> = (0..).zip(story).map(|(step, status)| (*status, commission + step)).collect();
                    let name = format!("o-{}", click.reference());
                    let new = Order { shopper: shopper.id, click, answered: Vec::new(), open: None };
                    shared.record().orders.insert(name.clone(), new);
                    *order = Some((name, said));
                    return true;
                };
                let Some(said) = left.first().copied() else {
                    *shopper = self.dice.pick(&shared.shoppers).clone();
                    *order = None;
                    return true;
                };
                let done = shared.report(to, name, said).await.is_some();
                if done {
                    left.remove(0);
                }
                done
            }
            Task::Withdraw { shopper, open } => {
                let fresh = || (format!("key-{}", ShopperId::new().reference()), 100 + self.dice.small(5_000));
                let (key, minor) = open.get_or_insert_with(fresh).clone();
                let done = shared.withdraw(to, shopper, &key, minor).await.is_some();
                if done {
                    *open = None;
                    *shopper = self.dice.pick(&shared.shoppers).clone();
                }
                done
            }
        }
    }

    /// Whether a request of it was not answered yet.
    fn waits(&self) -> bool {
        match &self.task {
            Task::Click(_) => false,
            Task::Report { order, .. } => order.as_ref().is_some_and(|(_, left)| !left.is_empty()),
            Task::Withdraw { open, .. } => open.is_some(),
        }
    }
}

/// The clients, and their record.
pub struct Traffic {
    workers: Vec<Worker>,
    shared: Arc<Shared>,
    /// How long a client rests after an answer.
    rest: Duration,
}

impl Traffic {
    /// Clients that click, that report and that withdraw.
    pub fn new(rig: &Rig, clicks: usize, reports: usize, withdrawals: usize) -> Self {
        let shoppers = rig.shoppers.clone();
        let shared = Arc::new(Shared { client: client(), record: Mutex::default(), shoppers });
        let mut dice = Dice::told();
        let workers = (0..clicks + reports + withdrawals).map(|number| {
            let shopper = dice.pick(&rig.shoppers).clone();
            let task = match number {
                number if number < clicks => Task::Click(shopper),
                number if number < clicks + reports => Task::Report { shopper, order: None },
                _ => Task::Withdraw { shopper, open: None },
            };
            Worker { dice: Dice(dice.below(u64::MAX)), task, shared: Arc::clone(&shared) }
        });
        Self { workers: workers.collect(), shared, rest: Duration::ZERO }
    }

    /// The same with clients that rest after each answer, where it matters what is asked and not how much.
    pub fn unhurried(self) -> Self {
        Self { rest: Duration::from_millis(400), ..self }
    }

    pub fn record(&self) -> MutexGuard<'_, Record> {
        self.shared.record()
    }

    /// The record, once nobody adds to it.
    pub fn into_record(self) -> Record {
        std::mem::take(&mut self.record())
    }

    /// Sends requests to these servers, one or the other, for as long as `body` takes.
    pub async fn during<T>(&mut self, servers: &[SocketAddr], body: impl AsyncFnOnce(&Watch) -> T) -> T {
        let stop = Arc::new(AtomicBool::new(false));
        let mut running = JoinSet::new();
        for mut worker in self.workers.drain(..) {
            let (servers, stop, rest) = (servers.to_vec(), Arc::clone(&stop), self.rest);
            running.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let to = *worker.dice.pick(&servers);
                    // A client that was sent away does not come back at once.
                    let rest = if worker.step(to).await { rest } else { Duration::from_millis(30) };
                    if !rest.is_zero() {
                        tokio::time::sleep(rest).await;
                    }
                }
                worker
            });
        }
        let done = body(&Watch(Arc::clone(&self.shared))).await;
        stop.store(true, Ordering::Relaxed);
        self.workers = running.join_all().await;
        done
    }

    /// Lets every client that still waits for an answer get it.
    pub async fn finish(&mut self, server: SocketAddr) {
        for worker in &mut self.workers {
            until("an answer to what was not answered", async || {
                !worker.waits() || worker.step(server).await && !worker.waits()
            })
            .await;
        }
    }
}

/// A look at the record while the clients are at work.
pub struct Watch(Arc<Shared>);

impl Watch {
    pub fn record(&self) -> MutexGuard<'_, Record> {
        self.0.record()
    }

    /// Waits until each kind of request was answered well some more times.
    pub async fn progress(&self, more: usize) {
        let before = self.record().progress();
        until("progress of clicks, reports and withdrawals", async || {
            let now = self.record().progress();
            now.iter().zip(before).all(|(now, before)| *now >= before + more)
        })
        .await;
    }
}
