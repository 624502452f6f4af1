//! What partners' people change on their pages: orders by a file, and claims.

use reqwest::Method;
use serde_json::json;

use crate::on_both;
use crate::support::browser::{Browser, Shown};
use crate::support::db::TestDb;
use crate::support::desk::Desk;

on_both![
    a_file_of_changes_is_shown_and_carried_out_once,
    lines_that_cannot_be_carried_out_say_why,
    what_is_no_table_is_refused,
    a_claim_is_accepted_with_the_orders_facts,
    an_order_that_came_meanwhile_is_not_booked_again,
    a_claim_is_turned_down_with_a_reason,
    an_order_booked_after_a_claim_is_not_booked_again,
];

/// Uploads a table as browsers do.
async fn upload(browser: &Browser<'_>, table: &str) -> Shown {
    let body = format!(
        "--bound\r\nContent-Disposition: form-data; name=\"file\"; filename=\"changes.csv\"\r\nContent-Type: text/csv\r\n\r\n\
         {table}\r\n--bound\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n\r\n--bound--\r\n"
    );
    let request = browser
        .request(Method::POST, "/partner/changes")
        .header("content-type", "multipart/form-data; boundary=bound")
        .header("sec-fetch-site", "same-origin")
        .body(body);
    browser.shown(request).await
}

async fn a_file_of_changes_is_shown_and_carried_out_once(db: TestDb) {
    let desk = Desk::open(&db).await;
    let (pia, market) = (desk.pia("en"), &desk.market);
    let click = market.click(market.shopper).await;
    for (order, sum, commission) in [("A-1", "1000", "100.00"), ("A-2", "500", "50.00"), ("A-3", "300", "30.00")] {
        let query = format!("{}&osum={sum}&ocur=RUB", market.query(order, &click.reference(), 2, commission));
        assert_eq!(market.server.get(&format!("/postback/network?{query}")).await.status(), 200);
    }
    let table = "order;action;amount;commission;reason\nA-1;confirm;;;\nA-2;decline;;;bought <b>twice</b>\n\
                 A-3;change;200,00;;one item came back\n";
    let put = upload(&pia, table).await;
    assert_eq!(put.status, 303, "{}", put.html);
    let shown = pia.page(&put.location).await;
    shown.has("3 lines change orders").has("bought &lt;b&gt;twice").lacks("<b>twice");
    shown.has("RUB\u{a0}30.00</span> → <span class=\"money\">RUB\u{a0}20.00").has("Waiting → Confirmed");
    desk.pia("ru").page(&put.location).await.has("3 строки меняют заказы");
    assert_eq!(desk.balance().await[0]["pending"]["amount"], "90.00", "nothing moved yet");
    assert_eq!(desk.stranger().get(&put.location).await.status, 404);
    assert_eq!(desk.stranger().send(&put.location, &[]).await.status, 404);
    assert_eq!(pia.send_from("cross-site", &put.location, &[]).await.status, 403);
    assert_eq!(pia.send(&put.location, &[]).await.status, 303);
    let done = pia.page(&put.location).await;
    done.has("Taken in").has("carried out").lacks("Carry out</button>");
    let balance = desk.balance().await;
    assert_eq!(
        (&balance[0]["pending"]["amount"], &balance[0]["available"]["amount"]),
        (&json!("10.00"), &json!("50.00")),
        "{balance}"
    );
    // Again, and the same table again: nothing more happens.
    assert_eq!(pia.send(&put.location, &[]).await.status, 303);
    let second = upload(&pia, table).await;
    pia.page(&second.location).await.has("3 lines say what is known already");
    assert_eq!(pia.send(&second.location, &[]).await.status, 303);
    assert_eq!(desk.balance().await, balance);
    // The shopper reads the reason and that it was no network's call; the trail says who it was.
    let anna = Browser::signed_in(&market.server, "en", &market.as_shopper.0);
    let id = anna.page("/orders?state=declined").await.between("class=\"line\" href=\"/orders/", "\"");
    anna.page(&format!("/orders/{id}")).await.has("bought &lt;b&gt;twice").has("HAND").has("by: person/");
    pia.page(&format!("/partner/orders/{id}")).await.has("Changed by one of your people");
    pia.page("/partner/changes").await.has("3 lines").has("done");
    desk.stranger().page("/partner/changes").await.has("No files yet");
    let audit = market.read(&market.as_admin, "/api/v1/operator/audit").await.to_string();
    assert!(audit.contains("orders.change"), "{audit}");
    desk.clean().await;
}

async fn lines_that_cannot_be_carried_out_say_why(db: TestDb) {
    let desk = Desk::open(&db).await;
    let (pia, market) = (desk.pia("en"), &desk.market);
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 2, "100.00").await;
    market.report("A-2", click, 3, "50.00").await;
    market.report("A-3", click, 2, "100.00").await;
    market.report("A-4", click, 2, "100.00").await;
    let table = "order,action,amount,commission,reason\n\
                 ,confirm,,,\n\
                 A-9,confirm,,,\n\
                 A-1,pay,,,\n\
                 A-1,decline,,,\n\
                 A-1,decline,5,,no\n\
                 A-1,change,,,\n\
                 A-1,change,-5,,\n\
                 A-1,change,50,,\n\
                 A-1,confirm,,0.001,\n\
                 A-2,change,,5,\n\
                 A-2,confirm,,,,extra\n\
                 A-3,change,,\"1,000\",\n\
                 A-4,change,,\"1,5.00\",\n";
    let put = upload(&pia, table).await;
    let shown = pia.page(&put.location).await;
    for told in [
        "Line 2",
        "Column “order”: it is empty",
        "Line 3",
        "you have reported no such order",
        "Line 4",
        "write confirm, decline or change",
        "Line 5",
        "Column “reason”: it is empty",
        "Line 6",
        "leave it empty for a decline",
        "Line 7",
        "Column “amount”: it is empty",
        "Line 8",
        "write a sum above zero",
        "Line 9",
        "amount is not known here",
        "Line 10",
        "another line is about this order already",
        "Line 11",
        "the order is declined",
        "Line 12",
        "more fields than the first one",
        "Line 13",
        "too many digits",
        "Line 14",
        "13 lines cannot be carried out",
    ] {
        shown.has(told);
    }
    desk.pia("ru").page(&put.location).await.has("Столбец «причина»: пусто");
    let before = desk.balance().await;
    assert_eq!(pia.send(&put.location, &[]).await.status, 303);
    pia.page(&put.location).await.has("you have reported no such order");
    assert_eq!(desk.balance().await, before);
    // A partner that is paused meanwhile moves nothing.
    let put = upload(&pia, "order,action\nA-1,confirm\n").await;
    let path = format!("/api/v1/operator/partners/{}", market.partner);
    market.change(Method::PATCH, &path, &json!({ "status": "paused" })).await;
    let refused = pia.send(&put.location, &[]).await;
    assert_eq!(refused.status, 409);
    refused.has("You are paused");
    assert_eq!(upload(&pia, "order,action\nA-1,confirm\n").await.status, 409);
    assert_eq!(desk.balance().await, before);
    desk.clean().await;
}

async fn what_is_no_table_is_refused(db: TestDb) {
    let desk = Desk::open(&db).await;
    let pia = desk.pia("en");
    for table in ["", "order,action\n", "number,what\n1,2\n", "order,order,action\n1,2,confirm\n"] {
        let shown = upload(&pia, table).await;
        assert_eq!(shown.status, 422, "{table:?}");
        shown.has("no table that can be read");
    }
    let long: String = (0..5_001).map(|number| format!("A-{number},confirm\n")).collect();
    assert_eq!(upload(&pia, &format!("order,action\n{long}")).await.status, 422);
    let plain = pia.send("/partner/changes", &[("text", "order,action\nA-1,confirm\n")]).await;
    assert_eq!(plain.status, 422);
    let many: String = (0..3_000).map(|number| format!("A-{number},confirm\n")).collect();
    let put = upload(&pia, &format!("заказ,действие\n{many}")).await;
    assert_eq!(put.status, 303, "{}", put.html);
    let first = pia.page(&put.location).await;
    first.has("3000 lines").has("Show more").has("id=\"line-201\"").lacks("id=\"line-202\"");
    pia.page(&format!("{}?after=201", put.location)).await.has("id=\"line-202\"").lacks("id=\"line-201\"");
}

async fn an_order_booked_after_a_claim_is_not_booked_again(db: TestDb) {
    let desk = Desk::open(&db).await;
    let (pia, market) = (desk.pia("en"), &desk.market);
    let click = market.click(market.shopper).await;
    let now = market.server.app.clock.now();
    let wanted = json!({ "click": click.reference(), "order_number": "C-1", "ordered_at": now });
    let made = market.send(&market.as_shopper, "/api/v1/claims", &wanted, 201).await;
    let facts: Vec<(&str, &str)> = FACTS.iter().map(|(n, v)| (*n, if *n == "key" { "TYPED" } else { *v })).collect();
    let path = format!("/partner/claims/{}", made["id"].as_str().unwrap());
    assert_eq!(pia.send(&path, &facts).await.status, 303);
    let booked = desk.balance().await;
    // The network knows the order by its number, and reports it in the end.
    let late = market.report("C-1", click, 1, "20.00").await;
    assert_eq!((&late["verdict"], &late["reason"]), (&json!("held"), &json!("perhaps_claimed")));
    assert_eq!(desk.balance().await, booked);
    // What is surely another order of the same click goes its way.
    assert_eq!(market.report("C-9", click, 2, "2.00").await["verdict"], "applied");
    // Once the one by hand is taken back, the network's counts.
    market.report("TYPED", click, 3, "0").await;
    let again = format!("/api/v1/operator/postbacks/{}/rerun", late["postback"].as_str().unwrap());
    let why = json!({ "reason": "taken back" });
    assert_eq!(market.send(&market.as_admin, &again, &why, 200).await["verdict"], "applied");
    assert_eq!(desk.balance().await[0]["available"]["amount"], "10.00");
    desk.clean().await;
}

/// A claim of the market's shopper about a fresh click.
async fn claim(desk: &Desk, order: &str) -> String {
    let market = &desk.market;
    let click = market.click(market.shopper).await;
    let now = market.server.app.clock.now();
    let wanted = json!({
        "click": click.reference(), "order_number": order, "ordered_at": now, "note": "where <i>is</i> it",
        "amount": { "amount": "200.00", "currency": "RUB" },
    });
    let made = market.send(&market.as_shopper, "/api/v1/claims", &wanted, 201).await;
    format!("/partner/claims/{}", made["id"].as_str().unwrap())
}

const FACTS: [(&str, &str); 7] = [
    ("decision", "accept"),
    ("key", "C-1"),
    ("status", "pending"),
    ("amount", "200,00"),
    ("commission", "20.00"),
    ("currency", "RUB"),
    ("claim_answer", "found it"),
];

async fn a_claim_is_accepted_with_the_orders_facts(db: TestDb) {
    let desk = Desk::open(&db).await;
    let (pia, market) = (desk.pia("en"), &desk.market);
    let path = claim(&desk, "C-1").await;
    pia.page("/partner/claims").await.has(&path).has("RUB\u{a0}200.00");
    pia.page(&path).await.has("where &lt;i&gt;is").lacks("<i>is").has("value=\"C-1\"").has("value=\"200.00\"");
    desk.pia("ru").page(&path).await.has("Заказ действительно его");
    desk.stranger().page("/partner/claims").await.lacks(&path);
    assert_eq!(desk.stranger().get(&path).await.status, 404);
    assert_eq!(desk.stranger().send(&path, &FACTS).await.status, 404);
    for (field, value, told) in [
        ("key", " ", "Write 1 to 200 characters"),
        ("amount", "many", "Write a sum above zero"),
        ("amount", "0", "Write a sum above zero"),
        ("commission", "-1", "not below zero"),
        ("currency", "rouble", "three letters"),
        ("claim_answer", "", "Write 1 to 2000 characters"),
    ] {
        let bad: Vec<(&str, &str)> = FACTS.iter().map(|(n, v)| (*n, if *n == field { value } else { *v })).collect();
        let shown = pia.send(&path, &bad).await;
        assert_eq!(shown.status, 422, "{field}");
        shown.has(told).lacks("⟦");
    }
    assert_eq!(pia.send(&path, &FACTS).await.status, 303);
    let anna = Browser::signed_in(&market.server, "en", &market.as_shopper.0);
    anna.page("/claims").await.has("Agreed");
    anna.page("/orders").await.has("C-1");
    assert_eq!(desk.balance().await[0]["pending"]["amount"], "10.00");
    pia.page(&path).await.has("found it").lacks("The order is theirs");
    let twice = pia.send(&path, &FACTS).await;
    assert_eq!(twice.status, 409);
    // The network's own report of the same key goes on from there.
    let click = market.click(market.shopper).await;
    market.report("C-1", click, 1, "20.00").await;
    assert_eq!(desk.balance().await[0]["available"]["amount"], "10.00");
    // Another claim cannot take the key, and nothing is settled that the rules hold back.
    let second = claim(&desk, "C-2").await;
    let taken = pia.send(&second, &FACTS).await;
    assert_eq!(taken.status, 409);
    taken.has("Another order has this key already");
    let path = format!("/api/v1/operator/partners/{}", market.partner);
    let limit = json!({ "settings": { "max_commission": [{ "amount": "5.00", "currency": "RUB" }] } });
    market.change(Method::PATCH, &path, &limit).await;
    let facts: Vec<(&str, &str)> = FACTS.iter().map(|(n, v)| (*n, if *n == "key" { "C-2" } else { *v })).collect();
    let beyond = desk.pia("ru").send(&second, &facts).await;
    assert_eq!(beyond.status, 422, "{}", beyond.html);
    beyond.has("Сумма больше лимита партнёра");
    desk.pia("en").page(&second).await.has("Being looked into");
    assert!(!market.read(&market.as_partner, "/api/v1/partner/orders").await.to_string().contains("C-2"));
    desk.clean().await;
}

async fn an_order_that_came_meanwhile_is_not_booked_again(db: TestDb) {
    let desk = Desk::open(&db).await;
    let (pia, market) = (desk.pia("en"), &desk.market);
    let click = market.click(market.shopper).await;
    let now = market.server.app.clock.now();
    let wanted = json!({ "click": click.reference(), "order_number": "C-1", "ordered_at": now });
    let made = market.send(&market.as_shopper, "/api/v1/claims", &wanted, 201).await;
    market.report("C-1", click, 2, "20.00").await;
    let before = desk.balance().await;
    let facts: Vec<(&str, &str)> = FACTS.iter().map(|(n, v)| (*n, if *n == "key" { "OTHER" } else { *v })).collect();
    let path = format!("/partner/claims/{}", made["id"].as_str().unwrap());
    let refused = pia.send(&path, &facts).await;
    assert_eq!(refused.status, 409);
    refused.has("reported meanwhile under another key");
    assert_eq!(desk.balance().await, before);
    pia.page(&path).await.has("Being looked into");
    desk.clean().await;
}

async fn a_claim_is_turned_down_with_a_reason(db: TestDb) {
    let desk = Desk::open(&db).await;
    let (pia, market) = (desk.pia("en"), &desk.market);
    let path = claim(&desk, "D-1").await;
    let silent = pia.send(&path, &[("decision", "decline"), ("claim_answer", " ")]).await;
    assert_eq!(silent.status, 422);
    silent.has("Write 1 to 2000 characters");
    let form = [("decision", "decline"), ("claim_answer", "paid with a <b>gift card</b>")];
    assert_eq!(pia.send_from("cross-site", &path, &form).await.status, 403);
    assert_eq!(pia.send(&path, &form).await.status, 303);
    let anna = Browser::signed_in(&market.server, "en", &market.as_shopper.0);
    let id = path.rsplit('/').next().unwrap();
    anna.page(&format!("/claims/{id}")).await.has("gift card").lacks("<b>gift");
    pia.page("/partner/claims").await.has("No claims wait");
    pia.page("/partner/claims?all=true").await.has("Turned down");
    assert_eq!(desk.balance().await, json!([]));
}
