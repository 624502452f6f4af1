//! Receipts beside claims: told by their bytes, kept for those whom the claim concerns, and never run.

use chrono::TimeDelta;
use kopilka::base::{Clock, Timestamp};
use kopilka::domain::claim::FileKind;
use reqwest::{Method, Response};
use serde_json::json;

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::db::TestDb;
use crate::support::market::Market;

on_both![
    a_receipt_goes_along_with_a_claim,
    what_is_no_receipt_is_refused,
    parts_that_are_no_form_are_refused,
    a_claim_says_until_when_it_is_answered,
    an_order_can_be_claimed_at_once_and_is_offered_in_time,
];

const PDF: &[u8] = b"%PDF-1.7 a receipt";

struct Desk {
    market: Market,
    clock: Clock,
    claim: String,
}

impl Desk {
    async fn open(db: &TestDb) -> Self {
        let clock = Clock::manual("2026-03-01T12:00:00Z".parse::<Timestamp>().unwrap());
        let server = TestApp::start_with(&db.url, clock.clone(), |_| {}).await;
        let market = Market::open(server, 0).await;
        let click = market.click(market.shopper).await;
        let wanted = json!({ "click": click.reference(), "order_number": "A-7", "ordered_at": "2026-03-01T12:00:00Z" });
        let made = market.send(&market.as_shopper, "/api/v1/claims", &wanted, 201).await;
        assert_eq!(made["answer_by"], "2026-03-31T12:00:00Z");
        Self { market, clock, claim: made["id"].as_str().unwrap().to_owned() }
    }

    fn anna(&self) -> Browser<'_> {
        Browser::signed_in(&self.market.server, "en", &self.market.as_shopper.0)
    }

    fn path(&self) -> String {
        format!("/claims/{}/files", self.claim)
    }
}

async fn upload(browser: &Browser<'_>, path: &str, name: &str, bytes: &[u8]) -> Response {
    let mut body = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"receipt\"; filename=\"{name}\"\r\n\
         Content-Type: text/html\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--edge--\r\n");
    let request = browser.request(Method::POST, path).header("sec-fetch-site", "same-origin");
    request.header("content-type", "multipart/form-data; boundary=edge").body(body).send().await.unwrap()
}

async fn parts_that_are_no_form_are_refused(db: TestDb) {
    let desk = Desk::open(&db).await;
    let (server, path) = (&desk.market.server, format!("/api/v1{}", desk.path()));
    let part = |head: &str, bytes: &str| format!("--edge\r\n{head}\r\n\r\n{bytes}\r\n--edge--\r\n");
    let (receipt, form) = ("Content-Disposition: form-data; name=\"receipt\"", "multipart/form-data; boundary=edge");
    let no_form = "as the field `receipt` of a form";
    let cases = [
        ("multipart/mixed; boundary=edge", part("Content-Type: text/plain", "a receipt"), no_form),
        ("multipart/form-data", part(receipt, "a receipt"), no_form),
        ("text/plain", "a receipt".to_owned(), no_form),
        (form, part("Content-Disposition: form-data; name=\"\"", "a receipt"), no_form),
        (form, part("Content-Disposition: form-data", "a receipt"), no_form),
        (form, format!("--edge\r\n{receipt}\r\n\r\na rec"), "did not come in whole"),
        (form, part(receipt, &" ".repeat(8 * 1024 * 1024)), "more than 5 MiB"),
        ("Multipart/Form-Data; boundary=edge", part(receipt, "a receipt"), "PDF"),
    ];
    for (kind, body, words) in cases {
        let request = server.request(Method::POST, &path).bearer_auth(&desk.market.as_shopper.0);
        let answer = request.header("content-type", kind).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 422, "{kind}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        let said = answer.text().await.unwrap();
        assert!(said.contains(words), "{kind}: {said}");
    }
}

async fn a_receipt_goes_along_with_a_claim(db: TestDb) {
    let desk = Desk::open(&db).await;
    let anna = desk.anna();
    let done = upload(&anna, &desk.path(), "..\\..\\<b>чек.pdf", PDF).await;
    assert_eq!(done.status(), 303);
    let page = anna.page(&format!("/claims/{}", desk.claim)).await;
    page.has("&lt;b&gt;чек.pdf").lacks("<b>чек").has("1 KB");
    let file = format!("{}/{}", desk.path(), page.between(&format!("href=\"{}/", desk.path()), "\""));

    let market = &desk.market;
    for who in [&market.as_shopper, &market.as_partner, &market.as_admin] {
        let browser = Browser::signed_in(&market.server, "en", &who.0);
        let answer = browser.request(Method::GET, &file).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{who:?}");
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "application/pdf", "what the browser said of it does not count");
        assert!(header("content-disposition").starts_with("attachment;"));
        assert!(header("content-security-policy").starts_with("sandbox;"));
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(answer.bytes().await.unwrap(), PDF);
    }
    for who in [&market.as_other, &market.as_other_partner] {
        let browser = Browser::signed_in(&market.server, "en", &who.0);
        assert_eq!(browser.get(&file).await.status, 404, "{who:?}");
        let status = upload(&browser, &desk.path(), "x.pdf", PDF).await.status();
        assert!(status == 404 || status == 403, "{who:?}: {status}");
    }
    assert_eq!(Browser::new(&market.server, "en").get(&file).await.status, 303, "strangers are asked to sign in");
}

async fn what_is_no_receipt_is_refused(db: TestDb) {
    let desk = Desk::open(&db).await;
    let anna = desk.anna();
    let large: Vec<u8> = [PDF, &vec![b' '; 5 * 1024 * 1024]].concat();
    let huge = vec![b' '; 8 * 1024 * 1024];
    for (name, bytes) in
        [("page.pdf", b"<script>".as_slice()), ("empty.pdf", b""), ("large.pdf", &large), ("huge.pdf", &huge)]
    {
        let refused = upload(&anna, &desk.path(), name, bytes).await;
        assert_eq!(refused.status(), 422, "{name}");
        assert!(refused.text().await.unwrap().contains("Send a PDF or a picture"), "{name}");
    }
    for kind in [PDF, b"\xff\xd8\xff\xe0", b"RIFF....WEBPVP8 "] {
        assert_eq!(upload(&anna, &desk.path(), "", kind).await.status(), 303);
    }
    let fourth = upload(&anna, &desk.path(), "x.png", b"\x89PNG\r\n\x1a\n").await;
    assert_eq!(fourth.status(), 409);
    let page = anna.page(&format!("/claims/{}", desk.claim)).await;
    page.has("receipt.pdf").has("receipt.jpeg").has("receipt.webp").lacks("x.png").lacks("type=\"file\"");
    let cross = anna.request(Method::POST, &desk.path()).header("sec-fetch-site", "cross-site");
    assert_eq!(cross.send().await.unwrap().status(), 403);

    let market = &desk.market;
    let answer = json!({ "accepted": false, "answer": "not ours" });
    market.send(&market.as_partner, &format!("/api/v1/partner/claims/{}/answer", desk.claim), &answer, 200).await;
    assert_eq!(upload(&anna, &desk.path(), "x.pdf", PDF).await.status(), 409, "an answered claim takes no more");
    assert_eq!(FileKind::of(b"RIFF....WAVE"), None);
}

async fn a_claim_says_until_when_it_is_answered(db: TestDb) {
    let desk = Desk::open(&db).await;
    let path = format!("/claims/{}", desk.claim);
    let anna = desk.anna();
    anna.page(&path).await.has("You get an answer by").has("31\u{a0}March 2026");
    desk.clock.advance(TimeDelta::days(31));
    anna.page(&path).await.has("The answer is late").lacks("You get an answer by");
}

async fn an_order_can_be_claimed_at_once_and_is_offered_in_time(db: TestDb) {
    let desk = Desk::open(&db).await;
    let anna = desk.anna();
    // Of a store that nobody knows, three days are waited.
    anna.page("/clicks").await.has("usually reports an order by").has("4\u{a0}March 2026").has("/claims/new?click=");
    desk.clock.advance(TimeDelta::hours(72));
    anna.page("/clicks").await.lacks("usually reports an order by").has("/claims/new?click=");
}
