//! The server ends at each step of a payout, one step after the other, while shoppers go on asking for withdrawals. What was
//! cut short is found by the next server, or by the queue in the end: nothing is paid twice, no reserve stays behind.

use std::os::unix::process::ExitStatusExt as _;

use kopilka::base::Failpoint;
use kopilka::base::failpoint::VARIABLE;
use kopilka::db::Kind;
use kopilka::simulator::Simulated;

use super::kept::{Compared, answers_are_kept, settled};
use super::process::{Process, until};
use super::rig::Rig;
use super::traffic::Traffic;
use crate::on_both;
use crate::support::db::{TestDb, long};
use crate::support::said::counted;

on_both![
    a_payout_of_the_sandbox_survives_each_step,
    a_payout_of_yookassa_survives_each_step,
    a_payout_of_paypal_survives_each_step,
    a_payout_of_hyperswitch_survives_each_step,
];

async fn a_payout_of_the_sandbox_survives_each_step(db: TestDb) {
    ended_at_each_step(db, Simulated::Sandbox).await;
}

async fn a_payout_of_yookassa_survives_each_step(db: TestDb) {
    ended_at_each_step(db, Simulated::Yookassa).await;
}

async fn a_payout_of_paypal_survives_each_step(db: TestDb) {
    ended_at_each_step(db, Simulated::Paypal).await;
}

async fn a_payout_of_hyperswitch_survives_each_step(db: TestDb) {
    ended_at_each_step(db, Simulated::Hyperswitch).await;
}

/// How often each step is taken before the process ends at it.
fn times(place: Failpoint) -> u32 {
    match (place, long()) {
        // Requests, sends, answers and messages all come by it.
        (Failpoint::Written, false) => 4,
        (_, false) => 1,
        (Failpoint::Written, true) => 20,
        (_, true) => 5,
    }
}

async fn ended_at_each_step(db: TestDb, which: Simulated) {
    if which != Simulated::Sandbox && db.kind() == Kind::Postgres && !long() {
        println!("NOT TESTED: {which} on PostgreSQL, but in the long run");
        // Some minutes of starting and ending servers: the steps are the same, and the sandbox goes through them on both databases.
        return;
    }
    let rig = Rig::paid_by(which, &db.url, 14).await;
    let mut traffic = Traffic::new(&rig, 0, 0, 2).unhurried();
    let (mut compared, mut ends) = (Compared::default(), 0);
    // What was left unclear at one step is asked after in the steps that come later.
    for place in Failpoint::ALL {
        for time in 1..=times(*place) {
            let mut command = rig.command(rig.front);
            command.arg("serve").env(VARIABLE, format!("{place}:{time}"));
            let mut server = Process::start("serve", command, rig.folder.path());
            let what = format!("the end at {place}:{time}");
            let ended = async |_: &_| until(&what, async || server.ended().is_some()).await;
            traffic.during(&[rig.front], ended).await;
            let signal = server.ended().and_then(|status| status.signal());
            assert_eq!(signal, Some(6), "{place}:{time}\n{}", server.said());
            ends += 1;
            answers_are_kept(&mut db.connect(), &rig, &traffic.record(), &mut compared);
        }
    }
    rig.verify();
    let server = rig.serve(rig.front).await;
    let (_record, tally) = settled(&rig, server, traffic).await;
    counted(&format!("{:?}, paid by {which}: ends at steps {ends}; {tally}", db.kind()));
}
