//! How each provider is configured in tests, and a test destination of each kind.

use std::path::PathBuf;

use kopilka::base::Secret;
use kopilka::config::Payouts;
use kopilka::config::rails::Rail;
use kopilka::domain::payout::MethodKind;
use kopilka::domain::payout::typed::Typed;
use kopilka::service::payouts::method_add::NewMethod;
use kopilka::simulator::{Simulated, card_number, iban_number, phone_number, wallet_number};
use serde_json::json;

use crate::withdrawals::world::World;

/// The configuration of the provider that listens at `url`, as it stands in a file.
pub fn settings(which: Simulated, url: &str) -> Rail {
    let text = match which {
        Simulated::Sandbox => panic!("the sandbox bank has a section of its own"),
        Simulated::Yookassa => format!(
            r#"kind = "yookassa"
            url = "{url}v3"
            gateway = "public"
            key = "secret"
            widget = "{url}payouts-data/3.1.0/widget.js"
            networks = ["127.0.0.1/32"]"#
        ),
        Simulated::Paypal => format!(
            r#"kind = "paypal"
            url = "{url}"
            client_id = "public"
            client_secret = "secret"
            webhook_id = "the webhook secret"
            currencies = ["RUB"]
            certificate_hosts = ["{host}"]
            certificate_roots = "{roots}""#,
            host = url.trim_start_matches("http://").trim_end_matches('/'),
            roots = roots(url).display(),
        ),
        Simulated::Hyperswitch => format!(
            r#"kind = "hyperswitch"
            url = "{url}"
            merchant = "merchant_simulator"
            api_key = "secret"
            webhook_secret = "the webhook secret"
            connectors = ["adyen", "paypal"]
            declines = ["recipient_not_found", "limit_exceeded", "fraud_suspected", "general_decline", "issuer_unavailable", "insufficient_funds", "amount_limit_exceeded",
                "account_closed"]
            kinds = ["paypal", "iban", "card"]
            currencies = ["RUB"]
            tokens = {{ url = "{url}simulator/cards", key = "public" }}"#
        ),
    };
    toml::from_str::<Payouts>(&format!("[[providers]]\n{text}")).unwrap().providers.remove(0)
}

/// Where the authority of the simulator at `url` is written to.
pub fn roots(url: &str) -> PathBuf {
    let port = url.trim_end_matches('/').rsplit(':').next().unwrap();
    std::env::temp_dir().join(format!("kopilka-test-{}-{port}.pem", std::process::id()))
}

/// What a provider pays to.
pub fn kinds(which: Simulated) -> &'static [MethodKind] {
    match which {
        Simulated::Sandbox => &[MethodKind::Card, MethodKind::Wallet],
        Simulated::Yookassa => &[MethodKind::Card, MethodKind::Sbp, MethodKind::YooMoney],
        Simulated::Paypal => &[MethodKind::PayPal],
        Simulated::Hyperswitch => &[MethodKind::PayPal, MethodKind::Iban, MethodKind::Card],
    }
}

/// The test destination with this code.
pub async fn method(world: &World, code: u8, kind: MethodKind) -> NewMethod {
    let typed = match kind {
        MethodKind::Card if world.which == Simulated::Hyperswitch => return saved_card(world, code).await,
        MethodKind::Card => return card(world, code).await,
        MethodKind::Sbp => Typed { phone: phone_number(code), bank_id: "100000000111".to_owned(), ..Typed::default() },
        MethodKind::YooMoney => Typed { account: wallet_number(code), ..Typed::default() },
        MethodKind::PayPal => Typed { email: format!("sandbox+{code:02}@example.com"), ..Typed::default() },
        MethodKind::Iban => {
            Typed { iban: iban_number(code), name: "Anna Maria O'Neill".to_owned(), ..Typed::default() }
        }
        other => panic!("no test destination is a {other}"),
    };
    NewMethod { provider: String::new(), kind, token: Secret::new(""), masked: String::new(), typed }
}

/// As the widget does it: the number goes to the provider alone.
async fn card(world: &World, code: u8) -> NewMethod {
    let asked = json!({"account_id": "public", "number": card_number(code)});
    let given = world.bank_post("payouts-data/tokens", &asked).await;
    let text = |field: &str| given[field].as_str().unwrap().to_owned();
    NewMethod {
        provider: world.which.to_string(),
        kind: MethodKind::Card,
        token: Secret::new(text("payout_token")),
        masked: format!("•••• {}", text("last4")),
        typed: Typed::default(),
    }
}

/// The card is saved at Hyperswitch by the browser, past us.
async fn saved_card(world: &World, code: u8) -> NewMethod {
    let asked = json!({"kind": "card", "number": card_number(code)});
    let given = world.bank_post("simulator/cards", &asked).await;
    let text = |field: &str| given[field].as_str().unwrap().to_owned();
    NewMethod {
        provider: world.which.to_string(),
        kind: MethodKind::Card,
        token: Secret::new(text("token")),
        masked: text("masked"),
        typed: Typed::default(),
    }
}
