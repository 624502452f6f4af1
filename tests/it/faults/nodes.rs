//! Three servers on one PostgreSQL database, one of which is killed and started again while all of them work.

use std::time::Duration;

use kopilka::db::Conn;
use kopilka::db::payouts::{PayoutRow, payout_event_list};
use kopilka::domain::payout::PayoutState;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::kept::{Compared, answers_are_kept, nothing_is_lost, payouts};
use super::process::{answer_to, client, free_address};
use super::rig::Rig;
use super::traffic::Traffic;
use crate::support::db::{TestDb, long, on_postgres};
use crate::support::dice::Dice;
use crate::support::said::counted;

#[test]
fn three_servers_share_the_work_and_one_may_die() {
    on_postgres(three_servers);
}

async fn three_servers(db: TestDb) {
    let kills = if long() { 15 } else { 2 };
    let rig = Rig::new(&db.url, 28).await;
    let places = [rig.front, free_address(), free_address()];
    let mut servers = Vec::new();
    for place in places {
        servers.push(rig.serve(place).await);
    }
    let mut traffic = Traffic::new(&rig, 6, 6, 5);
    let (mut dice, mut compared) = (Dice::told(), Compared::default());
    for _ in 0..kills {
        let (victim, life) = (dice.index(places.len()), Duration::from_millis(200 + dice.below(1_500)));
        traffic
            .during(&places, async |watch| {
                watch.progress(2).await;
                tokio::time::sleep(life).await;
                servers[victim].kill();
                watch.progress(2).await;
                servers[victim] = rig.serve(places[victim]).await;
                watch.progress(2).await;
            })
            .await;
        answers_are_kept(&mut db.connect(), &rig, &traffic.record(), &mut compared);
        rig.verify();
    }
    let paid = one_key_at_three_doors(&rig, &places).await;
    traffic.finish(rig.front).await;
    drop(servers);
    rig.drain().await;
    let mut conn = db.connect();
    let mut record = traffic.into_record();
    record.withdrawals.extend(paid);
    let tally = nothing_is_lost(&mut conn, &rig, &record).await;
    let stored = payouts(&mut conn);
    let (once, asked) = each_send_is_one_step(&mut conn, &stored);
    counted(&format!(
        "three servers: kills {kills}, requests cut off {}, payouts sent once {once}, asked after {asked}; {tally}",
        record.broken
    ));
}

/// The same request at all three servers at the same time.
async fn one_key_at_three_doors(
    rig: &Rig,
    places: &[std::net::SocketAddr; 3],
) -> Vec<(String, super::traffic::Withdrawal)> {
    let mut made = Vec::new();
    for shopper in rig.shoppers.iter().take(5) {
        let (key, amount) = (format!("doors-{}", shopper.id), json!({ "amount": "12.00", "currency": "RUB" }));
        let body = json!({ "method": shopper.method, "amount": amount });
        let mut running = tokio::task::JoinSet::new();
        for place in places.iter().cycle().take(12) {
            let request = client().post(format!("http://{place}/api/v1/payouts")).bearer_auth(&shopper.token);
            let request = request.header("Idempotency-Key", &key).json(&body);
            running.spawn(async move {
                let answer = answer_to(request).await;
                (answer.status(), answer.json::<Value>().await.unwrap())
            });
        }
        let answers = running.join_all().await;
        let first = answers[0].1["id"].clone();
        for (status, answer) in &answers {
            assert_eq!((*status, &answer["id"]), (StatusCode::CREATED, &first), "{answer}");
        }
        let accepted = Some(first.as_str().unwrap().parse().unwrap());
        made.push((key, super::traffic::Withdrawal { shopper: shopper.id, amount: 1_200, accepted }));
    }
    made
}

/// A job that two servers had at the same time would show as a second "submitting" that nobody asked for: each send
/// after the first has to follow an answer that allows it, or a question to the bank. Gives how many payouts were sent once, and how
/// many were asked after.
fn each_send_is_one_step(conn: &mut Conn, payouts: &[PayoutRow]) -> (usize, usize) {
    let (mut once, mut asked) = (0, 0);
    for row in payouts {
        let events = payout_event_list(conn, row.id).unwrap();
        let count = |state| events.iter().filter(|event| event.state == state).count();
        let unknown = count(PayoutState::Unknown);
        let retried =
            events.iter().filter(|event| event.cause == "answer" && event.state == PayoutState::Submitting).count();
        let sends = usize::try_from(row.sends).unwrap();
        assert!(sends <= 1 + unknown + retried, "{row:?}: {events:#?}");
        once += usize::from(sends == 1);
        asked += usize::from(unknown > 0);
    }
    (once, asked)
}
