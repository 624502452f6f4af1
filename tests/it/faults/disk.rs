//! The disk that the database is on fills up under load, and has room again.

use std::time::Instant;

use diesel::{RunQueryDsl as _, sql_query};
use kopilka::db::{Conn, migrate};

use super::cluster::{Cluster, Stop};
use super::kept::{Compared, answers_are_kept, settled};
use super::process::{PATIENCE, client};
use super::rig::Rig;
use super::small_disk::Disk;
use super::traffic::{Traffic, Watch};
use crate::support::db::{TestDb, connect, long, run};
use crate::support::said::{counted, tell};

/// What the disk of a SQLite file holds, in MiB: the file, its write-ahead log, and a neighbour's file that can be taken away.
const DISK: u32 = 96;
/// The same for PostgreSQL, whose empty cluster takes 40 and whose write-ahead log is up to 80 at rest.
const POSTGRES_DISK: u32 = 320;
/// How much the load has to write until the disk is full the first time, in KiB.
const LEFT: u32 = 3_000;

#[test]
fn a_full_disk_loses_nothing() {
    run(full_disk());
}

#[test]
fn a_full_disk_of_postgres_loses_nothing() {
    // Only where PostgreSQL is tested at all.
    if std::env::var("TEST_DATABASE_URL").is_ok_and(|url| !url.is_empty()) {
        run(full_disk_of_postgres());
    }
}

async fn full_disk() {
    let Some(disk) = Disk::make(DISK) else {
        tell("NOT TESTED: the full disk: this user may make no namespace to mount a small disk in (unshare)");
        return;
    };
    let rounds = if long() { 6 } else { 2 };
    let db = TestDb::sqlite();
    let mut rig = Rig::new(&db.url, 14).await;
    let (filled, copy) = (rig.folder.path().join("filled.db"), rig.folder.path().join("kopilka.db"));
    let Conn::Lite(mut conn) = db.connect() else { panic!("a SQLite file") };
    sql_query(format!("vacuum into '{}'", filled.display())).execute(&mut conn).unwrap();
    assert!(disk.shell(&format!("cp '{}' \"$1/kopilka.db\"", filled.display())));
    rig.url = format!("sqlite://{}", disk.path("kopilka.db").display());
    rig.inside.clone_from(&disk.inside);
    let mut server = rig.serve(rig.front).await;
    let mut traffic = Traffic::new(&rig, 4, 4, 3);
    for round in 0..rounds {
        traffic
            .during(&[rig.front], async |watch| {
                full_for_a_while(&disk, &rig, watch, round).await;
                watch.progress(3).await;
            })
            .await;
        assert_eq!(server.ended(), None);
        rig.verify();
    }
    server.kill();
    assert!(disk.shell(&format!("cp \"$1/kopilka.db\" '{}'", copy.display())));
    // There need not be one.
    disk.shell(&format!("cp \"$1/kopilka.db-wal\" '{}-wal'", copy.display()));
    rig.url = format!("sqlite://{}", copy.display());
    rig.inside.clear();
    let server = rig.serve(rig.front).await;
    let (record, tally) = settled(&rig, server, traffic).await;
    assert_eq!(record.broken, 0, "every request gets an answer");
    counted(&format!("the disk full {rounds} times, told to come back {}; {tally}", record.unavailable));
}

async fn full_disk_of_postgres() {
    let Some(disk) = Disk::make_for_others(POSTGRES_DISK) else {
        tell("NOT TESTED: PostgreSQL on a full disk: only root may mount a small disk for another user (unshare)");
        return;
    };
    let Some(mut cluster) = Cluster::start_on(&disk) else {
        tell("NOT TESTED: PostgreSQL on a full disk: no server could be started");
        return;
    };
    let rounds = if long() { 6 } else { 2 };
    migrate::up(&mut connect(&cluster.url)).unwrap();
    let rig = Rig::new(&cluster.url, 14).await;
    let mut server = rig.serve(rig.front).await;
    let mut traffic = Traffic::new(&rig, 4, 4, 3);
    let (mut compared, mut ended) = (Compared::default(), 0);
    for round in 0..rounds {
        traffic
            .during(&[rig.front], async |watch| {
                full_for_a_while(&disk, &rig, watch, round).await;
                // Without room for its log the server ends itself, and an operator has to start it. It seldom comes to that.
                if round == 0 {
                    cluster.stop(Stop::Immediate).await;
                }
                ended += u32::from(cluster.comes_back().await);
                watch.progress(3).await;
            })
            .await;
        assert_eq!(server.ended(), None);
        answers_are_kept(&mut connect(&cluster.url), &rig, &traffic.record(), &mut compared);
        rig.verify();
    }
    let (record, tally) = settled(&rig, server, traffic).await;
    assert_eq!(record.broken, 0, "every request gets an answer");
    let full = format!("PostgreSQL's disk full {rounds} times, the server begun anew {ended} times");
    counted(&format!("{full}, told to come back {}; {tally}", record.unavailable));
}

/// No room is left under load, and then there is again. Meanwhile clients are told to come back, and the process lives.
async fn full_for_a_while(disk: &Disk, rig: &Rig, watch: &Watch, round: u32) {
    watch.progress(3).await;
    // The load fills it up itself; later the neighbour does, all at once.
    disk.fill(if round == 0 { LEFT } else { 0 });
    let (began, before) = (Instant::now(), watch.record().unavailable);
    while watch.record().unavailable < before + 50 {
        assert!(began.elapsed() < PATIENCE, "nobody is told to come back");
        let health = client().get(format!("http://{}/healthz", rig.front)).send().await.unwrap();
        assert_eq!(health.status(), 200);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    disk.make_room();
}
