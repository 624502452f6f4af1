//! All orders in which up to five pieces of news of one payout can come: the answer of the call, its webhook (and again), the
//! answer to a question (and again).

use std::net::{IpAddr, Ipv4Addr};

use kopilka::db::payouts::PayoutRow;
use kopilka::domain::payout::PayoutState;
use kopilka::provider::{Outcome, WebhookCall};
use kopilka::service::payouts::poll_payout::poll_payout;
use kopilka::service::payouts::submit_payout::{commit_send, intent, take_answer};
use kopilka::service::payouts::take_webhook::take_webhook;
use serde_json::{Value, json};

use super::{all, fresh, kinds};
use crate::on_both;
use crate::support::db::TestDb;
use crate::withdrawals::world::World;

on_both![news_in_any_order_ends_the_same];

/// A piece of news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum News {
    Answer,
    Webhook,
    Poll,
}

/// How often each can come.
const MOST: [(News, usize); 3] = [(News::Answer, 1), (News::Webhook, 2), (News::Poll, 2)];

/// Every sequence of one to five pieces of news.
fn sequences() -> Vec<Vec<News>> {
    let mut found: Vec<Vec<News>> = Vec::new();
    let mut last: Vec<Vec<News>> = vec![Vec::new()];
    for _length in 1..=5 {
        let mut longer = Vec::new();
        for sequence in &last {
            for (news, most) in MOST {
                if sequence.iter().filter(|one| **one == news).count() < most {
                    longer.push([&sequence[..], &[news]].concat());
                }
            }
        }
        found.extend(longer.iter().cloned());
        last = longer;
    }
    found
}

async fn news_in_any_order_ends_the_same(db: TestDb) {
    let sequences = sequences();
    for which in all() {
        let own = fresh(&db);
        let world = World::start_at(&own, false, which, |_config| {}).await;
        let mut played = Vec::new();
        // Paid at once; declined at once; pending when it is answered and paid soon after.
        for (code, end) in [(0, PayoutState::Paid), (25, PayoutState::Failed), (21, PayoutState::Paid)] {
            for (index, sequence) in sequences.iter().enumerate() {
                let row = sent(&world, code, index).await;
                play(&world, &row, code, sequence).await;
                played.push((row, end, sequence));
            }
        }
        world.settle().await;
        for (row, end, sequence) in &played {
            let done = world.payout(row.id).await;
            assert_eq!((done.state, done.attention), (*end, None), "{which}: {sequence:?}");
            assert_eq!(
                world.times_moved(&row.provider_key).await,
                u64::from(*end == PayoutState::Paid),
                "{sequence:?}"
            );
        }
        world.agrees().await;
        println!("{which}: {} payouts, {} orders of up to five pieces of news each", played.len(), sequences.len());
    }
}

/// A payout whose sending is committed.
async fn sent(world: &World, code: u8, index: usize) -> PayoutRow {
    let shopper = world.shopper(10_000).await;
    let kinds = kinds(world.which);
    let method = world.method(shopper, code, kinds[index % kinds.len()]).await;
    let row = world.request(shopper, method, 4_000, "a").await.unwrap().row;
    commit_send(&world.app, &row).await.unwrap().row
}

async fn play(world: &World, row: &PayoutRow, code: u8, sequence: &[News]) {
    let provider = world.app.providers.get(world.which.as_str()).unwrap();
    let answer = provider.create(&intent(&world.app, row).await.unwrap()).await;
    let Outcome::Accepted { provider_ref, .. } = &answer else { panic!("{answer:?}") };
    if code == 21 {
        world.bank_post(&world.command(&format!("payouts/{provider_ref}/pay")), &json!({})).await;
    }
    let hooks = world.bank_post(&world.command("hooks"), &json!({})).await;
    let last = hooks.as_array().unwrap().last().expect("the final state is told of");
    for news in sequence {
        match news {
            News::Answer => take_answer(&world.app, row, &answer, None).await.unwrap(),
            News::Webhook => webhook(world, last).await,
            News::Poll => drop(poll_payout(&world.app, row.id, "poll", None).await.unwrap()),
        }
        let now = world.payout(row.id).await;
        assert_eq!(now.attention, None, "{}: {sequence:?} at {news:?}", world.which);
    }
}

async fn webhook(world: &World, message: &Value) {
    let headers: Vec<(String, String)> = serde_json::from_value(message["headers"].clone()).unwrap();
    let call = WebhookCall {
        headers: &headers,
        raw_body: message["body"].as_str().unwrap().as_bytes(),
        peer_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        received_at: world.clock.now(),
    };
    let taken = take_webhook(&world.app, world.which.as_str(), call).await.unwrap();
    assert!(["applied", "repeated"].contains(&taken.as_str()), "{taken}");
}
