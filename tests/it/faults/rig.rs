//! A service that can be hurt: servers and the sandbox bank as processes, a shop, and shoppers with money.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use chrono::TimeDelta;
use kopilka::base::id::{MethodId, PartnerId, ShopperId};
use kopilka::base::secret::MasterKey;
use kopilka::base::{Clock, Secret};
use kopilka::config::Config;
use kopilka::db::{Db, DbOptions};
use kopilka::domain::access::{Actor, TokenKind};
use kopilka::domain::money::{Amount, Currency};
use kopilka::domain::payout::MethodKind;
use kopilka::domain::payout::typed::Typed;
use kopilka::job;
use kopilka::service::App;
use kopilka::service::adjust::{Adjustment, adjust};
use kopilka::service::make_link::make_link;
use kopilka::service::partners::{NewPartner, partner_add};
use kopilka::service::payouts::method_add::{NewMethod, method_add};
use kopilka::service::stores::{NewStore, store_add, terms_add};
use kopilka::simulator::{Simulated, card_number, iban_number, phone_number};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::process::{Process, client, free_address};
use crate::support::accounts;
use crate::support::app::MASTER_KEY;

/// What the bank is called with.
pub const BANK_KEY: &str = "sandbox-key";
/// What the partner's calls carry.
pub const SECRET: &str = "p4rtner-S3cret";
/// What each shopper has to begin with, in kopecks.
pub const GRANT: i64 = 10_000_000;
/// The bank's test destinations that the shoppers' cards are, in turn: paid, without an answer, answered 500, busy, pending,
/// failed, returned, webhooks before the answer, twice, reversed.
const CARDS: [u8; 14] = [0, 1, 0, 2, 3, 4, 0, 9, 20, 22, 27, 30, 31, 40];

/// A shopper as a client of the service.
#[derive(Debug, Clone)]
pub struct Shopper {
    pub id: ShopperId,
    /// Signs requests.
    pub token: String,
    /// A signed link, from the path on.
    pub link: String,
    /// Where payouts go.
    pub method: MethodId,
}

/// Everything that is there before the first server is started.
pub struct Rig {
    /// What the servers are configured with.
    pub url: String,
    /// Logs, the bank's record, the outbox.
    pub folder: TempDir,
    /// The first server's address: links lead there, and the bank's webhooks.
    pub front: SocketAddr,
    pub partner: PartnerId,
    pub shoppers: Vec<Shopper>,
    /// What a command is run inside of, if it is: program and arguments.
    pub inside: Vec<String>,
    /// Who pays.
    which: Simulated,
    bank_address: SocketAddr,
    _bank: Process,
}

impl Rig {
    /// Starts the bank, and fills the database at `url`, which is migrated and empty, with a shop and shoppers.
    pub async fn new(url: &str, shoppers: usize) -> Self {
        Self::paid_by(Simulated::Sandbox, url, shoppers).await
    }

    /// The same with another provider.
    pub async fn paid_by(which: Simulated, url: &str, shoppers: usize) -> Self {
        let (folder, front, bank_address) = (TempDir::new().unwrap(), free_address(), free_address());
        // Named, so that nothing in the folder that the tests run in is taken for it.
        std::fs::write(folder.path().join("kopilka.toml"), "").unwrap();
        let variables = variables(which, url, (front, front, bank_address), folder.path());
        let mut command = Command::new(env!("CARGO_BIN_EXE_kopilka"));
        match which {
            Simulated::Sandbox => command.arg("sandbox"),
            other => command.args(["simulate", other.as_str()]),
        };
        command.args(["--balance", "100000000.00", "--listen", &bank_address.to_string(), "--record"]);
        command.arg(folder.path().join("bank.jsonl")).env_clear().envs(variables);
        let mut bank = Process::start("bank", command, folder.path());
        let first = if which == Simulated::Sandbox { "v1/balance" } else { "simulator/moved" };
        bank.answers(&format!("http://{bank_address}/{first}")).await;
        if which == Simulated::Paypal {
            let authority = client().get(format!("http://{bank_address}/simulator/ca.pem")).send().await.unwrap();
            std::fs::write(folder.path().join("ca.pem"), authority.bytes().await.unwrap()).unwrap();
        }
        let mut rig = Self {
            url: url.to_owned(),
            folder,
            front,
            partner: PartnerId::new(),
            shoppers: Vec::new(),
            inside: Vec::new(),
            which,
            bank_address,
            _bank: bank,
        };
        rig.fill(shoppers).await;
        rig
    }

    async fn fill(&mut self, shoppers: usize) {
        let app = self.app(Clock::System).await;
        let partner = NewPartner {
            slug: "network".to_owned(),
            name: "Network".to_owned(),
            adapter: "affise".to_owned(),
            settings: serde_json::from_value(json!({ "currency": "RUB" })).unwrap(),
            secret: Some(Secret::new(SECRET)),
        };
        self.partner = partner_add(&app, &Actor::Console, partner).await.unwrap().row.id;
        let store = NewStore {
            slug: "books".to_owned(),
            partner: "network".to_owned(),
            name: "Books".to_owned(),
            home_url: "https://books.example/".to_owned(),
            domains: vec!["books.example".to_owned()],
            landing_url: "https://network.example/?sub1={click}".to_owned(),
            ..NewStore::default()
        };
        store_add(&app, &Actor::Console, store).await.unwrap();
        let terms = serde_json::from_value(json!({ "rate": { "share_of_commission": "50" } })).unwrap();
        terms_add(&app, &Actor::Console, "books", &terms, None).await.unwrap();
        for number in 0..shoppers {
            let shopper = self.shopper(&app, CARDS[number % CARDS.len()]).await;
            self.shoppers.push(shopper);
        }
    }

    async fn shopper(&self, app: &App, card: u8) -> Shopper {
        let id = accounts::shopper(app).await;
        let (token, _) = accounts::token(app, kopilka::db::tokens::Owner::Shopper(id), TokenKind::Api).await;
        let made = make_link(app, id, "books", None).await.unwrap().url;
        let link = made.strip_prefix(&format!("http://{}", self.front)).unwrap().to_owned();
        let grant = Adjustment {
            key: format!("grant-{}", id.reference()),
            shopper: id,
            amount: Amount::new(GRANT, Currency::RUB),
            fund: "house/margin".to_owned(),
            reason: "to begin with".to_owned(),
        };
        adjust(app, &Actor::Console, grant).await.unwrap();
        let typed = |kind, typed: Typed| {
            let (provider, masked) = (String::new(), String::new());
            NewMethod { provider, kind, token: Secret::new(""), masked, typed }
        };
        let method = match self.which {
            Simulated::Sandbox => self.card(card).await,
            Simulated::Yookassa => {
                let (phone, bank_id) = (phone_number(card), "100000000111".to_owned());
                typed(MethodKind::Sbp, Typed { phone, bank_id, ..Typed::default() })
            }
            Simulated::Paypal => {
                let email = format!("sandbox+{card:02}@example.com");
                typed(MethodKind::PayPal, Typed { email, ..Typed::default() })
            }
            Simulated::Hyperswitch => {
                let (iban, name) = (iban_number(card), "Anna O'Neill".to_owned());
                typed(MethodKind::Iban, Typed { iban, name, ..Typed::default() })
            }
        };
        let method = method_add(app, id, method).await.unwrap().id;
        Shopper { id, token, link, method }
    }

    async fn card(&self, card: u8) -> NewMethod {
        let number = json!({ "kind": "card", "number": card_number(card) });
        let given = self.bank("POST", "v1/destinations", Some(&number)).await;
        let text = |field: &str| given[field].as_str().unwrap().to_owned();
        NewMethod {
            provider: "sandbox".to_owned(),
            kind: MethodKind::Card,
            token: Secret::new(text("token")),
            masked: text("masked"),
            typed: Typed::default(),
        }
    }

    /// The program, configured. `listen` is where a server listens.
    pub fn command(&self, listen: SocketAddr) -> Command {
        let program = env!("CARGO_BIN_EXE_kopilka").to_owned();
        let words: Vec<String> = self.inside.iter().cloned().chain([program]).collect();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).env_clear().envs(self.variables(listen));
        // Where nsenter is looked for.
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }

    fn variables(&self, listen: SocketAddr) -> Vec<(OsString, OsString)> {
        variables(self.which, &self.url, (self.front, listen, self.bank_address), self.folder.path())
    }

    /// Starts a server and waits until it is ready.
    pub async fn serve(&self, listen: SocketAddr) -> Process {
        let mut command = self.command(listen);
        command.arg("serve");
        let mut server = Process::start(&format!("serve-{}", listen.port()), command, self.folder.path());
        server.answers(&format!("http://{listen}/readyz")).await;
        server
    }

    /// `kopilka ledger verify` has to find nothing.
    pub fn verify(&self) {
        let done = self.command(self.front).args(["ledger", "verify"]).output().unwrap();
        let (told, complaint) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert_eq!(done.status.code(), Some(0), "{told}{complaint}");
    }

    /// The application in this process, beside or instead of a server.
    pub async fn app(&self, clock: Clock) -> App {
        let config = Config::load(None, self.variables(self.front)).unwrap();
        let options = DbOptions { url: self.url.clone(), readers: 2, ..DbOptions::default() };
        let master = MasterKey::from_hex(MASTER_KEY).unwrap();
        App::start(Db::open(&options).unwrap(), clock, Arc::new(config), master).await.unwrap()
    }

    /// Asks the bank; it has to agree.
    pub async fn bank(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let path =
            if self.which == Simulated::Sandbox { path.to_owned() } else { path.replacen("v1/", "simulator/", 1) };
        let url = format!("http://{}/{path}", self.bank_address);
        let mut request = client().request(method.parse().unwrap(), url).bearer_auth(BANK_KEY);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    /// Brings everything that is under way to its end, with the servers stopped: the queue, here and at the bank, while
    /// most of a day goes by on both clocks.
    pub async fn drain(&self) {
        let clock = Clock::manual(Clock::System.now());
        let app = self.app(clock.clone()).await;
        // Each round is one more question to the bank: it is asked every hour at the least, and up to a tenth later.
        for round in 1..=16 {
            job::drain(&app).await.unwrap();
            self.bank("POST", "v1/clock", Some(&json!({ "offset_seconds": round * 70 * 60 }))).await;
            self.bank("POST", "v1/tick", Some(&json!({}))).await;
            clock.advance(TimeDelta::minutes(70));
        }
        job::drain(&app).await.unwrap();
    }
}

/// The configuration, as a process gets it.
fn variables(
    which: Simulated,
    url: &str,
    (front, listen, bank): (SocketAddr, SocketAddr, SocketAddr),
    folder: &Path,
) -> Vec<(OsString, OsString)> {
    let (sandbox, providers) = match which {
        Simulated::Sandbox => (format!("http://{bank}/"), "[]".to_owned()),
        Simulated::Yookassa => {
            let networks = r#"networks = ["127.0.0.1/32"]"#;
            let named = format!(r#"gateway = "g", key = "{BANK_KEY}", {networks}"#);
            (String::new(), format!(r#"[{{ kind = "yookassa", url = "http://{bank}/v3", {named} }}]"#))
        }
        Simulated::Paypal => {
            let roots = folder.join("ca.pem").display().to_string();
            let trust = format!(r#"certificate_hosts = ["{bank}"], certificate_roots = "{roots}""#);
            let named = format!(r#"client_id = "c", client_secret = "{BANK_KEY}", webhook_id = "w", {trust}"#);
            let url = format!(r#"url = "http://{bank}/", currencies = ["RUB"]"#);
            (String::new(), format!(r#"[{{ kind = "paypal", {url}, {named} }}]"#))
        }
        Simulated::Hyperswitch => {
            let named = format!(r#"merchant = "m", api_key = "{BANK_KEY}", webhook_secret = "w""#);
            let url = format!(r#"url = "http://{bank}/", kinds = ["iban"], currencies = ["RUB"]"#);
            // Those of the test destinations that the shoppers have.
            let declines = r#"declines = ["recipient_not_found"]"#;
            (String::new(), format!(r#"[{{ kind = "hyperswitch", {url}, {declines}, {named} }}]"#))
        }
    };
    let rule = r#"[{ kind = "*", currency = "RUB", minimum = "1.00", maximum = "15000.00", daily = "100000000.00", fee_percent = "1.5", max_open = 1000000 }]"#;
    let text = [
        ("LISTEN", listen.to_string()),
        ("PUBLIC_URL", format!("http://{front}")),
        ("DATABASE_URL", url.to_owned()),
        ("DATABASE_CLICK_WRITERS", "2".to_owned()),
        ("SECRETS_MASTER_KEY", MASTER_KEY.to_owned()),
        ("SANDBOX_URL", sandbox),
        ("PAYOUTS_PROVIDERS", providers),
        ("SANDBOX_KEY", BANK_KEY.to_owned()),
        ("SANDBOX_WEBHOOK_SECRET", "sandbox-webhook".to_owned()),
        ("OUTGOING_ALLOW_PRIVATE", "true".to_owned()),
        ("PAYOUTS_COOL_OFF_HOURS", "0".to_owned()),
        // Nobody is there to look at what a rule holds; random orders are cancelled by the dozen.
        ("PAYOUTS_REVIEW_SHARED_DESTINATION", "false".to_owned()),
        ("PAYOUTS_REVIEW_CANCELLED_ORDERS", "0".to_owned()),
        ("PAYOUTS_LIMITS", rule.to_owned()),
        ("LIMITS_PAYOUTS_PER_HOUR", "1000000".to_owned()),
        ("LOG_LEVEL", "warn".to_owned()),
        ("CONFIG", folder.join("kopilka.toml").display().to_string()),
        ("MAIL_OUTBOX", folder.join("outbox").display().to_string()),
    ];
    text.map(|(name, value)| (format!("KOPILKA_{name}").into(), value.into())).to_vec()
}
