//! A market with people who act for its partners.

use serde_json::{Value, json};

use super::accounts;
use super::app::TestApp;
use super::browser::Browser;
use super::db::TestDb;
use super::market::Market;

/// A market with somebody who acts for its partner, and somebody who acts for another one.
pub struct Desk {
    pub market: Market,
    session: String,
    other: String,
}

impl Desk {
    pub async fn open(db: &TestDb) -> Self {
        let market = Market::open(TestApp::start(&db.url).await, 0).await;
        let app = &market.server.app;
        let session = accounts::person_session(app, market.partner).await;
        let second = app.partner("second").await.unwrap().row.id;
        let other = accounts::person_session(app, second).await;
        Self { market, session, other }
    }

    pub fn pia(&self, language: &'static str) -> Browser<'_> {
        let browser = Browser::signed_in(&self.market.server, language, &self.session);
        browser.set("kopilka_language", language);
        browser
    }

    pub fn stranger(&self) -> Browser<'_> {
        Browser::signed_in(&self.market.server, "en", &self.other)
    }

    /// The balance of the market's shopper.
    pub async fn balance(&self) -> Value {
        self.market.read(&self.market.as_shopper, "/api/v1/balance").await
    }

    pub async fn clean(&self) {
        let report = self.market.read(&self.market.as_admin, "/api/v1/operator/ledger/verify").await;
        assert_eq!(report["findings"], json!([]), "{report}");
    }
}
