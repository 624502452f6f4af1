//! Whether it stays as fast when much is stored, and when all traffic wants the same row.

use crate::report::{Goal, Row};
use crate::rows::{Measure, Measured, ROUNDS, rates};
use crate::world::{EMPTY, Scale, World, at_full_size};

/// What is stored in a service that has been used for some time. Filling it takes a few minutes.
const GROWN: Scale = Scale { stores: 10_000, shoppers: 20_000, clicks: 1_000_000, orders: 100_000 };
/// A tenth of it, for every day.
const GROWING: Scale = Scale { stores: 1_000, shoppers: 20_000, clicks: 100_000, orders: 10_000 };

/// Tracking links and postbacks with much stored, beside the same with next to nothing stored; on SQLite and, if there is one, on
/// PostgreSQL.
pub fn growth(postgres: Option<&str>) -> Measured {
    let scale = if at_full_size() { GROWN } else { GROWING };
    let said = format!("growth: {} clicks, {} orders and {} stores stored", scale.clicks, scale.orders, scale.stores);
    let (mut rows, mut notes) = (Vec::new(), vec![said]);
    let mut add = |name: &'static str, world: &dyn Fn(&str, Scale) -> World, postbacks: bool| {
        let connections = if postbacks { 64 } else { 256 };
        let mut much = Measure::new(world("much", scale), postbacks, connections);
        let mut little = Measure::new(world("little", EMPTY), postbacks, connections);
        // The first run would come straight after both were filled, with the disk still at that.
        little.run(ROUNDS);
        little.samples.clear();
        for round in 0..ROUNDS {
            little.run(round);
            much.run(round);
        }
        let reference = ("the same, empty", &rates(&little.samples)[..]);
        rows.push(Row::beside(name, "/s", &rates(&much.samples), reference, Goal::RatioAtLeast(0.8)));
        notes.extend(much.notes(name));
        notes.extend(little.notes(&format!("beside {name}")));
    };
    let in_file = |_: &str, scale| World::sqlite(scale);
    add("growth_redirect", &in_file, false);
    add("growth_postback", &in_file, true);
    if let Some(server) = postgres {
        let on_server = |which: &str, scale| World::postgres(server, &format!("kopilka_bench_growth_{which}"), scale);
        add("growth_redirect_pg", &on_server, false);
        add("growth_postback_pg", &on_server, true);
    }
    (rows, notes)
}

/// All clicks by one link to one store, beside clicks that are spread over all of them. SQLite.
pub fn hot() -> Measured {
    let (spread, one) = (World::sqlite(EMPTY), World::sqlite(EMPTY));
    let links = std::fs::read_to_string(&one.links).expect("the links are there");
    let first = links.lines().next().expect("a link");
    std::fs::write(&one.links, format!("{first}\n")).expect("the link is written");
    let (mut spread, mut one) = (Measure::new(spread, false, 256), Measure::new(one, false, 256));
    for round in 0..ROUNDS {
        spread.run(round);
        one.run(round);
    }
    let reference = ("spread traffic", &rates(&spread.samples)[..]);
    let row = Row::beside("hot", "/s", &rates(&one.samples), reference, Goal::RatioAtLeast(0.9));
    (vec![row], one.notes("hot").into_iter().chain(spread.notes("beside hot")).collect())
}
