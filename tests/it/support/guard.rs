//! A site that pays out, with a mailbox and a clock: what protects payouts is tried here. Nothing reaches the provider.

use kopilka::base::Secret;
use kopilka::base::id::{MethodId, PayoutId, ShopperId, TransactionId};
use kopilka::config::{Config, PayoutRule};
use kopilka::db::Lane;
use kopilka::db::shoppers::shopper_find_by_email;
use kopilka::domain::ledger::{Account, Bucket, TransactionKind, Transfer};
use kopilka::domain::money::{Amount, Currency};
use kopilka::domain::payout::typed::Typed;
use kopilka::domain::payout::{MethodKind, PayoutState, ReviewRule};
use kopilka::service::Outcome;
use kopilka::service::payouts::look::{payout_with_events, payouts};
use kopilka::service::payouts::method_add::{NewMethod, method_add};
use kopilka::service::payouts::request_payout::{PayoutRequest, Requested, request_payout};
use kopilka::service::post::{post, transaction};
use kopilka::service::verify_ledger::verify_ledger;
use rust_decimal::Decimal;

use super::db::TestDb;
use super::site::Site;

pub fn rub(minor: i64) -> Amount {
    Amount::new(minor, Currency::RUB)
}

/// Lets a configuration pay out, with all rules for reviews off and no cool-off.
pub fn pays_out(config: &mut Config) {
    config.sandbox.url = "http://127.0.0.1:9/".to_owned();
    config.sandbox.key = Some(Secret::new("secret"));
    config.sandbox.webhook_secret = Some(Secret::new("the webhook secret"));
    config.outgoing.allow_private = true;
    config.limits.sign_in_per_minute = 10_000;
    config.payouts.cool_off_hours = 0;
    config.payouts.review.shared_destination = false;
    config.payouts.review.self_referral = false;
    config.payouts.review.cancelled_orders = 0;
    config.payouts.limits = vec![PayoutRule {
        kind: "*".to_owned(),
        currency: Currency::RUB,
        minimum: rub(100),
        maximum: rub(1_000_000),
        daily: rub(1_000_000),
        fee_fixed: rub(0),
        fee_percent: Decimal::ZERO,
        max_open: 100,
    }];
}

pub struct Guard {
    pub site: Site,
}

impl Guard {
    pub async fn start(db: &TestDb, change: impl FnOnce(&mut Config)) -> Self {
        let site = Site::start_with(db, |config| {
            pays_out(config);
            change(config);
        });
        Self { site: site.await }
    }

    /// Somebody who signed up, with money that may be withdrawn.
    pub async fn shopper(&self, email: &str, minor: i64) -> ShopperId {
        // Letters about others are not the one with the code.
        self.site.letters().await;
        self.site.sign_up(email).await;
        let address = email.to_owned();
        let found = self.site.server.app.db.read(move |conn| shopper_find_by_email(conn, &address)).await;
        let id = found.unwrap().unwrap().id;
        if minor > 0 {
            self.give(id, minor).await;
        }
        id
    }

    /// Money that may be withdrawn.
    pub async fn give(&self, id: ShopperId, minor: i64) {
        let app = &self.site.server.app;
        let to = Account::Shopper(id, Bucket::Available);
        let transfers: Vec<Transfer> = Transfer::new(Account::Margin, to, rub(minor)).into_iter().collect();
        let transaction_id = TransactionId::new();
        let source = format!("test/{transaction_id}");
        let mut row = transaction(transaction_id, app.clock.now(), TransactionKind::Adjustment, source);
        row.shopper_id = Some(id);
        app.db.write(Lane::Shopper(id), move |conn| post(conn, &row, &transfers)).await.unwrap();
    }

    /// A destination that can be used at once.
    pub async fn method(&self, shopper: ShopperId, token: &str) -> MethodId {
        let new = NewMethod {
            provider: "sandbox".to_owned(),
            kind: MethodKind::Wallet,
            token: Secret::new(token),
            masked: "•••• 0042".to_owned(),
            typed: Typed::default(),
        };
        method_add(&self.site.server.app, shopper, new).await.unwrap().id
    }

    pub fn wanted(shopper: ShopperId, method: MethodId, minor: i64, key: &str) -> PayoutRequest {
        PayoutRequest { shopper, method, amount: rub(minor), key: key.to_owned() }
    }

    pub async fn request(&self, shopper: ShopperId, method: MethodId, minor: i64, key: &str) -> Outcome<Requested> {
        request_payout(&self.site.server.app, Self::wanted(shopper, method, minor, key)).await
    }

    /// Where a payout stands, and every rule that held it.
    pub async fn held(&self, id: PayoutId) -> (PayoutState, Vec<ReviewRule>) {
        let found = payout_with_events(&self.site.server.app, id, None).await.unwrap();
        (found.row.state, found.reviews.iter().map(|review| review.rule).collect())
    }

    pub async fn count(&self) -> usize {
        payouts(&self.site.server.app, Default::default(), 1_000).await.unwrap().len()
    }

    /// The books are right.
    pub async fn close(self) {
        let report = verify_ledger(&self.site.server.app).await.unwrap();
        assert!(report.findings.is_empty(), "{:#?}", report.findings);
    }
}
