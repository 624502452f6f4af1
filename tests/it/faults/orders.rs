//! Up to five reports of one order in every order, with repeats, and all at once, through the real endpoint: the same end.
//! tests/it/conversion_properties.rs tries the rules alone, with many more cases.

use chrono::TimeDelta;
use kopilka::base::id::{ClickId, ShopperId};
use kopilka::base::{Clock, Timestamp};
use kopilka::db::Conn;
use kopilka::db::balances::balances_find;
use kopilka::db::conversions::conversion_list_of_click;
use kopilka::domain::conversion::State;
use kopilka::domain::ledger::Balances;
use kopilka::domain::money::Currency;
use kopilka::service::verify_ledger::verify_ledger;
use serde_json::Value;
use tokio::task::JoinSet;

use super::process::{answer_to, client};
use crate::conversion_properties::permutations;
use crate::on_both;
use crate::support::accounts;
use crate::support::app::TestApp;
use crate::support::db::{TestDb, long};
use crate::support::dice::Dice;
use crate::support::market::Market;
use crate::support::said::counted;

on_both![every_order_of_reports_has_one_end];

/// What the partner says at one time: status (1 confirmed, 2 pending, 3 declined) and commission in kopecks.
type Said = (u8, i64);

/// One order, with the reports about it in the order of their sending.
struct Order {
    shopper: ShopperId,
    click: ClickId,
    name: String,
    sent: Vec<String>,
    together: bool,
}

async fn every_order_of_reports_has_one_end(db: TestDb) {
    let clock = Clock::manual(Timestamp::from_seconds(1_800_000_000).unwrap());
    let market = Market::open(TestApp::start_with(&db.url, clock.clone(), |_config| {}).await, 0).await;
    let mut dice = Dice::told();
    let sets: Vec<usize> = if long() { (0..24).map(|number| 2 + number % 4).collect() } else { vec![2, 3, 4, 5] };
    let (mut orders, mut reports) = (0, 0);
    for length in sets {
        let said: Vec<Said> =
            (0..length).map(|_| (1 + u8::try_from(dice.below(3)).unwrap(), 100 + dice.small(9_000))).collect();
        let all = play(&market, &clock, &mut dice, &said).await;
        let wanted = end_of(&said);
        for order in &all {
            let found = standing(&mut db.connect(), order);
            assert_eq!(found, wanted, "{said:?} sent as {:?}, together: {}", order.sent, order.together);
        }
        orders += all.len();
        reports += all.iter().map(|order| order.sent.len()).sum::<usize>();
    }
    assert_eq!(verify_ledger(&market.server.app).await.unwrap().findings, vec![]);
    counted(&format!(
        "{:?}: {orders} orders in every order of up to 5 reports, {reports} reports, one end each",
        db.kind()
    ));
}

/// Sends every order of these reports, each about an order of a shopper of its own.
async fn play(market: &Market, clock: &Clock, dice: &mut Dice, said: &[Said]) -> Vec<Order> {
    let mut orders = Vec::new();
    for (number, permutation) in permutations(said.len()).into_iter().enumerate() {
        let shopper = accounts::shopper(&market.server.app).await;
        let click = market.click(shopper).await;
        let (name, began) = (format!("p-{}", click.reference()), clock.now());
        let mut sent: Vec<String> = permutation
            .iter()
            .map(|index| {
                let (status, minor) = said[*index];
                let sum = format!("{}.{:02}", minor / 100, minor % 100);
                let at = began.plus_seconds(60 * i64::try_from(index + 1).unwrap()).seconds();
                format!("{}&ts={at}", market.query(&name, &click.reference(), status, &sum))
            })
            .collect();
        for _ in 0..dice.index(4) {
            let again = dice.pick(&sent).clone();
            sent.insert(dice.index(sent.len() + 1), again);
        }
        // One in eight is sent at one moment instead.
        orders.push(Order { shopper, click, name, sent, together: number % 8 == 7 });
    }
    clock.advance(TimeDelta::hours(1));
    let (http, address) = (client(), market.server.address);
    let mut running = JoinSet::new();
    for order in &orders {
        let one = |query: &String| {
            let request = http.get(format!("http://{address}/postback/network?{query}"));
            async move {
                let answer = answer_to(request).await;
                assert_eq!(answer.status(), 200);
                let told: Value = answer.json().await.unwrap();
                assert_ne!(told["verdict"], "held", "{told}");
            }
        };
        let calls: Vec<_> = order.sent.iter().map(one).collect();
        if order.together {
            for call in calls {
                running.spawn(call);
            }
        } else {
            running.spawn(async move {
                for call in calls {
                    call.await;
                }
            });
        }
    }
    running.join_all().await;
    orders
}

/// Where an order and its shopper's money stand.
type End = (State, i64, Balances);

/// The latest report decides, told without the code under test.
fn end_of(said: &[Said]) -> End {
    let (status, minor) = *said.last().unwrap();
    let confirmed_once = said.iter().any(|(status, _)| *status == 1);
    let (state, pending, available) = match status {
        1 => (State::Confirmed, 0, minor / 2),
        2 => (State::Pending, minor / 2, 0),
        _ if confirmed_once => (State::Reversed, 0, 0),
        _ => (State::Declined, 0, 0),
    };
    (state, minor, Balances { pending, available, ..Balances::default() })
}

fn standing(conn: &mut Conn, order: &Order) -> End {
    let found = conversion_list_of_click(conn, order.click).unwrap();
    assert_eq!(found.len(), 1, "{}", order.name);
    let balances = balances_find(conn, order.shopper, Currency::RUB).unwrap();
    (found[0].state, found[0].commission.minor(), balances)
}
