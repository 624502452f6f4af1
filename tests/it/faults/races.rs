//! Many requests for one balance at the same time, through the front door: no more than it covers, and one for each key.

use kopilka::base::id::ShopperId;
use kopilka::db::tokens::Owner;
use kopilka::domain::access::TokenKind;
use kopilka::domain::payout::MethodKind;
use kopilka::service::verify_ledger::verify_ledger;
use reqwest::Response;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::process::{answer_to, client};
use crate::on_both;
use crate::support::accounts;
use crate::support::db::{TestDb, long};
use crate::support::said::counted;
use crate::withdrawals::world::World;

on_both![a_balance_pays_for_exactly_what_it_covers, twenty_requests_with_one_key_are_one_payout];

/// How many clients ask at the same time.
const CLIENTS: usize = 64;

async fn world(db: &TestDb) -> World {
    World::start_with(db, false, |config| {
        config.limits.payouts_per_hour = 1_000_000;
        config.payouts.limits[0].max_open = 1_000_000;
        config.payouts.limits[0].daily = crate::withdrawals::world::rub(1_000_000_000);
    })
    .await
}

#[derive(Clone)]
struct Client {
    http: reqwest::Client,
    url: String,
    token: String,
    method: String,
}

impl Client {
    async fn of(world: &World, shopper: ShopperId) -> Self {
        let method = world.method(shopper, 0, MethodKind::Card).await.to_string();
        let (token, _) = accounts::token(&world.app, Owner::Shopper(shopper), TokenKind::Api).await;
        Self { http: client(), url: format!("http://{}/api/v1/payouts", world.test.address), token, method }
    }

    async fn ask(&self, key: &str, amount: &str) -> Response {
        let body = json!({ "method": self.method, "amount": { "amount": amount, "currency": "RUB" } });
        let request = self.http.post(&self.url).bearer_auth(&self.token);
        answer_to(request.header("Idempotency-Key", key).json(&body)).await
    }

    /// Asks again and again, each time after the answer to the time before; gives how many were granted and refused.
    async fn ask_for_all(self, numbers: impl Iterator<Item = usize>) -> [usize; 2] {
        let mut found = [0, 0];
        for number in numbers {
            let answer = self.ask(&format!("key-{number}"), "2.00").await;
            let (status, kind) = (answer.status().as_u16(), answer.headers()["content-type"].clone());
            let body: Value = answer.json().await.unwrap();
            if status == 201 {
                found[0] += 1;
                continue;
            }
            assert_eq!((status, &body["code"]), (422, &json!("not_enough_available")), "{body}");
            assert_eq!(kind, "application/problem+json");
            found[1] += 1;
        }
        found
    }
}

async fn a_balance_pays_for_exactly_what_it_covers(db: TestDb) {
    let world = world(&db).await;
    let asked: usize = CLIENTS * if long() { 10_000 } else { 16 };
    // One in five can be paid, but not more than the bank is to be asked for; what is left over is less than the least that may be asked for.
    let covered = (asked / 5).min(2_000);
    let shopper = world.shopper(i64::try_from(covered).unwrap() * 200 + 99).await;
    let client = Client::of(&world, shopper).await;
    let mut running = JoinSet::new();
    for number in 0..CLIENTS {
        running.spawn(client.clone().ask_for_all((number..asked).step_by(CLIENTS)));
    }
    let answers = running.join_all().await;
    let sum = |which: usize| answers.iter().map(|found| found[which]).sum::<usize>();
    assert_eq!([sum(0), sum(1)], [covered, asked - covered]);
    assert_eq!(world.balances(shopper).await, (99, i64::try_from(covered).unwrap() * 200, 0));
    assert_eq!(verify_ledger(&world.app).await.unwrap().findings, vec![]);
    counted(&format!("{:?}: {CLIENTS} clients, {asked} withdrawals, {covered} covered and reserved", db.kind()));
    world.drain().await;
    assert_eq!(world.balances(shopper).await, (99, 0, 0));
    world.close().await;
}

async fn twenty_requests_with_one_key_are_one_payout(db: TestDb) {
    let world = world(&db).await;
    let shopper = world.shopper(100_000).await;
    let client = Client::of(&world, shopper).await;
    for round in 0..3 {
        let key = format!("same-{round}");
        let mut running = JoinSet::new();
        for _ in 0..20 {
            let (client, key) = (client.clone(), key.clone());
            running.spawn(async move {
                let answer = client.ask(&key, "40.00").await;
                let repeated = answer.headers().contains_key("idempotent-replayed");
                (answer.status().as_u16(), repeated, answer.text().await.unwrap())
            });
        }
        let answers = running.join_all().await;
        assert_eq!(answers.iter().filter(|(_, repeated, _)| !repeated).count(), 1, "one of them did it");
        for (status, _, body) in &answers {
            assert_eq!((*status, body), (201, &answers[0].2));
        }
        let other = client.ask(&key, "41.00").await;
        assert_eq!(
            (other.status().as_u16(), &other.headers()["content-type"]),
            (409, &"application/problem+json".parse().unwrap())
        );
        assert_eq!(world.payouts().await, round + 1);
    }
    assert_eq!(world.balances(shopper).await, (88_000, 12_000, 0));
    world.drain().await;
    world.close().await;
}
