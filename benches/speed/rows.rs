//! The rows: what is run beside what. Within a round everything that is compared runs once, one after the other, so
//! that a machine that is slow for a while is slow for all of them.

use crate::load::{Load, Sample, lone_inserts, run, tpcb, tpcb_prepare, warm_up};
use crate::process::Server;
use crate::report::{Goal, Row, median};
use crate::world::{EMPTY, Stored, World, create_database, drop_database, folder};

/// How often each is run.
pub const ROUNDS: usize = 3;
/// How often the start is measured.
const STARTS: usize = 5;

const BARE: &str = "bare 302";
const DISK: &str = "302 behind one fdatasync a group";

/// What was measured, and what else there is to say of it.
pub type Measured = (Vec<Row>, Vec<String>);

pub fn each(samples: &[Sample], of: impl Fn(&Sample) -> f64) -> Vec<f64> {
    samples.iter().map(of).collect()
}

pub fn rates(samples: &[Sample]) -> Vec<f64> {
    each(samples, |sample| sample.per_second)
}

fn note(name: &str, samples: &[Sample]) -> String {
    let all: Vec<String> = samples.iter().map(|sample| format!("{:.0}", sample.per_second)).collect();
    let (p99, cpu) = (median(&each(samples, |s| s.p99_ms)), median(&each(samples, |s| s.cpu_micros)));
    format!("{name}: {}/s; p99 {p99:.1} ms, server CPU {cpu:.0} µs each (medians)", all.join(", "))
}

/// A served world under load.
pub struct Measure {
    /// What is served.
    pub world: World,
    /// Who serves it.
    pub server: Server,
    load: Load,
    /// What has been measured.
    pub samples: Vec<Sample>,
    /// How many requests were answered well, those before the measurement among them.
    pub answers: u64,
    before: Stored,
}

impl Measure {
    /// Serves a world, and warms it up.
    pub fn new(world: World, postbacks: bool, connections: u32) -> Self {
        let server = Server::product(&world);
        Self::of(world, server, postbacks, connections)
    }

    /// Warms up a world that is served already.
    pub fn of(world: World, server: Server, postbacks: bool, connections: u32) -> Self {
        let paths = if postbacks { world.calls.clone() } else { world.links.clone() };
        Self::under(world, server, Load { paths, orders: postbacks, script: "load.lua", connections })
    }

    /// Serves a world whose links are requests of withdrawals.
    pub fn requests(world: World, keys: &[(&str, &str)]) -> Self {
        let server = Server::product_with(&world, keys);
        let load = Load { paths: world.links.clone(), orders: true, script: "payouts.lua", connections: 64 };
        Self::under(world, server, load)
    }

    fn under(world: World, server: Server, load: Load) -> Self {
        // Letters and webhooks about what the world was filled with go out first.
        server.wait_until_idle();
        let before = world.stored();
        let answers = warm_up(&server, &load);
        Self { world, server, load, samples: Vec::new(), answers, before }
    }

    /// Runs once.
    pub fn run(&mut self, round: usize) {
        let sample = run(&self.server, &self.load, &format!("round{round}"));
        self.answers += sample.answers;
        self.samples.push(sample);
        self.server.wait_until_idle();
    }

    /// Whether every click that was answered is stored by now.
    pub fn clicks_are_stored(&self) -> bool {
        let added = self.world.stored().clicks - self.before.clicks;
        u64::try_from(added).is_ok_and(|added| added >= self.answers)
    }

    /// What was measured, and what was stored meanwhile: every answer stands for stored rows, so a speed at which something is lost
    /// is not a speed.
    pub fn notes(&self, name: &str) -> Vec<String> {
        let (before, after) = (self.before, self.world.stored());
        let rows = match (self.load.orders, self.load.script) {
            (true, "payouts.lua") => vec![("payouts", after.payouts - before.payouts)],
            (true, _) => vec![
                ("calls", after.calls - before.calls),
                ("orders", after.conversions - before.conversions),
                ("transactions of the ledger", after.transactions - before.transactions),
            ],
            (false, _) => vec![("clicks", after.clicks - before.clicks)],
        };
        let answers = i64::try_from(self.answers).expect("a count");
        let tell = |(what, added): (&str, i64)| {
            assert!(added >= answers, "{name}, {what}: {answers} were answered and {added} are stored");
            format!("{name}, {what}: {answers} answered, {added} stored")
        };
        std::iter::once(note(name, &self.samples)).chain(rows.into_iter().map(tell)).collect()
    }
}

/// Tracking links on SQLite and, if there is one, on PostgreSQL, beside what only answers and what only waits for the disk.
pub fn redirects(postgres: Option<&str>) -> Measured {
    let worlds =
        [Some(World::sqlite(EMPTY)), postgres.map(|server| World::postgres(server, "kopilka_bench_clicks", EMPTY))];
    let mut measures: Vec<Measure> =
        worlds.into_iter().flatten().map(|world| Measure::new(world, false, 256)).collect();
    let links = measures.first().map(|measure| measure.load.clone()).expect("SQLite is always there");
    let place = folder();
    let file = place.path().join("requests.log");
    let (bare, disk) = (Server::reference(&[]), Server::reference(&[&file.to_string_lossy()]));
    warm_up(&bare, &links);
    warm_up(&disk, &links);
    let (mut of_bare, mut of_disk) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        of_bare.push(run(&bare, &links, "bare"));
        of_disk.push(run(&disk, &links, "disk"));
        measures.iter_mut().for_each(|measure| measure.run(round));
    }
    let mut rows = Vec::new();
    let mut notes = vec![note(BARE, &of_bare), note(DISK, &of_disk)];
    let names = [("redirect", "redirect_cpu", 0.5), ("redirect_pg", "redirect_pg_cpu", 0.4)];
    for (measure, (name, cpu_name, least)) in measures.iter().zip(names) {
        let rate = |of: (&'static str, &[Sample]), goal| {
            Row::beside(name, "/s", &rates(&measure.samples), (of.0, &rates(of.1)), Goal::RatioAtLeast(goal))
        };
        rows.push(rate((BARE, &of_bare), least));
        rows.push(rate((DISK, &of_disk), 1.0));
        let cpu = |samples: &[Sample]| each(samples, |sample| sample.cpu_micros);
        let goal = Goal::RatioAtMost(2.0);
        if name == "redirect" {
            rows.push(Row::beside(cpu_name, "µs", &cpu(&measure.samples), (BARE, &cpu(&of_bare)), goal));
            rows.push(Row::alone("memory", "MiB", &[measure.server.peak_memory_mib()], Goal::AtMost(150.0)));
        }
        notes.extend(measure.notes(name));
    }
    (rows, notes)
}

/// Postbacks that move money, beside `reference`, which is given the world and asked once a round.
fn postbacks(
    name: &'static str,
    world: World,
    reference: (&'static str, &dyn Fn(&World) -> f64),
    goal: Goal,
) -> Measured {
    let mut measure = Measure::new(world, true, 64);
    let mut of_reference = Vec::new();
    for round in 0..ROUNDS {
        of_reference.push((reference.1)(&measure.world));
        measure.run(round);
    }
    let rates = rates(&measure.samples);
    let row = Row::beside(name, "/s", &rates, (reference.0, &of_reference), goal);
    (vec![row], measure.notes(name))
}

/// Postbacks on PostgreSQL beside TPC-B on the same server.
pub fn postback(server: &str) -> Measured {
    const NAME: &str = "kopilka_bench_tpcb";
    let url = create_database(server, NAME);
    tpcb_prepare(&url);
    let reference = |_: &World| tpcb(&url);
    let world = World::postgres(server, "kopilka_bench_orders", EMPTY);
    let measured = postbacks("postback", world, ("pgbench TPC-B", &reference), Goal::RatioAtLeast(3.0));
    drop_database(server, NAME);
    measured
}

/// Postbacks on SQLite beside one insert a transaction on the same file.
pub fn postback_sqlite() -> Measured {
    let reference = |world: &World| lone_inserts(&world.file());
    let goal = Goal::RatioAtLeast(5.0);
    postbacks("postback_sqlite", World::sqlite(EMPTY), ("one insert a transaction", &reference), goal)
}

/// Tracking links with one transaction a click: what committing together gives.
pub fn unbatched() -> Measured {
    let (together, alone) = (World::sqlite(EMPTY), World::sqlite(EMPTY));
    let server = Server::product_with(&alone, &[("KOPILKA_DATABASE_BATCH", "1")]);
    let mut together = Measure::new(together, false, 256);
    let mut alone = Measure::of(alone, server, false, 256);
    for round in 0..ROUNDS {
        together.run(round);
        alone.run(round);
    }
    let reference = ("redirect", &rates(&together.samples)[..]);
    let row = Row::beside("redirect_unbatched", "/s", &rates(&alone.samples), reference, Goal::Shown);
    let of_reference = together.notes("beside redirect_unbatched");
    (vec![row], alone.notes("redirect_unbatched").into_iter().chain(of_reference).collect())
}

/// From the start of the process to its first answer, with a database that is there already.
pub fn start() -> Measured {
    let world = World::sqlite(EMPTY);
    let starts: Vec<f64> = (0..STARTS).map(|_| Server::product(&world).started_in.as_secs_f64()).collect();
    (vec![Row::alone("start", "s", &starts, Goal::AtMost(1.0))], Vec::new())
}
