//! One order in several messages: what its items earn together.

use kopilka::base::Clock;
use kopilka::domain::money::Amount;
use kopilka::domain::rate::{OrderItem, Rate};
use kopilka::service::seal_ledger::seal_ledger;
use kopilka::service::verify_ledger::verify_ledger;
use proptest::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::book::{promise, rub};
use crate::support::db::TestDb;
use crate::support::market::Market;

on_both![
    a_cap_holds_for_an_order_and_not_for_each_item,
    a_fixed_sum_is_earned_once_an_order,
    all_items_of_a_first_order_are_its_first,
];

/// A market whose network tells the order's number beside the item's, and whose store has these terms.
struct Shop {
    market: Market,
    clicks: String,
}

impl Shop {
    async fn open(db: &TestDb, terms: Value) -> Self {
        let clock = Clock::manual("2026-10-05T12:00:00Z".parse().unwrap());
        let market = Market::open(TestApp::start_with(&db.url, clock, |_| {}).await, 0).await;
        let body = "name = \"items\"\nextends = \"affise\"\n[fields]\norder_id = \"order\"\n";
        market.change(Method::PUT, "/api/v1/operator/adapters/items", &json!({ "body": body })).await;
        let partner = format!("/api/v1/operator/partners/{}", market.partner);
        market.change(Method::PATCH, &partner, &json!({ "adapter": "items" })).await;
        let added =
            market.send(&market.as_admin, "/api/v1/operator/stores/books/terms", &json!({ "terms": terms }), 201).await;
        let mut market = market;
        market.terms = added["id"].as_str().unwrap().parse().unwrap();
        let clicks = market.click(market.shopper).await.reference();
        Self { market, clicks }
    }

    /// The network reports an item: status 1 confirmed, 3 declined. Gives the item's cashback.
    async fn item(&self, order: &str, item: &str, status: u8, commission: &str) -> String {
        let query = self.market.query(item, &self.clicks, status, commission);
        let answer = self.market.server.get(&format!("/postback/network?{query}&order={order}&osum=1000.00")).await;
        assert_eq!(answer.status(), 200);
        let told: Value = answer.json().await.unwrap();
        assert!(["applied", "unchanged"].contains(&told["verdict"].as_str().unwrap()), "{told}");
        let found = self.market.read(&self.market.as_shopper, &format!("/api/v1/orders?number={item}")).await;
        found["items"][0]["cashback"]["amount"].as_str().unwrap().to_owned()
    }

    async fn close(self) {
        seal_ledger(&self.market.server.app, 1000).await.unwrap();
        let report = verify_ledger(&self.market.server.app).await.unwrap();
        assert_eq!(report.findings, []);
    }
}

fn capped() -> Value {
    json!({ "rate": { "share_of_commission": "50" }, "cap_per_order": { "amount": "60.00", "currency": "RUB" } })
}

async fn a_cap_holds_for_an_order_and_not_for_each_item(db: TestDb) {
    let shop = Shop::open(&db, capped()).await;
    assert_eq!(shop.item("A", "A-1", 1, "80.00").await, "40.00");
    assert_eq!(shop.item("A", "A-2", 1, "80.00").await, "20.00", "what the first item left");
    assert_eq!(shop.item("A", "A-3", 1, "80.00").await, "0.00");
    assert_eq!(shop.item("B", "B-1", 1, "80.00").await, "40.00", "another order has a cap of its own");
    assert_eq!(shop.item("A", "A-1", 1, "80.00").await, "40.00", "a repeat keeps what it was promised");
    assert_eq!(shop.item("A", "A-1", 3, "80.00").await, "40.00", "declined: its share is free again");
    assert_eq!(shop.item("A", "A-2", 1, "80.00").await, "40.00", "and goes to the item that is told of next");
    let balance = shop.market.read(&shop.market.as_shopper, "/api/v1/balance").await;
    assert_eq!(balance[0]["available"]["amount"], "80.00", "{balance}");
    shop.close().await;
}

async fn a_fixed_sum_is_earned_once_an_order(db: TestDb) {
    let fixed = json!({ "rate": { "fixed": { "amount": "30.00", "currency": "RUB" } } });
    let shop = Shop::open(&db, fixed).await;
    assert_eq!(shop.item("A", "A-1", 1, "80.00").await, "30.00");
    assert_eq!(shop.item("A", "A-2", 1, "80.00").await, "0.00");
    assert_eq!(shop.item("B", "B-1", 1, "80.00").await, "30.00");
    shop.close().await;
}

async fn all_items_of_a_first_order_are_its_first(db: TestDb) {
    let welcome = json!({ "rate": { "share_of_commission": "10" }, "first_order": { "share_of_commission": "50" } });
    let shop = Shop::open(&db, welcome).await;
    assert_eq!(shop.item("A", "A-1", 1, "80.00").await, "40.00");
    assert_eq!(shop.item("A", "A-2", 1, "80.00").await, "40.00");
    assert_eq!(shop.item("B", "B-1", 1, "80.00").await, "8.00");
    assert_eq!(shop.item("A", "A-3", 1, "80.00").await, "8.00", "too late to be part of the first order");
    shop.close().await;
}

proptest! {
    #[test]
    fn items_never_earn_more_than_their_orders_cap(cap in 1_i64..500, sums in prop::collection::vec(1_i64..400, 1..8)) {
        let mut items: Vec<OrderItem> = Vec::new();
        for sum in sums {
            let mut item = promise();
            item.cap_per_order = Some(rub(cap));
            item.order_left = item.left_of_order(&items, 0);
            let cashback = item.cashback(rub(sum), None).unwrap();
            items.push(OrderItem { rate: Rate::ShareOfCommission(50.into()), cashback });
        }
        let together: i64 = items.iter().map(|item| Amount::minor(item.cashback)).sum();
        prop_assert!(together <= cap);
    }
}
