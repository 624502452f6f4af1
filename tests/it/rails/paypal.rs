//! What is PayPal's own: money that nobody claims, and webhooks that are believed only with PayPal's certificate.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use chrono::TimeDelta;
use kopilka::base::Secret;
use kopilka::config::rails::Rail;
use kopilka::domain::payout::typed::Typed;
use kopilka::domain::payout::{MethodKind, PayoutState};
use kopilka::provider::client::{ClientSettings, HttpClient};
use kopilka::provider::{PayoutProvider, WebhookCall, WebhookRefusal, list};
use kopilka::service::ServiceError;
use kopilka::service::payouts::method_add::{NewMethod, method_add};
use kopilka::service::payouts::providers::hold_accounts;
use kopilka::service::payouts::submit_payout::commit_send;
use kopilka::simulator::Simulated;
use serde_json::json;

use super::settings;
use crate::on_both;
use crate::support::db::TestDb;
use crate::withdrawals::world::World;

on_both![what_nobody_claims_comes_back, another_account_needs_another_name];

/// Another account behind the same name knows none of the keys: what is under way would be paid again.
async fn another_account_needs_another_name(db: TestDb) {
    let world = World::start_at(&db, false, Simulated::Paypal, |_config| {}).await;
    let shopper = world.shopper(10_000).await;
    let method = world.method(shopper, 0, MethodKind::PayPal).await;
    let id = world.request(shopper, method, 4_000, "a").await.unwrap().row.id;
    let mut other = world.app.clone();
    let mut config = (*other.config).clone();
    let Rail::Paypal(mut changed) = settings(Simulated::Paypal, world.url()) else { panic!("another rail") };
    changed.client_id = "another".to_owned();
    config.payouts.providers = vec![Rail::Paypal(changed)];
    other.config = Arc::new(config);
    commit_send(&world.app, &world.payout(id).await).await.unwrap();
    let refused = hold_accounts(&other).await;
    assert!(matches!(&refused, Err(ServiceError::Invalid { .. })), "{refused:?}");
    assert!(refused.unwrap_err().to_string().contains("another name"));
    hold_accounts(&world.app).await.unwrap();
    // Once nothing is under way the name can change hands.
    world.settle().await;
    assert_eq!(world.payout(id).await.state, PayoutState::Paid);
    hold_accounts(&other).await.unwrap();
    world.close().await;
}

async fn what_nobody_claims_comes_back(db: TestDb) {
    let world = World::start_at(&db, true, Simulated::Paypal, |config| config.payouts.cool_off_hours = 0).await;
    let shopper = world.shopper(10_000).await;
    let typed = Typed { email: "nobody@example.org".to_owned(), ..Typed::default() };
    let (provider, masked) = (String::new(), String::new());
    let new = NewMethod { provider, kind: MethodKind::PayPal, token: Secret::new(""), masked, typed };
    let method = method_add(&world.app, shopper, new).await.unwrap();
    let row = world.request(shopper, method.id, 4_000, "a").await.unwrap().row;
    world.settle().await;
    // It left our account and reached nobody: the reserve stays.
    assert_eq!(world.payout(row.id).await.state, PayoutState::Submitted);
    assert_eq!(world.balances(shopper).await, (6_000, 4_000, 0));
    world.clock.advance(TimeDelta::days(30));
    world.settle().await;
    let back = world.payout(row.id).await;
    assert_eq!((back.state, back.reason.as_deref()), (PayoutState::Returned, Some("returned")));
    assert_eq!(world.balances(shopper).await, (10_000 - back.fee, 0, 0));
    world.close().await;
}

/// The signature covers little of the body: what counts is what PayPal says when it is asked.
#[actix_web::test]
async fn a_webhook_of_an_item_is_a_hint() {
    let db = TestDb::sqlite();
    let world = World::start_at(&db, false, Simulated::Paypal, |_config| {}).await;
    let shopper = world.shopper(10_000).await;
    let method = world.method(shopper, 27, MethodKind::PayPal).await;
    let id = world.request(shopper, method, 4_000, "a").await.unwrap().row.id;
    world.drain().await;
    let hooks = world.bank_post(&world.command("hooks"), &json!({})).await;
    let hook = hooks.as_array().unwrap().iter().find(|hook| hook["body"].as_str().unwrap().contains("\"SUCCESS\""));
    let hook = hook.unwrap();
    let headers: Vec<(String, String)> = serde_json::from_value(hook["headers"].clone()).unwrap();
    let sent = Sent { headers, body: hook["body"].as_str().unwrap().as_bytes().to_vec() };
    let provider = world.app.providers.get("paypal").unwrap().as_ref();
    assert_eq!(sent.read(&world, provider).await, Ok("paid".to_owned()));
    world.settle().await;
    assert_eq!(world.payout(id).await.state, PayoutState::Returned);
    let said = sent.read(&world, provider).await.unwrap();
    assert!(said.starts_with("returned"), "{said}");
}

/// A webhook as PayPal sends it.
struct Sent {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Sent {
    async fn read(&self, world: &World, provider: &dyn PayoutProvider) -> Result<String, WebhookRefusal> {
        self.read_after(world, provider, 0).await
    }

    /// The same, so many days after it was signed.
    async fn read_after(
        &self,
        world: &World,
        provider: &dyn PayoutProvider,
        days: i64,
    ) -> Result<String, WebhookRefusal> {
        let call = WebhookCall {
            headers: &self.headers,
            raw_body: &self.body,
            peer_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            received_at: world.clock.now().plus_days(days),
        };
        provider.read_webhook(call).await.map(|event| event.payout.status.word())
    }

    fn with(&self, name: &str, value: &str) -> Self {
        let headers = self.headers.iter().map(|(known, old)| {
            let new = if known == name { value.to_owned() } else { old.clone() };
            (known.clone(), new)
        });
        Self { headers: headers.collect(), body: self.body.clone() }
    }
}

#[actix_web::test]
async fn a_webhook_is_believed_with_paypals_certificate_alone() {
    let db = TestDb::sqlite();
    let world = World::start_at(&db, false, Simulated::Paypal, |_config| {}).await;
    let shopper = world.shopper(10_000).await;
    let method = world.method(shopper, 0, MethodKind::PayPal).await;
    world.request(shopper, method, 4_000, "a").await.unwrap();
    world.drain().await;
    let hooks = world.bank_post(&world.command("hooks"), &json!({})).await;
    let hook = hooks.as_array().unwrap().last().unwrap();
    let headers: Vec<(String, String)> = serde_json::from_value(hook["headers"].clone()).unwrap();
    let sent = Sent { headers, body: hook["body"].as_str().unwrap().as_bytes().to_vec() };
    let provider = world.app.providers.get("paypal").unwrap().as_ref();
    assert_eq!(sent.read(&world, provider).await, Ok("paid".to_owned()));

    assert_eq!(sent.read_after(&world, provider, 3).await, Ok("paid".to_owned()));
    let old = WebhookRefusal::NotAuthentic("the signature is too old");
    assert_eq!(sent.read_after(&world, provider, 5).await, Err(old));

    let mut altered = sent.with("", "");
    altered.body = String::from_utf8(altered.body).unwrap().replace("SUCCESS", "FAILED").into_bytes();
    let wrong = WebhookRefusal::NotAuthentic("the signature is wrong");
    assert_eq!(altered.read(&world, provider).await, Err(wrong.clone()));
    for (name, value) in [("PAYPAL-TRANSMISSION-ID", "1"), ("PAYPAL-TRANSMISSION-TIME", "2027-01-01T00:00:00Z")] {
        assert_eq!(sent.with(name, value).read(&world, provider).await, Err(wrong.clone()), "{name}");
    }
    let elsewhere = WebhookRefusal::NotAuthentic("the certificate is not on one of PayPal's hosts");
    let host = world.url().trim_start_matches("http://").trim_end_matches('/').to_owned();
    for address in [
        "https://evil.example/cert.pem".to_owned(),
        "https://api.paypal.com.evil.example/cert.pem".to_owned(),
        format!("http://{host}@evil.example/cert.pem"),
        "file:///etc/passwd".to_owned(),
    ] {
        assert_eq!(
            sent.with("PAYPAL-CERT-URL", &address).read(&world, provider).await,
            Err(elsewhere.clone()),
            "{address}"
        );
    }
    let algorithm = sent.with("PAYPAL-AUTH-ALGO", "SHA1withRSA").read(&world, provider).await;
    assert!(matches!(algorithm, Err(WebhookRefusal::NotAuthentic(_))), "{algorithm:?}");
    let bare = Sent { headers: Vec::new(), body: sent.body.clone() };
    assert!(matches!(bare.read(&world, provider).await, Err(WebhookRefusal::NotAuthentic(_))));

    // Another webhook's id is part of what is signed; and without our trust the simulator's authority is nobody's.
    let http = HttpClient::new(&ClientSettings { allow_private: true, ..ClientSettings::default() }).unwrap();
    let Rail::Paypal(own) = settings(Simulated::Paypal, world.url()) else { panic!("another rail") };
    let mut other = own.clone();
    other.webhook_id = "another".to_owned();
    let other = list::provider(&Rail::Paypal(other), http.clone()).unwrap();
    assert_eq!(sent.read(&world, other.as_ref()).await, Err(wrong));
    let mut public = own;
    public.certificate_roots = None;
    let public = list::provider(&Rail::Paypal(public), http).unwrap();
    let chain = WebhookRefusal::NotAuthentic("the certificate's chain does not hold");
    assert_eq!(sent.read(&world, public.as_ref()).await, Err(chain));
}
