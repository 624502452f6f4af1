//! The disk that the SQLite file is on fills up under load, and has room again.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use diesel::{RunQueryDsl as _, sql_query};
use kopilka::db::Conn;
use tempfile::TempDir;

use super::kept::nothing_is_lost;
use super::process::{PATIENCE, client};
use super::rig::Rig;
use super::traffic::{Traffic, Watch};
use crate::support::db::{TestDb, connect, long, run};
use crate::support::said::{counted, tell};

/// What the disk holds, in MiB: the file, its write-ahead log, and a neighbour's file that can be taken away.
const DISK: u32 = 96;
/// How much the load has to write until the disk is full the first time, in KiB.
const LEFT: u32 = 3_000;

#[test]
fn a_full_disk_loses_nothing() {
    run(full_disk());
}

/// A disk of its own, in memory, that only its own processes see. Goes with this value.
struct Disk {
    place: TempDir,
    /// What a program is run inside of, to see it.
    inside: Vec<String>,
    keeper: Child,
}

impl Disk {
    /// Makes one: as root of a user namespace, else as the machine's root. `None` where neither is allowed.
    fn make() -> Option<Self> {
        Self::make_with(&["-U", "-r", "-m"], &["-U", "-m", "--preserve-credentials"])
            .or_else(|| Self::make_with(&["-m"], &["-m"]))
    }

    fn make_with(unshare: &[&str], enter: &[&str]) -> Option<Self> {
        let place = TempDir::new().unwrap();
        let script = format!("mount -t tmpfs -o size={DISK}m disk \"$1\" && echo made && cat");
        let mut command = Command::new("unshare");
        command.args(unshare).args(["sh", "-c", &script, "sh"]).arg(place.path());
        let mut keeper = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let mut told = String::new();
        BufReader::new(keeper.stdout.as_mut().unwrap()).read_line(&mut told).unwrap();
        let target = keeper.id().to_string();
        let words = ["nsenter", "-t", &target].into_iter().chain(enter.iter().copied()).chain(["--"]);
        let inside = words.map(str::to_owned).collect();
        let disk = Self { place, inside, keeper };
        (told.trim() == "made").then_some(disk)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// Runs a shell's line inside; whether it succeeded.
    fn shell(&self, line: &str) -> bool {
        let mut command = Command::new(&self.inside[0]);
        command.args(&self.inside[1..]).args(["sh", "-c", line, "sh"]).arg(self.place.path());
        command.stderr(Stdio::null()).status().unwrap().success()
    }

    /// A neighbour's file takes all room but so many KiB.
    fn fill(&self, left: u32) {
        // The load writes meanwhile: that the neighbour finds less room than there was a moment ago is no failure.
        let line = "free=$(df -k --output=avail \"$1\" | tail -n 1); head -c $(((free - left) * 1024)) /dev/zero >\"$1/neighbour\"";
        self.shell(&format!("left={left}; {line}; test -e \"$1/neighbour\""));
    }

    fn make_room(&self) {
        assert!(self.shell("rm \"$1/neighbour\""));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

async fn full_disk() {
    let Some(disk) = Disk::make() else {
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
                watch.progress(3).await;
                // The load fills it up itself; later the neighbour does, all at once.
                disk.fill(if round == 0 { LEFT } else { 0 });
                while_it_is_full(&rig, watch).await;
                disk.make_room();
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
    let mut server = rig.serve(rig.front).await;
    traffic.finish(rig.front).await;
    server.kill();
    rig.drain().await;
    let mut conn = connect(&rig.url);
    let record = traffic.into_record();
    let tally = nothing_is_lost(&mut conn, &rig, &record).await;
    assert_eq!(record.broken, 0, "every request gets an answer");
    counted(&format!("the disk full {rounds} times, told to come back {}; {tally}", record.unavailable));
}

/// Clients are told to come back, and the process lives.
async fn while_it_is_full(rig: &Rig, watch: &Watch) {
    let (began, before) = (Instant::now(), watch.record().unavailable);
    while watch.record().unavailable < before + 50 {
        assert!(began.elapsed() < PATIENCE, "nobody is told to come back");
        let health = client().get(format!("http://{}/healthz", rig.front)).send().await.unwrap();
        assert_eq!(health.status(), 200);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
