//! kill −9 at random moments under load, on both databases.

use std::time::Duration;

use kopilka::db::Kind;
use kopilka::simulator::Simulated;

use super::kept::{Compared, answers_are_kept, settled};
use super::rig::Rig;
use super::traffic::Traffic;
use crate::on_both;
use crate::support::db::{TestDb, long};
use crate::support::dice::Dice;
use crate::support::said::counted;

on_both![
    nothing_answered_is_lost_by_a_kill,
    nothing_is_lost_or_paid_twice_at_yookassa,
    nothing_is_lost_or_paid_twice_at_paypal,
    nothing_is_lost_or_paid_twice_at_hyperswitch,
];

async fn nothing_answered_is_lost_by_a_kill(db: TestDb) {
    killed(db, Simulated::Sandbox, if long() { 50 } else { 3 }).await;
}

async fn nothing_is_lost_or_paid_twice_at_yookassa(db: TestDb) {
    killed(db, Simulated::Yookassa, if long() { 50 } else { 2 }).await;
}

async fn nothing_is_lost_or_paid_twice_at_paypal(db: TestDb) {
    killed(db, Simulated::Paypal, if long() { 50 } else { 2 }).await;
}

async fn nothing_is_lost_or_paid_twice_at_hyperswitch(db: TestDb) {
    killed(db, Simulated::Hyperswitch, if long() { 50 } else { 2 }).await;
}

async fn killed(db: TestDb, which: Simulated, kills: usize) {
    if which != Simulated::Sandbox && db.kind() == Kind::Postgres && !long() {
        println!("NOT TESTED: {which} on PostgreSQL, but in the long run");
        return;
    }
    let rig = Rig::paid_by(which, &db.url, 28).await;
    let mut traffic = Traffic::new(&rig, 6, 6, 4);
    let (mut dice, mut compared) = (Dice::told(), Compared::default());
    for _ in 0..kills {
        let mut server = rig.serve(rig.front).await;
        let life = Duration::from_millis(50 + dice.below(1_500));
        traffic
            .during(&[rig.front], async |watch| {
                watch.progress(1).await;
                tokio::time::sleep(life).await;
                server.kill();
            })
            .await;
        answers_are_kept(&mut db.connect(), &rig, &traffic.record(), &mut compared);
        rig.verify();
    }
    let server = rig.serve(rig.front).await;
    let (record, tally) = settled(&rig, server, traffic).await;
    assert!(record.broken > 0, "no request was cut off: the kills hit an idle server");
    counted(&format!("{:?}, paid by {which}: kills {kills}, requests cut off {}; {tally}", db.kind(), record.broken));
}
