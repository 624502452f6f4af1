//! Outgoing webhooks through the front door: what happens is told once, signed, in order, to whom it concerns, and until it arrives.

use chrono::TimeDelta;
use kopilka::base::Clock;
use kopilka::db::Lane;
use kopilka::db::clicks::{ClickRow, click_insert_missing};
use kopilka::job;
use kopilka::service::hooks::{feed_hooks, late_clicks};
use reqwest::Method;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::accounts;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::db::TestDb;
use crate::support::market::{Market, Token};
use crate::support::receiver::{Received, Receiver};

on_both![
    what_happens_is_told_once_signed_and_in_order,
    withdrawals_are_told_to_operators_alone,
    what_does_not_arrive_is_tried_for_three_days,
    an_endpoint_that_is_gone_is_left_alone,
    one_message_that_is_refused_does_not_stop_the_others,
    a_busy_receiver_is_left_the_time_it_asks_for,
    clicks_that_are_stored_late_are_told,
    two_secrets_sign_while_one_takes_the_place_of_the_other,
    a_message_is_sent_again_by_hand,
    addresses_inside_are_not_sent_to,
    the_pages_of_partners_and_operators,
];

const EVERYTHING: [&str; 9] = [
    "click.recorded",
    "conversion.reported",
    "conversion.confirmed",
    "conversion.declined",
    "conversion.reversed",
    "conversion.changed",
    "conversion.available",
    "claim.made",
    "claim.answered",
];

struct World {
    market: Market,
    clock: Clock,
    receiver: Receiver,
}

impl World {
    async fn open(db: &TestDb) -> Self {
        // Libraries believe what is five minutes old at most: this is near the real time, before and after some minutes.
        let clock = Clock::manual(Clock::System.now().plus_seconds(-200));
        let server = TestApp::start_with(&db.url, clock.clone(), |config| config.outgoing.allow_private = true);
        Self { market: Market::open(server.await, 2).await, clock, receiver: Receiver::start() }
    }

    async fn hook(&self, who: &Token, events: &[&str]) -> Value {
        let body = json!({ "name": "mine", "url": self.receiver.url, "events": events });
        self.market.send(who, "/api/v1/webhooks", &body, 201).await
    }

    async fn drain(&self) {
        job::drain(&self.market.server.app).await.unwrap();
    }

    async fn told(&self) -> Vec<Received> {
        self.drain().await;
        self.receiver.take()
    }

    async fn kinds(&self) -> Vec<String> {
        self.told().await.iter().map(Received::kind).collect()
    }

    async fn look(&self, who: &Token, hook: &Value) -> Value {
        self.market.read(who, &path(hook, "")).await
    }

    async fn switch_on(&self, who: &Token, hook: &Value) {
        let request = self.market.server.request(Method::PATCH, &path(hook, "")).bearer_auth(&who.0);
        assert_eq!(request.json(&json!({ "on": true })).send().await.unwrap().status(), 200);
    }
}

fn path(hook: &Value, rest: &str) -> String {
    format!("/api/v1/webhooks/{}{rest}", hook["id"].as_str().unwrap())
}

async fn what_happens_is_told_once_signed_and_in_order(db: TestDb) {
    let world = World::open(&db).await;
    let market = &world.market;
    // What happened before an endpoint was made is not told to it.
    let click = market.click(market.shopper).await;
    market.report("A-0", click, 2, "100.00").await;
    world.clock.advance(TimeDelta::seconds(1));
    let hook = world.hook(&market.as_partner, &EVERYTHING).await;
    let secret = hook["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_"), "{secret}");
    let stranger = Receiver::start();
    let body = json!({ "name": "theirs", "url": stranger.url, "events": EVERYTHING });
    market.send(&market.as_other_partner, "/api/v1/webhooks", &body, 201).await;
    assert_eq!(world.kinds().await, [""; 0]);

    let click = market.click(market.shopper).await;
    market.report("A-1", click, 2, "100.00").await;
    market.report("A-1", click, 2, "120.00").await;
    market.report("A-1", click, 1, "120.00").await;
    market.report("A-2", click, 3, "10.00").await;
    market.report("A-1", click, 3, "120.00").await;
    let told = world.told().await;
    let kinds: Vec<String> = told.iter().map(Received::kind).collect();
    // A first report that is a decline moves no money and is told nobody.
    let wanted = ["conversion.reported", "conversion.changed", "conversion.confirmed", "conversion.reversed"];
    assert_eq!(kinds, wanted);
    let mut ids: Vec<&str> = told.iter().map(Received::id).collect();
    assert!(ids.is_sorted(), "in the order of ids: {ids:?}");
    ids.dedup();
    assert_eq!(ids.len(), told.len());
    for message in &told {
        assert!(message.verified_by(secret), "{message:?}");
        assert!(!message.verified_by("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
        assert_eq!(message.header("content-type"), "application/json");
        for word in ["anna", "shopper", &market.shopper.to_string()] {
            assert!(!message.body.contains(word), "a partner is told nothing of the shopper: {}", message.body);
        }
    }
    let data = told[2].json()["data"].clone();
    let rub = |amount: &str| json!({ "amount": amount, "currency": "RUB" });
    assert_eq!(
        (&data["external_id"], &data["state"], &data["was"]),
        (&json!("A-1"), &json!("confirmed"), &json!("pending"))
    );
    assert_eq!((&data["commission"], &data["cashback"]), (&rub("120.00"), &rub("60.00")));
    assert_eq!(data["click"], json!(click.reference()));

    // Clicks are told once no earlier one can come.
    world.clock.advance(TimeDelta::minutes(7));
    let told = world.told().await;
    assert_eq!(told.iter().map(Received::kind).collect::<Vec<_>>(), ["click.recorded"]);
    assert_eq!(told[0].json()["data"]["click"], json!(click.reference()));
    let claim = json!({ "click": click.to_string(), "order_number": "N-7", "ordered_at": world.clock.now(), "note": "my words" });
    let claim = market.send(&market.as_shopper, "/api/v1/claims", &claim, 201).await;
    let answer = json!({ "accepted": false, "answer": "never bought" });
    let answer_to = format!("/api/v1/partner/claims/{}/answer", claim["id"].as_str().unwrap());
    market.send(&market.as_partner, &answer_to, &answer, 200).await;
    let told = world.told().await;
    assert_eq!(told.iter().map(Received::kind).collect::<Vec<_>>(), ["claim.made", "claim.answered"]);
    assert_eq!(told[0].json()["data"]["state"], "open");
    assert_eq!(told[1].json()["data"]["answer"], "never bought");
    assert!(!told[0].body.contains("my words"), "{}", told[0].body);
    assert_eq!(world.kinds().await, [""; 0], "once");
    assert_eq!(stranger.kinds(), [""; 0], "another partner is told nothing of it");

    let log = market.read(&market.as_partner, &path(&hook, "/messages")).await;
    assert_eq!(log["items"].as_array().unwrap().len(), 7);
    assert_eq!((&log["items"][0]["state"], &log["items"][0]["status"]), (&json!("delivered"), &json!(200)));
    for who in [&market.as_other_partner, &market.as_admin] {
        assert_eq!(market.get(who, &path(&hook, "")).await.status(), 404);
    }
    assert_eq!(market.get(&market.as_shopper, "/api/v1/webhooks").await.status(), 403);
    stranger.stop().await;
}

async fn withdrawals_are_told_to_operators_alone(db: TestDb) {
    let world = World::open(&db).await;
    let market = &world.market;
    let body = json!({ "name": "n", "url": world.receiver.url, "events": ["payout.paid"] });
    let refused = market.send(&market.as_partner, "/api/v1/webhooks", &body, 422).await;
    assert_eq!(refused["field"], "events");
    assert_eq!(market.post(&market.as_viewer, "/api/v1/webhooks", &body).await.status(), 403);
    let all = ["payout.requested", "payout.failed", "partner_payment.booked", "conversion.confirmed"];
    let hook = world.hook(&market.as_admin, &all).await;
    let partners = world.hook(&market.as_partner, &["partner_payment.booked"]).await;
    let (payout, _) = accounts::payout(&market.server.app, market.shopper).await;
    let path = format!("/api/v1/operator/payouts/{payout}/decline");
    market.send(&market.as_admin, &path, &json!({ "reason": "not now" }), 200).await;
    let paid = json!({ "bank": "bank/main", "reference": "p-1", "amount": { "amount": "5.00", "currency": "RUB" } });
    let path = format!("/api/v1/operator/partners/{}/payments", market.partner);
    market.send(&market.as_admin, &path, &paid, 201).await;
    let told = world.told().await;
    let of = |hook: &Value| -> Vec<Value> {
        let secret = hook["secret"].as_str().unwrap();
        told.iter().filter(|one| one.verified_by(secret)).map(Received::json).collect()
    };
    let (operators, partners) = (of(&hook), of(&partners));
    let kinds: Vec<&str> = operators.iter().map(|one| one["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["payout.requested", "payout.failed", "partner_payment.booked"]);
    assert_eq!(operators[0]["data"]["shopper"], json!(market.shopper));
    assert!(told.iter().all(|one| one.json()["data"].get("masked").is_none()), "where money goes is told nobody");
    assert_eq!(partners.len(), 1);
    assert_eq!(partners[0]["data"]["reference"], "p-1");
    assert_eq!(partners[0]["data"].get("transaction"), None, "that is for operators");
}

/// The times between the tries, in seconds; the specification's example, and 75.6 hours in all.
const WAITS: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

async fn what_does_not_arrive_is_tried_for_three_days(db: TestDb) {
    let world = World::open(&db).await;
    let market = &world.market;
    let hook = world.hook(&market.as_admin, &["conversion.reported", "conversion.confirmed"]).await;
    world.receiver.always(Some(500));
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 2, "10.00").await;
    market.report("A-1", click, 1, "10.00").await;
    let first = world.told().await;
    assert_eq!(first.len(), 1, "what did not take the first is not sent the second");
    let mut tries = 1;
    for wait in WAITS {
        world.clock.advance(TimeDelta::seconds(wait - 1));
        let early = world.told().await;
        assert!(early.iter().all(|one| one.id() != first[0].id()), "not before {wait} s");
        world.clock.advance(TimeDelta::seconds(1));
        // The endpoint as a whole may rest for ten minutes at most.
        world.clock.advance(TimeDelta::seconds(600));
        let again: Vec<Received> = world.told().await.into_iter().filter(|one| one.id() == first[0].id()).collect();
        assert_eq!(again.len(), 1, "again after {wait} s");
        assert_eq!(again[0].body, first[0].body);
        tries += 1;
    }
    let now = world.look(&market.as_admin, &hook).await;
    assert_eq!((tries, &now["state"], &now["reason"]), (10, &json!("failed"), &json!("unreached")));
    let alarms = market.read(&market.as_admin, "/api/v1/operator/alarms").await;
    let of_hook = alarms["items"].as_array().unwrap().iter().find(|one| one["rule"] == "hook_off");
    assert_eq!(of_hook.map(|one| &one["about"]), Some(&json!("mine")), "{alarms}");
    world.receiver.always(None);
    world.clock.advance(TimeDelta::days(2));
    market.report("A-2", click, 2, "10.00").await;
    assert_eq!(world.kinds().await, [""; 0], "switched off it is not sent to, and what happens waits");
    world.switch_on(&market.as_admin, &hook).await;
    assert_eq!(world.kinds().await, ["conversion.confirmed", "conversion.reported"]);
    let log = market.read(&market.as_admin, &path(&hook, "/messages")).await;
    let given_up = &log["items"][2];
    assert_eq!(
        (&given_up["state"], &given_up["attempts"], &given_up["status"]),
        (&json!("failed"), &json!(10), &json!(500))
    );
    let alarms = market.read(&market.as_admin, "/api/v1/operator/alarms").await;
    assert_eq!(alarms["items"].as_array().unwrap().iter().filter(|one| one["rule"] == "hook_off").count(), 0);
}

async fn an_endpoint_that_is_gone_is_left_alone(db: TestDb) {
    let world = World::open(&db).await;
    let market = &world.market;
    let hook = world.hook(&market.as_partner, &["conversion.reported"]).await;
    world.receiver.always(Some(410));
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 2, "10.00").await;
    market.report("A-2", click, 2, "10.00").await;
    assert_eq!(world.told().await.len(), 1);
    let now = world.look(&market.as_partner, &hook).await;
    assert_eq!((&now["state"], &now["reason"]), (&json!("failed"), &json!("gone")));
}

async fn one_message_that_is_refused_does_not_stop_the_others(db: TestDb) {
    let world = World::open(&db).await;
    let market = &world.market;
    let hook = world.hook(&market.as_partner, &["conversion.reported"]).await;
    let click = market.click(market.shopper).await;
    for order in ["A-1", "A-2", "A-3"] {
        market.report(order, click, 2, "10.00").await;
    }
    // 302 leads elsewhere: it is a failure like another, and nobody follows.
    world.receiver.next(302, None);
    world.receiver.next(400, None);
    let told = world.told().await;
    assert_eq!(
        told.iter().map(|one| one.json()["data"]["external_id"].clone()).collect::<Vec<_>>(),
        ["A-1", "A-2", "A-3"]
    );
    world.clock.advance(TimeDelta::seconds(5));
    let told = world.told().await;
    assert_eq!(told.iter().map(|one| one.json()["data"]["external_id"].clone()).collect::<Vec<_>>(), ["A-1", "A-2"]);
    let now = world.look(&market.as_partner, &hook).await;
    assert_eq!((&now["state"], &now["failures"]), (&json!("on"), &json!(0)));
}

async fn a_busy_receiver_is_left_the_time_it_asks_for(db: TestDb) {
    let world = World::open(&db).await;
    let market = &world.market;
    world.hook(&market.as_partner, &["conversion.reported"]).await;
    let click = market.click(market.shopper).await;
    world.receiver.next(429, Some("120"));
    market.report("A-1", click, 2, "10.00").await;
    assert_eq!(world.told().await.len(), 1);
    market.report("A-2", click, 2, "10.00").await;
    world.clock.advance(TimeDelta::seconds(119));
    assert_eq!(world.kinds().await, [""; 0]);
    world.clock.advance(TimeDelta::seconds(1));
    assert_eq!(world.told().await.len(), 2);
}

async fn clicks_that_are_stored_late_are_told(db: TestDb) {
    let world = World::open(&db).await;
    let market = &world.market;
    world.hook(&market.as_partner, &["click.recorded"]).await;
    world.drain().await;
    let old: ClickRow = market.click_to_come(market.shopper);
    let later = market.click(market.shopper).await;
    assert!(old.id < later);
    world.clock.advance(TimeDelta::minutes(30));
    // The reader has passed the click's time when a worker stores it; a second worker stores it again.
    feed_hooks(&market.server.app, 500).await.unwrap();
    assert_eq!(world.told().await.len(), 1, "the later one");
    for _worker in 0..2 {
        let (row, now) = (vec![old.clone()], world.clock.now());
        let store = move |conn: &mut kopilka::db::Conn| {
            late_clicks(conn, &row, now)?;
            click_insert_missing(conn, &row)
        };
        market.server.app.db.write(Lane::Clicks, store).await.unwrap();
    }
    let told = world.told().await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].json()["data"]["click"], json!(old.id.reference()));
    world.clock.advance(TimeDelta::minutes(30));
    assert_eq!(world.kinds().await, [""; 0]);
}

async fn two_secrets_sign_while_one_takes_the_place_of_the_other(db: TestDb) {
    let world = World::open(&db).await;
    let market = &world.market;
    let hook = world.hook(&market.as_partner, &["conversion.reported"]).await;
    let old = hook["secret"].as_str().unwrap().to_owned();
    let body = json!({ "keep_hours": 1 });
    let rotated = market.send(&market.as_partner, &path(&hook, "/secret"), &body, 201).await;
    let new = rotated["secret"].as_str().unwrap().to_owned();
    assert_ne!(old, new);
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 2, "10.00").await;
    let told = world.told().await;
    assert!(told[0].verified_by(&old) && told[0].verified_by(&new));
    assert_eq!(told[0].header("webhook-signature").split(' ').count(), 2);
    world.clock.advance(TimeDelta::minutes(61));
    market.report("A-2", click, 2, "10.00").await;
    let told = world.told().await;
    assert_eq!(told[0].header("webhook-signature").split(' ').count(), 1);
    // An hour later the library finds it too new to be true; what it was signed with is seen by the text.
    let key = kopilka::base::Secret::new(new);
    let seconds: i64 = told[0].header("webhook-timestamp").parse().unwrap();
    let own = kopilka::domain::hook::signature(&[key], told[0].id(), seconds, &told[0].body).unwrap();
    assert_eq!(told[0].header("webhook-signature"), own);
}

async fn a_message_is_sent_again_by_hand(db: TestDb) {
    let world = World::open(&db).await;
    let market = &world.market;
    let hook = world.hook(&market.as_partner, &["conversion.reported"]).await;
    let tested = market.send(&market.as_partner, &path(&hook, "/test"), &json!({}), 202).await;
    assert_eq!(tested["event"], "webhook.test");
    let first = world.told().await;
    assert_eq!(first[0].kind(), "webhook.test");
    let again = path(&hook, &format!("/messages/{}/resend", tested["id"].as_str().unwrap()));
    assert_eq!(market.post(&market.as_other_partner, &again, &json!({})).await.status(), 404);
    assert_eq!(world.kinds().await, [""; 0]);
    assert_eq!(market.post(&market.as_partner, &again, &json!({})).await.status(), 202);
    let second = world.told().await;
    assert_eq!((second.len(), second[0].id(), &second[0].body), (1, first[0].id(), &first[0].body));
    let delete = market.server.request(Method::DELETE, &path(&hook, "")).bearer_auth(&market.as_partner.0);
    assert_eq!(delete.send().await.unwrap().status(), 204);
    assert_eq!(market.get(&market.as_partner, &path(&hook, "")).await.status(), 404);
}

async fn addresses_inside_are_not_sent_to(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let with = |url: &str| json!({ "name": "n", "url": url, "events": ["conversion.reported"] });
    for url in [
        "http://shop.example/hook",
        "https://127.0.0.1/hook",
        "https://10.0.0.8/hook",
        "https://169.254.169.254/latest",
        "https://[::1]/hook",
        "https://[::ffff:10.0.0.1]/hook",
        "https://user:word@shop.example/hook",
        "ftp://shop.example/hook",
        "shop.example",
    ] {
        let refused = market.send(&market.as_partner, "/api/v1/webhooks", &with(url), 422).await;
        assert_eq!(refused["field"], "url", "{url}");
    }
    // A name that leads inside is found out when it is resolved, every time.
    let made = market.send(&market.as_partner, "/api/v1/webhooks", &with("https://localhost:1/hook"), 201).await;
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 2, "10.00").await;
    job::drain(&market.server.app).await.unwrap();
    let log = market.read(&market.as_partner, &path(&made, "/messages")).await;
    let problem = log["items"][0]["problem"].as_str().unwrap();
    assert!(problem.contains("no public address"), "{problem}");
}

async fn the_pages_of_partners_and_operators(db: TestDb) {
    let world = World::open(&db).await;
    let market = &world.market;
    let session = accounts::person_session(&market.server.app, market.partner).await;
    let pia = Browser::signed_in(&market.server, "en", &session);
    pia.page("/partner/settings").await.has("/partner/webhooks");
    pia.page("/partner/webhooks").await.has("No endpoint yet").has("conversion.confirmed").lacks("payout.paid");
    let typed = [("name", "<b>shop</b>"), ("url", "shop")];
    let wrong = pia.send("/partner/webhooks", &typed).await;
    assert_eq!(wrong.status, 422);
    wrong.has("Must begin with https://").has("&lt;b&gt;shop&lt;/b&gt;").lacks("⟦");
    let typed = [
        ("name", "<b>shop</b>"),
        ("url", &*world.receiver.url),
        ("events", "conversion.reported"),
        ("events", "claim.made"),
    ];
    let made = pia.send("/partner/webhooks", &typed).await;
    assert_eq!(made.status, 200);
    let secret = made.between("<pre>", "</pre>");
    let here = made.between("class=\"button\" href=\"", "\"");
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 2, "10.00").await;
    let told = world.told().await;
    assert!(told.len() == 1 && told[0].verified_by(&secret));
    let page = pia.page(&here).await;
    page.has("Order reported").has("arrived 200").has("A-1").lacks(&secret);
    let message = page.between(&format!("action=\"{here}/"), "\"");
    assert_eq!(pia.send(&format!("{here}/{message}"), &[]).await.status, 303);
    assert_eq!(pia.send_from("cross-site", &here, &[("do", "off")]).await.status, 403);
    assert_eq!(world.told().await.len(), 1);
    for (what, says) in [("test", "on its way"), ("off", "Switched off"), ("on", "Switched on")] {
        assert_eq!(pia.send(&here, &[("do", what)]).await.status, 303);
        pia.page(&here).await.has(says);
    }
    let change = [("do", "change"), ("name", "shop"), ("url", &*world.receiver.url), ("events", "claim.answered")];
    assert_eq!(pia.send(&here, &change).await.status, 303);
    pia.page("/partner/webhooks").await.has("Claim answered").lacks("Order reported ·");
    assert_eq!(pia.send(&here, &[("do", "secret"), ("keep_hours", "many")]).await.status, 422);
    assert_eq!(pia.send(&here, &[("do", "secret"), ("keep_hours", "5")]).await.status, 200);
    let boss = Browser::signed_in(&market.server, "ru", &market.as_admin.0);
    boss.page("/operator/more").await.has("/operator/webhooks");
    boss.page("/operator/webhooks").await.has("Вебхуки").has("payout.paid");
    assert_eq!(boss.get(&here.replace("partner", "operator")).await.status, 404, "a partner's is the partner's");
    let viewer = Browser::signed_in(&market.server, "ru", &market.as_viewer.0);
    viewer.page("/operator/webhooks").await.lacks("<form method=\"post\" action=\"/operator/webhooks\"");
    assert_eq!(viewer.send("/operator/webhooks", &typed).await.status, 403);
    let anna = Browser::signed_in(&market.server, "en", &market.as_shopper.0);
    assert_eq!(anna.get("/partner/webhooks").await.status, 403);
    assert_eq!(pia.send(&here, &[("do", "remove")]).await.status, 303);
    pia.page("/partner/webhooks").await.has("is removed").has("No endpoint yet");
}
