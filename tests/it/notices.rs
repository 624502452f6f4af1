//! Letters about money: every move of a shopper's money is told once, in one letter for what came together.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use chrono::TimeDelta;
use kopilka::base::secret::Secret;
use kopilka::base::{Clock, Timestamp};
use kopilka::domain::notice::NoticeKind;
use kopilka::job;
use kopilka::service::notices::notices_find;
use serde_json::json;
use tempfile::TempDir;

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::db::TestDb;
use crate::support::market::Market;
use crate::support::site::letters_in;

on_both![
    what_happens_to_an_order_is_told_once,
    corrections_are_told_with_the_reason,
    what_is_turned_off_is_not_told,
    old_news_are_no_news,
    a_blocked_shopper_gets_no_letters,
    a_mail_server_gets_the_letters,
];

struct Mailbox {
    market: Market,
    clock: Clock,
    outbox: TempDir,
}

impl Mailbox {
    /// A market whose store holds cashback for two days.
    async fn open(db: &TestDb, smtp: Option<Secret>) -> Self {
        let outbox = TempDir::new().unwrap();
        let clock = Clock::manual("2026-03-01T12:00:00Z".parse::<Timestamp>().unwrap());
        let server = TestApp::start_with(&db.url, clock.clone(), |config| {
            config.mail.outbox = outbox.path().to_owned();
            config.mail.smtp = smtp;
        });
        Self { market: Market::open(server.await, 2).await, clock, outbox }
    }

    async fn letters(&self) -> Vec<(String, String)> {
        job::drain(&self.market.server.app).await.unwrap();
        letters_in(self.outbox.path())
    }

    async fn letter(&self) -> (String, String) {
        let mut letters = self.letters().await;
        assert_eq!(letters.len(), 1, "{letters:?}");
        letters.remove(0)
    }
}

async fn what_happens_to_an_order_is_told_once(db: TestDb) {
    let mail = Mailbox::open(&db, None).await;
    let click = mail.market.click(mail.market.shopper).await;
    mail.market.report("A-1", click, 2, "100.00").await;
    let (headers, text) = mail.letter().await;
    assert!(headers.starts_with("To: anna@example.com"), "{headers}");
    assert!(text.contains("Books reported your order: RUB\u{a0}50.00 cashback is on its way"), "{text}");
    let order =
        text.lines().find(|line| line.contains("/orders/")).unwrap().rsplit_once("/orders/").unwrap().1.to_owned();
    let browser = Browser::signed_in(&mail.market.server, "en", &mail.market.as_shopper.0);
    browser.page(&format!("/orders/{order}")).await.has("A-1");
    assert_eq!(mail.letters().await, [], "told once");

    mail.market.report("A-1", click, 2, "120.00").await;
    mail.market.report("A-1", click, 1, "120.00").await;
    mail.market.report("A-2", click, 1, "10.00").await;
    let (headers, text) = mail.letter().await;
    assert!(headers.contains("Subject: 3 pieces of news"), "{headers}");
    for told in [
        "corrected your order: the cashback is RUB\u{a0}60.00",
        "confirmed your order: RUB\u{a0}60.00",
        "RUB\u{a0}5.00",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    mail.market.report("A-3", click, 2, "10.00").await;
    mail.letter().await;
    mail.market.report("A-3", click, 2, "0.00").await;
    assert!(mail.letter().await.1.contains("the cashback is RUB\u{a0}0.00 now"));
    mail.clock.advance(TimeDelta::days(3));
    let (_, text) = mail.letter().await;
    assert!(
        text.contains("RUB\u{a0}60.00 from Books can be withdrawn") && text.contains("RUB\u{a0}5.00 from"),
        "{text}"
    );
    mail.market.report("A-1", click, 3, "120.00").await;
    let (headers, text) = mail.letter().await;
    assert!(text.contains("took your order back: its cashback of RUB\u{a0}60.00 is undone"), "{text}");
    assert!(!headers.contains("Subject: 1 piece"), "one thing is its own subject: {headers}");
}

async fn corrections_are_told_with_the_reason(db: TestDb) {
    let mail = Mailbox::open(&db, None).await;
    let given = json!({
        "key": "ticket-1", "shopper": mail.market.shopper, "fund": "house/budget/goodwill",
        "amount": { "amount": "12.34", "currency": "RUB" }, "reason": "the store lost the order",
    });
    mail.market.send(&mail.market.as_admin, "/api/v1/operator/adjustments", &given, 201).await;
    let (_, text) = mail.letter().await;
    assert!(text.contains("corrected by RUB\u{a0}12.34. Why: the store lost the order"), "{text}");
}

async fn what_is_turned_off_is_not_told(db: TestDb) {
    let mail = Mailbox::open(&db, None).await;
    let (app, shopper) = (&mail.market.server.app, mail.market.shopper);
    assert_eq!(notices_find(app, shopper).await.unwrap(), NoticeKind::ALL);
    let browser = Browser::signed_in(&mail.market.server, "ru", &mail.market.as_shopper.0);
    browser.set("kopilka_language", "ru");
    let done = browser.send("/account/notices", &[("confirmed", "on"), ("payout", "on")]).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/account"));
    assert_eq!(notices_find(app, shopper).await.unwrap(), [NoticeKind::Confirmed, NoticeKind::Payout]);
    let page = browser.page("/account").await;
    page.has("Сохранено").has("name=\"confirmed\" checked").lacks("name=\"reported\" checked");
    let click = mail.market.click(shopper).await;
    mail.market.report("A-1", click, 2, "100.00").await;
    assert_eq!(mail.letters().await, []);
    mail.market.report("A-1", click, 1, "100.00").await;
    assert!(mail.letter().await.1.contains("confirmed your order"));
    let stranger = Browser::new(&mail.market.server, "ru").send("/account/notices", &[]).await;
    assert_eq!((stranger.status, notices_find(app, shopper).await.unwrap().len()), (303, 2));
}

async fn old_news_are_no_news(db: TestDb) {
    let mail = Mailbox::open(&db, None).await;
    let click = mail.market.click(mail.market.shopper).await;
    mail.market.report("A-1", click, 2, "100.00").await;
    mail.clock.advance(TimeDelta::hours(49));
    assert_eq!(mail.letters().await, []);
    mail.market.report("A-1", click, 1, "100.00").await;
    assert!(mail.letter().await.1.contains("confirmed your order"));
}

async fn a_blocked_shopper_gets_no_letters(db: TestDb) {
    let mail = Mailbox::open(&db, None).await;
    let click = mail.market.click(mail.market.shopper).await;
    mail.market.report("A-1", click, 2, "100.00").await;
    let path = format!("/api/v1/operator/shoppers/{}/block", mail.market.shopper);
    let answer = mail.market.post(&mail.market.as_admin, &path, &json!({ "reason": "bought from herself" })).await;
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    assert_eq!(mail.letters().await, []);
}

/// A mail server that takes letters for one connection after the other, and hands on what it took: sender and receiver as
/// the protocol names them, then the letter.
fn mail_server() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (taken, letters) = channel();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut writer = connection.unwrap();
            let mut lines = BufReader::new(writer.try_clone().unwrap()).lines();
            let mut whole = String::new();
            writer.write_all(b"220 mail.example ready\r\n").unwrap();
            while let Some(Ok(line)) = lines.next() {
                let answer: &[u8] = match line.split([' ', ':']).next().unwrap() {
                    "EHLO" => b"250 mail.example\r\n",
                    "DATA" => {
                        writer.write_all(b"354 go on\r\n").unwrap();
                        let body = lines.by_ref().map(Result::unwrap).take_while(|line| line != ".");
                        whole.extend(body.map(|line| line + "\n"));
                        if taken.send(std::mem::take(&mut whole)).is_err() {
                            return;
                        }
                        b"250 taken\r\n"
                    }
                    "QUIT" => b"221 bye\r\n",
                    _ => {
                        whole += &(line + "\n");
                        b"250 good\r\n"
                    }
                };
                writer.write_all(answer).unwrap();
            }
        }
    });
    (port, letters)
}

async fn a_mail_server_gets_the_letters(db: TestDb) {
    let (port, letters) = mail_server();
    let mail = Mailbox::open(&db, Some(Secret::new(format!("smtp://127.0.0.1:{port}")))).await;
    let click = mail.market.click(mail.market.shopper).await;
    mail.market.report("A-1", click, 2, "100.00").await;
    assert_eq!(mail.letters().await, [], "nothing goes into the folder");
    let letter = letters.try_recv().unwrap();
    for part in
        ["RCPT TO:<anna@example.com>", "To: anna@example.com", "Auto-Submitted: auto-generated", "Message-ID: <"]
    {
        assert!(letter.contains(part), "{part}: {letter}");
    }
    mail.market.report("A-1", click, 1, "100.00").await;
    mail.letters().await;
    assert!(letters.try_recv().unwrap().contains("confirmed"));
    letters.try_recv().unwrap_err();
}
