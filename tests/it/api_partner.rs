//! What partners' people and programs do by calls: apply, sign in, keep secrets and colleagues, change orders, answer claims.

use kopilka::db::tokens::Owner;
use kopilka::domain::access::{Role, TokenKind};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::on_both;
use crate::support::accounts;
use crate::support::db::TestDb;
use crate::support::desk::Desk;
use crate::support::market::Token;
use crate::support::site::{PASSWORD, Site, code_in};

on_both![
    somebody_applies_and_is_let_in,
    an_application_is_read_with_care,
    what_opens_doors_is_for_people_in_a_session,
    colleagues_are_invited_and_shut_out,
    a_file_of_changes_is_looked_at_and_carried_out_once,
    a_file_is_bounded,
    a_claim_is_accepted_with_the_orders_facts,
    a_partner_reads_what_its_pages_show,
    a_report_of_the_bench_is_shared,
];

fn application() -> Value {
    json!({
        "name": "Lamps & Sons", "site": "https://www.lamps.example/shop", "adapter": "direct", "person": "Pia",
        "email": "pia@lamps.example", "password": PASSWORD,
    })
}

const APPLY: &str = "/api/v1/partner/applications";

async fn sign_in(site: &Site, password: &str) -> (u16, Value) {
    site.post("/api/v1/partner/sessions", json!({ "email": "pia@lamps.example", "password": password })).await
}

async fn somebody_applies_and_is_let_in(db: TestDb) {
    let site = Site::start(&db).await;
    let formats: Value = site.server.get("/api/v1/partner/formats").await.json().await.unwrap();
    assert_eq!(formats["items"][0]["name"], "direct");
    let first = site.post(APPLY, application()).await;
    assert_eq!(first.0, 202, "{}", first.1);
    let code = site.code().await;
    assert_eq!(sign_in(&site, PASSWORD).await.0, 401, "the address is not confirmed");
    assert_eq!(site.confirm(&code, PASSWORD).await.0, 204);
    // A known address is answered in the same words; the letter tells.
    assert_eq!(site.post(APPLY, application()).await, first);
    assert!(site.letter().await.1.contains("already has an account"));
    let (status, session) = sign_in(&site, PASSWORD).await;
    assert_eq!(status, 201);
    let pia = session["token"].as_str().unwrap();
    assert_eq!(site.me(pia).await.1["kind"], "person");
    assert_eq!(site.sign_in("pia@lamps.example", PASSWORD).await.0, 401, "the shoppers' door is another one");
    let (_, home) = site.send(Method::GET, "/api/v1/partner", pia, Value::Null).await;
    assert_eq!((&home["application"]["state"], &home["status"]), (&json!("waiting"), &json!("paused")), "{home}");
    let (_, settings) = site.send(Method::GET, "/api/v1/partner/settings", pia, Value::Null).await;
    assert!(settings["example"].as_str().unwrap().contains("/postback/lamps-example/SECRET?"), "{settings}");
    let (status, made) = site.send(Method::POST, "/api/v1/partner/secrets", pia, json!({ "keep_hours": 0 })).await;
    assert_eq!(status, 201, "{made}");

    let (admin, support) = (site.operator(Role::Admin).await.0, site.operator(Role::Support).await.0);
    let (_, waiting) = site.send(Method::GET, "/api/v1/operator/applications", &support, Value::Null).await;
    let path = format!("/api/v1/operator/applications/{}", waiting["items"][0]["id"].as_str().unwrap());
    let (_, one) = site.send(Method::GET, &path, &support, Value::Null).await;
    assert_eq!((&one["email"], &one["name"]), (&json!("pia@lamps.example"), &json!("Lamps & Sons")));
    let decide = async |who: &str, word: &str, answer: &str| {
        site.send(Method::POST, &format!("{path}/{word}"), who, json!({ "answer": answer })).await
    };
    assert_eq!(decide(&support, "approve", "").await.0, 403);
    let silent = decide(&admin, "decline", " ").await;
    assert_eq!((silent.0, &silent.1["field"]), (422, &json!("answer")));
    assert_eq!(decide(&admin, "decline", "no shop").await.1["state"], "declined");
    assert!(site.letter().await.1.contains("no shop"));
    assert_eq!(decide(&admin, "approve", "welcome").await.1["state"], "approved");
    assert!(site.letter().await.1.contains("welcome"));
    let twice = decide(&admin, "approve", "").await;
    assert_eq!((twice.0, &twice.1["code"]), (409, &json!("already_decided")));
    let secret = made["secret"].as_str().unwrap();
    let call = site.server.get(&format!("/postback/lamps-example/{secret}?order=1")).await;
    assert_eq!(call.status(), 200, "its calls are taken");
    let checklist = format!("/api/v1/operator/partners/{}/checklist", one["partner"].as_str().unwrap());
    let (_, list) = site.send(Method::GET, &checklist, &support, Value::Null).await;
    assert_eq!(
        list["checks"][1],
        json!({ "step": "authentic", "done": true, "at": list["checks"][1]["at"], "against": 0 })
    );

    // The forgotten password goes the same way.
    let ask = json!({ "email": "pia@lamps.example" });
    assert_eq!(site.post("/api/v1/partner/password-reset", ask).await.0, 202);
    let set = json!({ "code": site.code().await, "password": "quite other words here" });
    assert_eq!(site.post("/api/v1/shopper/new-password", set).await.0, 204);
    assert_eq!(sign_in(&site, "quite other words here").await.0, 201);
    assert_eq!(site.me(pia).await.0, 401);
}

async fn an_application_is_read_with_care(db: TestDb) {
    let site = Site::start_limited(&db, 20).await;
    let cases = [
        ("name", " "),
        ("site", "lamps.example"),
        ("adapter", "no-such"),
        ("person", ""),
        ("email", "pia"),
        ("password", "short"),
    ];
    for (field, value) in cases {
        let mut wanted = application();
        wanted[field] = json!(value);
        let (status, problem) = site.post(APPLY, wanted).await;
        assert_eq!((status, &problem["field"]), (422, &json!(field)), "{problem}");
    }
    assert!(site.letters().await.is_empty());
    let mut last = (0, Value::Null);
    for _ in 0..20 {
        last = site.post(APPLY, application()).await;
    }
    assert_eq!((last.0, &last.1["code"]), (429, &json!("too_many_requests")), "tries are counted");
}

async fn what_opens_doors_is_for_people_in_a_session(db: TestDb) {
    let desk = Desk::open(&db).await;
    let (market, app) = (&desk.market, &desk.market.server.app);
    let person = accounts::person(app, market.partner).await;
    let pia = Token(accounts::token(app, Owner::Person(person), TokenKind::Session).await.0);
    let program = Token(accounts::token(app, Owner::Person(person), TokenKind::Api).await.0);
    for path in ["/api/v1/partner/tokens", "/api/v1/partner/people", "/api/v1/partner/bench-reports"] {
        assert_eq!(market.get(&pia, path).await.status(), 200, "{path}");
        for other in [&program, &market.as_partner, &market.as_shopper, &market.as_admin] {
            assert_eq!(market.get(other, path).await.status(), 403, "{path}");
        }
    }
    // A token opens no page either, where the same is done.
    for who in [&program, &market.as_shopper, &market.as_admin] {
        let page = market.server.request(Method::GET, "/partner/settings").bearer_auth(&who.0);
        assert_eq!(page.header("accept", "text/html").send().await.unwrap().status(), 403);
        let form = market.server.request(Method::POST, "/partner/settings/secret").bearer_auth(&who.0);
        let form = form.header("sec-fetch-site", "same-origin");
        let form = form.header("content-type", "application/x-www-form-urlencoded").body("keep_hours=0");
        assert_eq!(form.send().await.unwrap().status(), 403);
    }
    let wrong = market.send(&pia, "/api/v1/partner/secrets", &json!({ "keep_hours": 721 }), 422).await;
    assert_eq!(wrong["field"], "keep_hours");
    let made = market.send(&pia, "/api/v1/partner/secrets", &json!({ "keep_hours": 24 }), 201).await;
    market.send(&program, "/api/v1/partner/secrets", &json!({}), 403).await;
    let settings = market.read(&market.as_partner, "/api/v1/partner/settings").await;
    assert_eq!(settings["secrets"].as_array().unwrap().len(), 2, "{settings}");
    assert!(!settings.to_string().contains(made["secret"].as_str().unwrap()), "told once");

    let token = market.send(&pia, "/api/v1/partner/tokens", &json!({ "name": "import" }), 201).await;
    let new = Token(token["token"].as_str().unwrap().to_owned());
    assert_eq!(market.get(&new, "/api/v1/partner/orders").await.status(), 200);
    let path = format!("/api/v1/partner/tokens/{}", token["id"].as_str().unwrap());
    let end =
        async |who: &Token| market.server.request(Method::DELETE, &path).bearer_auth(&who.0).send().await.unwrap();
    assert_eq!(end(&program).await.status(), 403);
    assert_eq!(end(&pia).await.status(), 204);
    assert_eq!(market.get(&new, "/api/v1/partner/orders").await.status(), 401);
    assert_eq!(end(&pia).await.status(), 404);
}

async fn colleagues_are_invited_and_shut_out(db: TestDb) {
    let site = Site::start(&db).await;
    let app = &site.server.app;
    let partner = accounts::partner(app).await;
    app.reload_catalogue().await.unwrap();
    let pia = accounts::person_session(app, partner).await;
    let people = "/api/v1/partner/people";
    let max = json!({ "email": "max@example.com", "name": "Max", "language": "ru" });
    let (status, made) = site.send(Method::POST, people, &pia, max.clone()).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(site.send(Method::POST, people, &pia, max).await.1["code"], "email_taken");
    let letter = site.letter().await.1;
    assert!(letter.contains("действовать за партнёра"), "{letter}");
    let set = json!({ "code": code_in(&letter), "password": PASSWORD });
    assert_eq!(site.post("/api/v1/shopper/new-password", set).await.0, 204);
    let door = json!({ "email": "max@example.com", "password": PASSWORD });
    let (_, session) = site.post("/api/v1/partner/sessions", door.clone()).await;
    let session = session["token"].as_str().unwrap();
    let shut = format!("{people}/{}/block", made["id"].as_str().unwrap());
    assert_eq!(site.send(Method::POST, &shut, session, Value::Null).await.1["code"], "own_account");
    assert_eq!(site.send(Method::POST, &shut, &pia, Value::Null).await.0, 204);
    assert_eq!(site.me(session).await.0, 401, "signed out at once");
    assert_eq!(site.post("/api/v1/partner/sessions", door).await.1["code"], "account_blocked");
    assert_eq!(site.send(Method::POST, &shut, &pia, Value::Null).await.1["code"], "status_unchanged");

    let (admin, viewer) = (site.operator(Role::Admin).await.0, site.operator(Role::Viewer).await.0);
    let theirs = format!("/api/v1/operator/partners/{partner}/people");
    let (_, listed) = site.send(Method::GET, &theirs, &viewer, Value::Null).await;
    assert_eq!(listed["items"][1]["status"], "blocked", "{listed}");
    let open = format!("{theirs}/{}/unblock", made["id"].as_str().unwrap());
    assert_eq!(site.send(Method::POST, &open, &viewer, Value::Null).await.0, 403);
    assert_eq!(site.send(Method::POST, &open, &admin, Value::Null).await.0, 204);
    let kim = json!({ "email": "kim@example.com", "name": "Kim" });
    assert_eq!(site.send(Method::POST, &theirs, &admin, kim).await.0, 201);
    assert!(site.letter().await.0.contains("kim@example.com"));
}

async fn put(desk: &Desk, who: &Token, table: Vec<u8>) -> (u16, Value) {
    let request = desk.market.server.request(Method::POST, "/api/v1/partner/changes").bearer_auth(&who.0);
    let answer: Response = request.header("content-type", "text/csv").body(table).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn a_file_of_changes_is_looked_at_and_carried_out_once(db: TestDb) {
    let desk = Desk::open(&db).await;
    let market = &desk.market;
    let click = market.click(market.shopper).await;
    for (order, sum, commission) in [("A-1", "1000", "100.00"), ("A-2", "500", "50.00"), ("A-3", "300", "30.00")] {
        let query = format!("{}&osum={sum}&ocur=RUB", market.query(order, &click.reference(), 2, commission));
        assert_eq!(market.server.get(&format!("/postback/network?{query}")).await.status(), 200);
    }
    // As spreadsheets save it, in Windows-1251.
    let table = "order;action;amount;commission;reason\nA-1;confirm;;;\nA-2;decline;;;отмена\n\
                 A-3;change;200,00;;\nA-9;confirm;;;\n";
    let (status, looked) = put(&desk, &market.as_partner, encoding_rs::WINDOWS_1251.encode(table).0.into_owned()).await;
    assert_eq!(status, 201, "{looked}");
    assert_eq!((&looked["moves"], &looked["cannot"], &looked["lines"]), (&json!(3), &json!(1), &json!(4)), "{looked}");
    assert_eq!(looked["would"][1]["reason"], "отмена");
    assert_eq!(looked["would"][2]["would"]["commission"]["amount"], "20.00", "in proportion");
    assert_eq!(looked["would"][3]["fault"], json!({ "column": "order", "problem": "unknown" }));
    assert_eq!(desk.balance().await[0]["pending"]["amount"], "90.00", "nothing moved yet");
    let path = format!("/api/v1/partner/changes/{}", looked["id"].as_str().unwrap());
    let first = market.read(&market.as_partner, &format!("{path}?limit=3")).await;
    assert_eq!(first["would"].as_array().unwrap().len(), 3);
    let rest = market.read(&market.as_partner, &format!("{path}?after={}", first["next"].as_str().unwrap())).await;
    assert_eq!((&rest["would"][0]["line"], &rest["next"]), (&json!(5), &Value::Null));
    assert_eq!(market.get(&market.as_other_partner, &path).await.status(), 404);
    market.send(&market.as_other_partner, &format!("{path}/apply"), &json!({}), 404).await;

    let done = market.send(&market.as_partner, &format!("{path}/apply"), &json!({}), 200).await;
    assert_eq!((&done["moves"], &done["cannot"]), (&json!(3), &json!(1)), "{done}");
    assert_eq!(done["done"][0]["verdict"], "applied");
    let balance = desk.balance().await;
    assert_eq!(
        (&balance[0]["pending"]["amount"], &balance[0]["available"]["amount"]),
        (&json!("10.00"), &json!("50.00"))
    );
    assert_eq!(market.send(&market.as_partner, &format!("{path}/apply"), &json!({}), 200).await, done);
    assert_eq!(market.read(&market.as_partner, &path).await, done);
    assert_eq!(desk.balance().await, balance, "once");
    let listed = market.read(&market.as_partner, "/api/v1/partner/changes").await;
    assert_eq!(listed["items"][0]["applied_at"], done["applied_at"]);
    let audit = market.read(&market.as_admin, "/api/v1/operator/audit").await.to_string();
    assert!(audit.contains("orders.change"), "{audit}");
    desk.clean().await;
}

async fn a_file_is_bounded(db: TestDb) {
    let desk = Desk::open(&db).await;
    let partner = &desk.market.as_partner;
    let (status, problem) = put(&desk, partner, b"what is this".to_vec()).await;
    assert_eq!((status, &problem["field"]), (422, &json!("file")), "{problem}");
    let (status, problem) = put(&desk, partner, vec![b'x'; 1024 * 1024 + 1]).await;
    assert_eq!((status, &problem["code"]), (413, &json!("body_too_large")));
    let wide = format!("order,action,reason\nA-1,confirm,{}\n", "x".repeat(1024 * 1024 - 100));
    assert_eq!(put(&desk, partner, wide.into_bytes()).await.0, 201, "as large as on the page");
    assert_eq!(put(&desk, &desk.market.as_shopper, b"order,action\n".to_vec()).await.0, 403);
    let listed = desk.market.read(partner, "/api/v1/partner/changes").await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

async fn a_claim_is_accepted_with_the_orders_facts(db: TestDb) {
    let desk = Desk::open(&db).await;
    let market = &desk.market;
    let click = market.click(market.shopper).await;
    let now = market.server.app.clock.now();
    let wanted = json!({ "click": click.reference(), "order_number": "A-7", "ordered_at": now });
    let claim = market.send(&market.as_shopper, "/api/v1/claims", &wanted, 201).await;
    let path = format!("/api/v1/partner/claims/{}", claim["id"].as_str().unwrap());
    assert_eq!(market.read(&market.as_partner, &path).await["order_number"], "A-7");
    let rub = |sum: &str| json!({ "amount": sum, "currency": "RUB" });
    let facts = |commission: Value| json!({ "key": "N-7", "confirmed": true, "amount": rub("900.00"), "commission": commission, "answer": "found it" });
    let accept = format!("{path}/accept");
    market.send(&market.as_other_partner, &accept, &facts(rub("90.00")), 404).await;
    let wrong =
        market.send(&market.as_partner, &accept, &facts(json!({ "amount": "1.00", "currency": "EUR" })), 422).await;
    assert_eq!(wrong["field"], "commission");
    let mut silent = facts(rub("90.00"));
    silent["answer"] = json!(" ");
    assert_eq!(market.send(&market.as_partner, &accept, &silent, 422).await["field"], "answer");
    let done = market.send(&market.as_partner, &accept, &facts(rub("90.00")), 200).await;
    assert_eq!((&done["state"], &done["answer"]), (&json!("accepted"), &json!("found it")));
    assert_eq!(desk.balance().await[0]["available"]["amount"], "45.00", "half of the commission");
    let twice = market.send(&market.as_partner, &accept, &facts(rub("90.00")), 409).await;
    assert_eq!(twice["code"], "already_answered");
    let one = format!("/api/v1/operator/claims/{}", claim["id"].as_str().unwrap());
    let told = market.read(&market.as_viewer, &one).await;
    assert_eq!(told["shopper"], market.shopper.to_string());
    assert_eq!(told["answered_by"], format!("partner/{}", market.partner));
    let of_shopper = format!("/api/v1/operator/claims?shopper={}", market.shopper);
    assert_eq!(market.read(&market.as_viewer, &of_shopper).await["items"].as_array().unwrap().len(), 1);
    desk.clean().await;
}

async fn a_partner_reads_what_its_pages_show(db: TestDb) {
    let desk = Desk::open(&db).await;
    let market = &desk.market;
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 1, "100.00").await;
    let partner = &market.as_partner;
    let orders = market.read(partner, "/api/v1/partner/orders?store=books").await;
    let order = format!("/api/v1/partner/orders/{}", orders["items"][0]["id"].as_str().unwrap());
    let story = market.read(partner, &order).await;
    assert_eq!(story["revisions"].as_array().unwrap().len(), 1);
    assert!(!story.to_string().contains(&market.shopper.to_string()), "who bought is not told: {story}");
    let calls = market.read(partner, "/api/v1/partner/postbacks").await;
    let id = calls["items"][0]["id"].as_str().unwrap();
    let kept = market.read(partner, &format!("/api/v1/partner/postbacks/{id}")).await;
    assert_eq!(kept["verdict"], "applied");
    assert!(!kept.to_string().contains(crate::support::market::SECRET), "{kept}");
    for path in [&order, &format!("/api/v1/partner/postbacks/{id}")] {
        assert_eq!(market.get(&market.as_other_partner, path).await.status(), 404, "{path}");
    }
    assert_eq!(market.get(&market.as_other_partner, "/api/v1/partner/orders?store=books").await.status(), 404);
    let rates = market.read(partner, "/api/v1/partner/conversion-rates").await;
    assert_eq!((&rates["items"][0]["clicks"], &rates["items"][0]["confirmed"]), (&json!(1), &json!(1)), "{rates}");
    let now = market.server.app.clock.now();
    let period = format!("from={}&to={}", now.plus_days(-1), now.plus_days(1)).replace('+', "%2B");
    let lines = market.read(partner, &format!("/api/v1/partner/statement/entries?{period}")).await;
    assert_eq!(
        (&lines["items"][0]["amount"]["amount"], &lines["items"][0]["number"]),
        (&json!("100.00"), &json!("A-1"))
    );
    let home = market.read(partner, "/api/v1/partner").await;
    assert_eq!(home["checklist"]["checks"][4]["step"], "confirmed");
    assert_eq!((&home["checklist"]["checks"][4]["done"], &home["claims"]), (&json!(true), &json!(0)));
}

async fn a_report_of_the_bench_is_shared(db: TestDb) {
    let desk = Desk::open(&db).await;
    let (market, app) = (&desk.market, &desk.market.server.app);
    let pia = Token(accounts::person_session(app, market.partner).await);
    let click = market.click(market.shopper).await;
    let query = market.query("A-1", &click.reference(), 1, "10.00");
    let made =
        market.send(&pia, "/api/v1/partner/bench-reports", &json!({ "method": "GET", "query": query }), 201).await;
    let code = made["code"].as_str().unwrap();
    assert!(made["address"].as_str().unwrap().ends_with(&format!("/shared/bench/{code}")));
    let path = format!("/api/v1/shared/bench/{code}");
    let read: Value = market.server.get(&path).await.json().await.unwrap();
    assert_eq!((&read["trial"]["verdict"], &read["trial"]), (&json!("applied"), &made["trial"]));
    for hidden in [crate::support::market::SECRET.to_owned(), market.shopper.to_string()] {
        assert!(!read.to_string().contains(&hidden), "{hidden}: {read}");
    }
    assert_eq!(market.read(&market.as_shopper, "/api/v1/orders").await["items"], json!([]), "nothing was booked");
    let listed = market.read(&pia, "/api/v1/partner/bench-reports").await;
    let end = format!("/api/v1/partner/bench-reports/{}", listed["items"][0]["id"].as_str().unwrap());
    let ended = market.server.request(Method::DELETE, &end).bearer_auth(&pia.0).send().await.unwrap();
    assert_eq!(ended.status(), 204);
    assert_eq!(market.server.get(&path).await.status(), 404);
}
