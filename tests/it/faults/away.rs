//! PostgreSQL goes away under load, and comes back.

use std::time::{Duration, Instant};

use kopilka::db::migrate;

use super::cluster::{Cluster, Stop};
use super::kept::{Compared, answers_are_kept, settled};
use super::process::client;
use super::rig::Rig;
use super::traffic::{Traffic, Watch};
use crate::support::db::{connect, long, run};
use crate::support::said::{counted, tell};

#[test]
fn the_service_lives_without_its_database_and_goes_on_with_it() {
    // Only where PostgreSQL is tested at all.
    if std::env::var("TEST_DATABASE_URL").is_ok_and(|url| !url.is_empty()) {
        run(outages());
    }
}

async fn outages() {
    let (stops, length) = if long() {
        (&[Stop::Immediate, Stop::Fast, Stop::Immediate, Stop::Fast][..], Duration::from_secs(20))
    } else {
        (&[Stop::Fast, Stop::Immediate][..], Duration::from_secs(2))
    };
    let Some(mut cluster) = Cluster::start() else {
        tell("NOT TESTED: the database away: no PostgreSQL server could be started");
        return;
    };
    migrate::up(&mut connect(&cluster.url)).unwrap();
    let rig = Rig::new(&cluster.url, 14).await;
    let mut traffic = Traffic::new(&rig, 4, 4, 3);
    let mut compared = Compared::default();
    let mut server = rig.serve(rig.front).await;
    for how in stops {
        traffic
            .during(&[rig.front], async |watch| {
                watch.progress(3).await;
                cluster.stop(*how).await;
                while_it_is_away(&rig, watch, length).await;
                cluster.start_again().await;
                let began = Instant::now();
                watch.progress(3).await;
                let took = began.elapsed();
                counted(&format!(
                    "the database away for {length:?} ({how:?}): everything works again after {took:.1?}"
                ));
            })
            .await;
        assert_eq!(server.ended(), None);
        server.answers(&format!("http://{}/readyz", rig.front)).await;
        answers_are_kept(&mut connect(&cluster.url), &rig, &traffic.record(), &mut compared);
        rig.verify();
    }
    let (record, tally) = settled(&rig, server, traffic).await;
    assert_eq!(record.broken, 0, "every request gets an answer");
    counted(&format!("PostgreSQL away {} times, told to come back {}; {tally}", stops.len(), record.unavailable));
}

/// Requests are told to come back, the process lives, and says itself that it is not ready.
async fn while_it_is_away(rig: &Rig, watch: &Watch, length: Duration) {
    let (began, before) = (Instant::now(), watch.record().unavailable);
    let status = async |path: &str| client().get(format!("http://{}{path}", rig.front)).send().await.unwrap().status();
    while began.elapsed() < length || watch.record().unavailable < before + 20 {
        assert!(began.elapsed() < super::process::PATIENCE, "nobody is told to come back");
        assert_eq!(status("/readyz").await, 503);
        assert_eq!(status("/healthz").await, 200);
    }
}
