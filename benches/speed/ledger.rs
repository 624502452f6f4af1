//! How long the proof of a whole ledger takes.

use std::process::{Command, Stdio};
use std::time::Instant;

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::BigInt;
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};

use crate::report::{Goal, Row, median};
use crate::rows::{Measured, ROUNDS};
use crate::world::{EMPTY, MASTER_KEY, Scale, World, at_full_size};

#[derive(QueryableByName)]
struct Sum {
    #[diesel(sql_type = BigInt)]
    rows: i64,
    #[diesel(sql_type = BigInt)]
    total: i64,
}

/// The full check beside the sum of the same rows. Each order makes two transfers, which are four entries.
pub fn verify() -> Measured {
    let orders = if at_full_size() { 250_000 } else { 25_000 };
    let world = World::sqlite(Scale { orders, ..EMPTY });
    let mut conn = SqliteConnection::establish(&world.file().to_string_lossy()).expect("the SQLite file opens");
    conn.batch_execute("PRAGMA busy_timeout = 10000;").expect("a patient connection");
    let (mut checks, mut sums, mut entries) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let question = "SELECT count(*) AS \"rows\", CAST(sum(amount) AS BIGINT) AS total FROM ledger_transfers";
        let sum: Sum = sql_query(question).get_result(&mut conn).expect("a sum");
        assert!(sum.total > 0, "money moved");
        entries = sum.rows * 2;
        sums.push(started.elapsed().as_secs_f64());
        let mut command = Command::new(env!("CARGO_BIN_EXE_kopilka"));
        command.args(["ledger", "verify"]).current_dir(&world.folder).stdout(Stdio::null());
        command.env("KOPILKA_DATABASE_URL", &world.url).env("KOPILKA_SECRETS_MASTER_KEY", MASTER_KEY);
        let started = Instant::now();
        assert!(command.status().expect("the check starts").success(), "the ledger is clean");
        checks.push(started.elapsed().as_secs_f64());
    }
    let reference = ("select sum(amount)", &sums[..]);
    let row = Row::beside("ledger_verify", "s", &checks, reference, Goal::RatioAtMost(10.0));
    (vec![row], vec![format!("ledger_verify: {entries} entries, {:.0} a second", entries as f64 / median(&checks))])
}
