//! What is Hyperswitch's own: webhooks that are signed and may be stale, a list by currency and kind of receiver, a state that waits
//! for somebody there, settings that say how to mend them.

mod answers;
mod stub;

use std::net::{IpAddr, Ipv4Addr};

use chrono::TimeDelta;
use hmac::{Hmac, KeyInit as _, Mac as _};
use kopilka::base::Secret;
use kopilka::base::id::{OperatorId, PayoutId};
use kopilka::config::rails::Rail;
use kopilka::config::{Config, Payouts};
use kopilka::db::reconciliation::CaseFilter;
use kopilka::domain::access::{Actor, Role};
use kopilka::domain::money::Amount;
use kopilka::domain::payout::typed::{Destination, Typed};
use kopilka::domain::payout::{MethodKind, PayoutState, PersonWhy};
use kopilka::domain::reconcile::Class;
use kopilka::provider::client::{ClientSettings, HttpClient};
use kopilka::provider::{Intent, Outcome, WebhookCall, WebhookRefusal};
use kopilka::service::payouts::resolve_payout::Ending;
use kopilka::service::payouts::take_webhook::{Taken, take_webhook};
use kopilka::service::reconcile::{cases, reconcile_list};
use kopilka::simulator::Simulated;
use serde_json::{Value, json};
use sha2::Sha512;

use crate::on_both;
use crate::support::db::TestDb;
use crate::withdrawals::repairs::{finance, resolve};
use crate::withdrawals::world::{WEBHOOK_SECRET, World, code, rub};

on_both![
    a_webhook_is_a_hint_that_is_signed,
    the_walk_finds_money_that_nobody_here_asked_for,
    a_state_that_nobody_can_read_calls_a_person,
    a_person_ends_what_failed_for_no_known_reason,
];

/// An intent to pay to a PayPal account.
fn intent(code: u8, amount: Amount) -> Intent {
    let payout = PayoutId::new();
    let typed = Typed { email: format!("sandbox+{code:02}@example.com"), ..Typed::default() };
    let destination = Destination::read(MethodKind::PayPal, &typed).unwrap().unwrap();
    Intent {
        payout,
        key: payout.reference(),
        amount,
        kind: MethodKind::PayPal,
        destination: Secret::new(destination.keep().unwrap()),
        description: "Cashback".to_owned(),
    }
}

/// The header with which a body is signed.
fn signed(secret: &str, body: &[u8]) -> Vec<(String, String)> {
    let mut mac = Hmac::<Sha512>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    vec![("x-webhook-signature-512".to_owned(), hex::encode(mac.finalize().into_bytes()))]
}

/// What became of a call to the webhook address, so many hours after it was sent.
async fn told(world: &World, headers: &[(String, String)], body: &[u8], hours: i64) -> Taken {
    let received_at = world.clock.now().plus(TimeDelta::hours(hours));
    let call = WebhookCall { headers, raw_body: body, peer_ip: IpAddr::V4(Ipv4Addr::LOCALHOST), received_at };
    take_webhook(&world.app, "hyperswitch", call).await.unwrap()
}

async fn a_webhook_is_a_hint_that_is_signed(db: TestDb) {
    let world = World::start_at(&db, false, Simulated::Hyperswitch, |_config| {}).await;
    let shopper = world.shopper(10_000).await;
    // Stuck, then paid, while nobody asks.
    let method = world.method(shopper, 21, MethodKind::Iban).await;
    let row = world.request(shopper, method, 4_000, "a").await.unwrap().row;
    world.drain().await;
    let reference = world.payout(row.id).await.provider_ref.unwrap();
    assert_eq!(reference, format!("kpk_{}", row.provider_key));
    world.bank_post(&world.command(&format!("payouts/{reference}/pay")), &json!({})).await;
    let hooks = world.bank_post(&world.command("hooks"), &json!({})).await;
    let hook = hooks.as_array().unwrap().last().unwrap();
    let headers: Vec<(String, String)> = serde_json::from_value(hook["headers"].clone()).unwrap();
    let body = hook["body"].as_str().unwrap();
    let said: Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        (&said["event_type"], &said["content"]["object"]["status"]),
        (&json!("payout_success"), &json!("initiated"))
    );

    let altered = body.replace("payout_success", "payout_failed");
    let cut = vec![(headers[0].0.clone(), headers[0].1[..64].to_owned())];
    let noise = vec![(headers[0].0.clone(), "not hexadecimal".to_owned())];
    for (headers, body) in [
        (&headers, altered.as_str()),
        (&signed("another secret", body.as_bytes()), body),
        (&Vec::new(), body),
        (&cut, body),
        (&noise, body),
    ] {
        assert_eq!(told(&world, headers, body.as_bytes(), 0).await, Taken::NotAuthentic);
    }
    assert_eq!(world.payout(row.id).await.state, PayoutState::Submitted);

    // Signed, and about something else, about nothing, or about a payout that is nobody's.
    let mut other = said.clone();
    other["content"]["type"] = json!("refund_details");
    let mut nothing = said.clone();
    nothing["content"]["object"]["payout_id"] = json!("../list");
    let mut nobodys = said.clone();
    nobodys["content"]["object"]["payout_id"] = json!("kpk_00000000000000000000000000");
    for (message, taken) in [(other, Taken::Unrelated), (nothing, Taken::Waiting), (nobodys, Taken::Waiting)] {
        let body = message.to_string();
        assert_eq!(told(&world, &signed(WEBHOOK_SECRET, body.as_bytes()), body.as_bytes(), 0).await, taken, "{body}");
    }

    // Late, with a stale state in it, and twice: what counts is what Hyperswitch says when it is asked.
    assert_eq!(told(&world, &headers, body.as_bytes(), 23).await, Taken::Applied);
    assert_eq!(told(&world, &headers, body.as_bytes(), 24).await, Taken::Repeated);
    assert_eq!(world.payout(row.id).await.state, PayoutState::Paid);
    assert_eq!(world.times_moved(&row.provider_key).await, 1);
    // The same message, come again after the money came back, tells of that.
    world.bank_post(&world.command(&format!("payouts/{reference}/return")), &json!({})).await;
    assert_eq!(told(&world, &headers, body.as_bytes(), 25).await, Taken::Applied);
    let back = world.payout(row.id).await;
    assert_eq!((back.state, back.reason.as_deref()), (PayoutState::Returned, Some("reversed")));
    world.close().await;
}

/// A signature is no proof of the amount: the payout that is read is held against ours.
#[actix_web::test]
async fn a_webhook_of_another_amount_changes_nothing() {
    let db = TestDb::sqlite();
    let world = World::start_at(&db, false, Simulated::Hyperswitch, |_config| {}).await;
    let shopper = world.shopper(10_000).await;
    let method = world.method(shopper, 0, MethodKind::PayPal).await;
    let row = world.request(shopper, method, 4_000, "a").await.unwrap().row;
    // Somebody with our key pays another amount under our id before we do.
    let past_us = Intent { payout: row.id, key: row.provider_key.clone(), ..intent(0, rub(1_111)) };
    let provider = world.app.providers.get("hyperswitch").unwrap();
    assert!(matches!(provider.create(&past_us).await, Outcome::Accepted { .. }));
    let hooks = world.bank_post(&world.command("hooks"), &json!({})).await;
    let hook = hooks.as_array().unwrap().last().unwrap();
    let headers: Vec<(String, String)> = serde_json::from_value(hook["headers"].clone()).unwrap();
    world.drain().await;
    assert_eq!(world.payout(row.id).await.state, PayoutState::Unknown, "our own call is refused as a duplicate");
    told(&world, &headers, hook["body"].as_str().unwrap().as_bytes(), 0).await;
    world.settle().await;
    let held = world.payout(row.id).await;
    assert_eq!((held.state, held.attention), (PayoutState::Unknown, Some(PersonWhy::OtherAmount)));
    assert_eq!(world.balances(shopper).await, (6_000, 4_000, 0));
}

#[actix_web::test]
async fn an_unsigned_call_is_not_even_read() {
    let db = TestDb::sqlite();
    let world = World::start_at(&db, false, Simulated::Hyperswitch, |_config| {}).await;
    let provider = world.app.providers.get("hyperswitch").unwrap();
    let read = async |secret: &str| {
        let (headers, raw_body): (_, &[u8]) = (signed(secret, b"no JSON"), b"no JSON");
        let (peer_ip, received_at) = (IpAddr::V4(Ipv4Addr::LOCALHOST), world.clock.now());
        provider.read_webhook(WebhookCall { headers: &headers, raw_body, peer_ip, received_at }).await
    };
    let wrong = read("wrong").await;
    assert_eq!(wrong, Err(WebhookRefusal::NotAuthentic("the signature is wrong")));
    let right = read(WEBHOOK_SECRET).await;
    assert!(matches!(right, Err(WebhookRefusal::Unreadable(_))), "{right:?}");
}

async fn the_walk_finds_money_that_nobody_here_asked_for(db: TestDb) {
    let world = World::start_at(&db, false, Simulated::Hyperswitch, |_config| {}).await;
    let provider = world.app.providers.get("hyperswitch").unwrap();
    let from = world.clock.now();
    // More than one page of it is ours.
    let mut ours = 0;
    for key in 0..23 {
        let shopper = world.shopper(10_000).await;
        let method = world.method(shopper, 0, MethodKind::Iban).await;
        world.request(shopper, method, 4_000, &format!("key-{key}")).await.unwrap();
        ours += 1;
    }
    world.settle().await;
    let told = reconcile_list(&world.app, &finance(), "hyperswitch", from, world.clock.now()).await.unwrap();
    assert_eq!((told.lines, told.agreed, told.differences), (ours, ours, 0));

    // Somebody with our credentials pays past us: once as we do, once to a company and without any of our names.
    assert!(matches!(provider.create(&intent(0, rub(777))).await, Outcome::Accepted { .. }));
    let http = HttpClient::new(&ClientSettings { allow_private: true, ..ClientSettings::default() }).unwrap();
    let url = format!("{}payouts/create", world.url()).parse().unwrap();
    let company = json!({
        "amount": 888, "currency": "RUB", "confirm": true, "auto_fulfill": true, "payout_type": "wallet",
        "entity_type": "Company", "payout_method_data": {"wallet": {"paypal": {"email": "sandbox+00@example.com"}}},
    });
    let request = http.request("POST".parse().unwrap(), url).unwrap().header("api-key", "secret").json(&company);
    assert_eq!(request.send().await.unwrap().status(), 200);
    world.clock.advance(TimeDelta::hours(2));
    let told = reconcile_list(&world.app, &finance(), "hyperswitch", from, world.clock.now()).await.unwrap();
    assert_eq!((told.lines, told.agreed, told.opened), (ours + 2, ours, 2));
    let open = CaseFilter { open: Some(true), ..CaseFilter::default() };
    let mut found = cases(&world.app, &finance(), open, 10).await.unwrap();
    found.sort_by_key(|case| case.theirs().map(Amount::minor));
    let found: Vec<_> = found.iter().map(|case| (case.class, case.theirs(), case.payout_id)).collect();
    let theirs = |minor| (Class::TheirsOnly, Some(rub(minor)), None);
    assert_eq!(found, [theirs(777), theirs(888)]);
}

async fn a_state_that_nobody_can_read_calls_a_person(db: TestDb) {
    let world = World::start_at(&db, false, Simulated::Hyperswitch, |_config| {}).await;
    let shopper = world.shopper(10_000).await;
    let method = world.method(shopper, 8, MethodKind::PayPal).await;
    let id = world.request(shopper, method, 4_000, "a").await.unwrap().row.id;
    world.drain().await;
    let row = world.payout(id).await;
    assert_eq!((row.state, row.attention), (PayoutState::Submitted, Some(PersonWhy::UnheardState)));
    assert_eq!(world.balances(shopper).await, (6_000, 4_000, 0), "never failed, and not paid either");
    // It is asked for on all the same, and nobody is called any more once it is clear.
    world.settle().await;
    let row = world.payout(id).await;
    assert_eq!((row.state, row.attention), (PayoutState::Paid, None));
    world.close().await;
}

/// `failed` is not believed with a code that nobody knows here. Whoever has asked the connector says how it ended.
async fn a_person_ends_what_failed_for_no_known_reason(db: TestDb) {
    let forget = |config: &mut Config| match &mut config.payouts.providers[0] {
        Rail::Hyperswitch(settings) => settings.declines.clear(),
        other => panic!("{other:?}"),
    };
    let world = World::start_at(&db, false, Simulated::Hyperswitch, forget).await;
    let mut payouts = Vec::new();
    for key in ["a", "b"] {
        let shopper = world.shopper(10_000).await;
        let method = world.method(shopper, 22, MethodKind::PayPal).await;
        payouts.push((shopper, world.request(shopper, method, 4_000, key).await.unwrap().row.id));
    }
    world.settle().await;
    let [(shopper, failed), (_, paid)] = payouts[..] else { panic!("{payouts:?}") };
    for id in [failed, paid] {
        let row = world.payout(id).await;
        assert_eq!((row.state, row.attention), (PayoutState::Submitted, Some(PersonWhy::UnheardState)));
    }
    let late = world.payout(failed).await.updated_at;
    assert!(world.clock.now().since(late) >= TimeDelta::minutes(5), "it had the time to land");
    let viewer = Actor::Operator(OperatorId::new(), Role::Viewer);
    assert!(resolve(&world, &viewer, failed, Ending::NotPaid).await.is_err());
    assert_eq!(resolve(&world, &finance(), failed, Ending::NotPaid).await.unwrap(), PayoutState::Failed);
    assert_eq!(world.balances(shopper).await, (10_000, 0, 0));
    assert_eq!(resolve(&world, &finance(), paid, Ending::Paid).await.unwrap(), PayoutState::Paid);
    assert_eq!((world.payout(failed).await.attention, world.payout(paid).await.attention), (None, None));
    // One that was sent a moment ago may still land.
    let shopper = world.shopper(10_000).await;
    let method = world.method(shopper, 22, MethodKind::PayPal).await;
    let fresh = world.request(shopper, method, 4_000, "c").await.unwrap().row.id;
    world.drain().await;
    assert_eq!(code(resolve(&world, &finance(), fresh, Ending::NotPaid).await), "payout_may_still_land");
}

#[test]
fn settings_say_how_to_mend_them() {
    let whole = r#"kind = "hyperswitch"
        url = "https://pay.example.com"
        merchant = "merchant_1668273825"
        api_key = "snd_key"
        webhook_secret = "hash"
        kinds = ["paypal"]
        currencies = ["EUR"]"#;
    let check = |old: &str, new: &str| {
        assert!(whole.contains(old), "{old}");
        let text = format!("[[providers]]\n{}", whole.replace(old, new));
        toml::from_str::<Payouts>(&text).map_err(|error| error.to_string())?.providers.remove(0).check()
    };
    assert_eq!(check("\"paypal\"", "\"paypal\", \"iban\""), Ok(()));
    assert_eq!(check("currencies", "connectors = [\"adyen\", \"wise\"]\nprofile = \"pro_1\"\ncurrencies"), Ok(()));
    let card = "tokens = { url = \"https://cards.example.com/save\", key = \"k\" }\nkinds = [\"card\"]";
    assert_eq!(check("kinds = [\"paypal\"]", card), Ok(()));
    let table = [
        ("https://pay.example.com", "pay.example.com", "url: \"pay.example.com\" is no address: write it whole"),
        ("merchant_1668273825", "", "merchant is no id: copy it from Hyperswitch"),
        ("snd_key", "", "api_key must be letters, digits and signs"),
        ("snd_key", "two words", "api_key must be letters, digits and signs"),
        ("\"hash\"", "\"\"", "webhook_secret is empty"),
        ("[\"paypal\"]", "[]", "kinds is empty: name what it pays to"),
        ("[\"paypal\"]", "[\"sbp\"]", "kinds: it does not pay to sbp; it can pay to paypal, iban and card"),
        ("[\"paypal\"]", "[\"card\"]", "kinds names card, so tokens must say"),
        ("[\"EUR\"]", "[]", "currencies is empty: name at least one"),
        ("[\"EUR\"]", "[\"EUR\", \"ISK\"]", "currencies: ISK cannot be paid through Hyperswitch"),
        ("kinds", "connectors = [\"Adyen\"]\nkinds", "connectors: \"Adyen\" is none: write it as Hyperswitch does"),
        ("kinds", "profile = \"a b\"\nkinds", "profile is no id"),
        ("kinds", "tokens = { url = \"cards\", key = \"k\" }\nkinds", "tokens.url: \"cards\" is no address"),
        ("kinds", "key = \"x\"\nkinds", "unknown field `key`"),
    ];
    for (old, new, problem) in table {
        let told = check(old, new).unwrap_err();
        assert!(told.contains(problem), "{new}: {told}");
        assert!(!told.contains("snd_key") && !told.contains("two words") && !told.contains("hash\""), "{told}");
    }
}
