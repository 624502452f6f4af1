//! Everything that the demonstration needs, started in one process: the service, the sandbox bank, YooKassa's simulator, the
//! demo stores.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use tokio::sync::oneshot;

use super::api::Api;
use super::{desk, history, seed};
use crate::base::id::ClickId;
use crate::base::{Clock, Secret, Timestamp};
use crate::cli::{CliError, Mode, open_app};
use crate::config::{Config, Payouts};
use crate::domain::money::Amount;
use crate::job::{self, Jobs};
use crate::service::App;
use crate::service::watch::count_clicks_before;
use crate::simulator::shops::Shops;
use crate::simulator::store::{StoresConfig, stores};
use crate::simulator::{BankConfig, Simulated, bank, simulate};

/// Marks a folder as the demonstration's, so that no other folder is ever taken for it.
const MARK: &str = "kopilka-demo";
/// What the bank knows the service by. No secrets: everything here is invented.
pub(super) const BANK_KEY: &str = "demo-bank-key";
const BANK_WEBHOOK: &str = "demo-bank-webhook";
/// What YooKassa's simulator knows the service by.
pub(super) const YOOKASSA_KEY: &str = "demo-yookassa-key";
const YOOKASSA_GATEWAY: &str = "500000";

/// What the command line asks for.
#[derive(Debug)]
pub(super) struct Wanted {
    pub data: PathBuf,
    pub listen: Option<SocketAddr>,
    pub once: bool,
    pub pages: Option<PathBuf>,
    pub extension: Option<PathBuf>,
}

/// The running demonstration.
pub(super) struct Stage {
    pub app: App,
    pub api: Api,
    pub shops: Arc<Shops>,
    pub service: String,
    pub stores: String,
    pub bank: String,
    pub yookassa: String,
    pub logins: seed::Logins,
    pub started: Timestamp,
    folder: PathBuf,
    once: bool,
    stop: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<()>>,
    others: Vec<ServerHandle>,
    jobs: Jobs,
}

fn folder(wanted: &Wanted) -> Result<PathBuf, CliError> {
    let data = &wanted.data;
    let mark = data.join(MARK);
    // In this order: the mark is the first that another demonstration, which begins just now, lays there.
    let something = data.exists() && std::fs::read_dir(data)?.next().is_some();
    if something && !mark.exists() {
        let shown = data.display();
        return Err(CliError::Usage(format!(
            "{shown} holds something else than a demonstration; name another folder with --data"
        )));
    }
    std::fs::create_dir_all(data)?;
    std::fs::write(mark, "The data of a demonstration. It can be deleted.\n")?;
    if !wanted.once {
        return Ok(data.clone());
    }
    let name = Secret::random(6).map_err(CliError::failed)?;
    let own = data.join(format!("once-{}", name.expose()));
    std::fs::create_dir(&own)?;
    Ok(own)
}

/// Listens at the address, or at the next free port after it.
fn listen(wanted: SocketAddr, others_too: bool) -> Result<TcpListener, CliError> {
    let tries = if others_too { 20 } else { 0 };
    for step in 0..=tries {
        let address = SocketAddr::new(wanted.ip(), wanted.port().saturating_add(step));
        match TcpListener::bind(address) {
            Ok(listener) => return Ok(listener),
            Err(_taken) if step < tries => {}
            Err(cause) => {
                return Err(CliError::Failed(format!(
                    "cannot listen on {address}; choose another with --listen: {cause}"
                )));
            }
        }
    }
    Err(CliError::Failed(format!("no port is free from {wanted} on")))
}

fn config(folder: &Path, address: SocketAddr, (bank, yookassa): (&str, &str)) -> Result<Config, CliError> {
    let mut config = Config { listen: address, ..Config::default() };
    config.public_url = format!("http://{address}").parse().map_err(CliError::failed)?;
    config.database.url = Secret::new(format!("sqlite:{}", folder.join("kopilka.db").display()));
    config.mail.outbox = folder.join("outbox");
    config.limits.sign_in_per_minute = 600;
    config.limits.links_per_minute = 600;
    config.limits.payouts_per_hour = 600;
    config.limits.adjustment_maximum =
        vec![Amount::parse("1000.00", "RUB".parse().map_err(CliError::failed)?).map_err(CliError::failed)?];
    config.outgoing.allow_private = true;
    config.sandbox.url = bank.to_owned();
    config.sandbox.key = Some(Secret::new(BANK_KEY));
    config.sandbox.webhook_secret = Some(Secret::new(BANK_WEBHOOK));
    // Cards and wallets go to the sandbox bank, telephones and YooMoney to the other.
    let providers = format!(
        r#"[[providers]]
        kind = "yookassa"
        url = "{yookassa}/v3"
        widget = "{yookassa}/payouts-data/3.1.0/widget.js"
        networks = ["127.0.0.1/32"]
        gateway = "{YOOKASSA_GATEWAY}"
        key = "{YOOKASSA_KEY}"
        kinds = ["sbp", "yoomoney"]"#
    );
    config.payouts = toml::from_str::<Payouts>(&format!("{PAYOUTS}{providers}")).map_err(CliError::failed)?;
    Ok(config)
}

/// Withdrawals without a wait for new methods: nobody watches a demonstration for two days. The simulators know a handful of
/// destinations, which every account has to do with, so that others have the same is no reason to look.
const PAYOUTS: &str = r#"
cool_off_hours = 0
review_above = ["5000.00 RUB"]
review.shared_destination = false
[[limits]]
kind = "card"
currency = "RUB"
minimum = "10.00"
maximum = "15000.00"
daily = "30000.00"
fee_fixed = "1.00"
[[limits]]
kind = "*"
currency = "RUB"
minimum = "5.00"
maximum = "15000.00"
daily = "30000.00"
"#;

impl Stage {
    /// Starts everything and fills a fresh database.
    pub(super) async fn start(wanted: Wanted) -> Result<Self, CliError> {
        let folder = folder(&wanted)?;
        let any = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let first = |port| if wanted.once { any(0) } else { any(port) };
        let listener = listen(wanted.listen.unwrap_or_else(|| first(8080)), false)?;
        let (bank_listener, stores_listener) = (listen(any(0), false)?, listen(first(8081), !wanted.once)?);
        let (address, bank_at) = (listener.local_addr()?, bank_listener.local_addr()?);
        // Always at the same address: payouts that are under way there outlive a start.
        let yookassa_listener = listen(first(8091), !wanted.once)?;
        let yookassa_url = format!("http://{}", yookassa_listener.local_addr()?);
        let (service, bank_url) = (format!("http://{address}"), format!("http://{bank_at}"));
        let stores_url = format!("http://{}", stores_listener.local_addr()?);
        let shops = Arc::new(Shops::load().map_err(CliError::Failed)?);
        let mut config = config(&folder, address, (&bank_url, &yookassa_url))?;
        config.site.folder.clone_from(&wanted.pages);
        config.site.extension_folder.clone_from(&wanted.extension);
        let app = open_app(config, Mode::Serve).await?;
        let mut others = start_banks(&folder, &service, &app.config, (bank_listener, yookassa_listener))?;
        let (logins, fresh) = seed::seed(&app, &shops, &stores_url).await?;
        if fresh {
            history::live_through(&app, &shops, &logins).await?;
            // The clicks of the past were all made just now: they are not waited for.
            count_clicks_before(&app, ClickId::first_at(app.clock.now().plus_seconds(1)), 10_000).await?;
            desk::fill(&app).await?;
        }
        job::drain(&app).await?;
        let jobs = job::start(&app);
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = app.clone();
        let served = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let stopped = async { stopped.await.unwrap_or(()) };
            runtime.block_on(crate::http::serve(serving, listener, stopped))
        });
        let api = Api::new(service.clone())?;
        let token = seed::shopper_token(&api).await.map_err(CliError::Failed)?;
        let stores_config = StoresConfig {
            shops: Arc::clone(&shops),
            service: service.clone(),
            shopper_token: Some(token),
            clock: Clock::System,
        };
        let server = stores(stores_config, stores_listener).map_err(CliError::failed)?;
        others.push(server.handle());
        tokio::spawn(server);
        let started = app.clock.now();
        Ok(Self {
            app,
            api,
            started,
            shops,
            service,
            stores: stores_url,
            bank: bank_url,
            yookassa: yookassa_url,
            logins,
            folder,
            once: wanted.once,
            stop,
            served,
            others,
            jobs,
        })
    }

    /// Stops everything; a folder of its own is taken away, unless something in it is worth a look.
    pub(super) async fn stop(self, clean: bool) -> Result<(), CliError> {
        let _gone = self.stop.send(());
        for handle in &self.others {
            handle.stop(false).await;
        }
        self.jobs.stop().await;
        let served = tokio::task::spawn_blocking(move || self.served.join()).await.map_err(CliError::failed)?;
        served.map_err(|_panic| CliError::Failed("the service broke down".to_owned()))??;
        drop(self.app);
        if self.once && clean {
            std::fs::remove_dir_all(&self.folder)?;
        }
        Ok(())
    }

    pub(super) fn introduction(&self) -> Vec<String> {
        vec![
            format!("the service   {}", self.service),
            format!("demo stores   {}", self.stores),
            format!("sandbox bank  {}", self.bank),
            format!("YooKassa's simulator  {}", self.yookassa),
            format!("data          {}", self.folder.display()),
            format!("{} stores behind {} partners", self.shops.stores.len(), self.shops.partners.len()),
        ]
    }

    /// What a person can do next.
    pub(super) fn farewell(&self, anna: &str) -> Vec<String> {
        let (service, password) = (&self.service, seed::PASSWORD);
        let mut out = vec![
            String::new(),
            "Everything stays up until Ctrl-C.".to_owned(),
            format!("  the site       {service}/   sign in as {anna} or {}, password {password}", seed::HOST_SHOPPER),
            format!("  demo stores    {}   go to one with cashback and press its buttons", self.stores),
            format!("  the extension  {service}/extension   reminds of tonkolist, kotomag, rukodel, harbour-tea …"),
            format!("  API            {service}/api/docs/"),
            format!("  sandbox bank   {}   key {BANK_KEY}", self.bank),
            format!(
                "  YooKassa's     {}   key {YOOKASSA_KEY}; telephones +7 900 000-00-NN (docs/PAYOUTS.md)",
                self.yookassa
            ),
            String::new(),
            format!("Logins, all with the password {password}"),
        ];
        out.push(format!("  {anna:<22} the shopper of this journey"));
        out.extend(self.logins.lines().into_iter().map(|line| format!("  {line}")));
        out.push(String::new());
        out.push("Try:".to_owned());
        out.push(format!(
            "  curl -s {service}/api/v1/sessions -H 'content-type: application/json' -d '{{\"email\":\"{}\",\"password\":\"{password}\"}}'",
            seed::HOST_SHOPPER
        ));
        out.push(format!("  curl -s {service}/api/v1/balance -H \"authorization: Bearer $TOKEN\""));
        out.push(format!("  curl -s {service}/api/v1/stores"));
        out
    }
}

/// Starts those who pay: the sandbox bank and YooKassa's simulator.
fn start_banks(
    folder: &Path,
    service: &str,
    config: &Config,
    (at, yookassa_at): (TcpListener, TcpListener),
) -> Result<Vec<ServerHandle>, CliError> {
    let sandbox = bank(bank_config(folder, service, config)?, at).map_err(CliError::failed)?;
    let yookassa = simulate(Simulated::Yookassa, yookassa_config(folder, service)?, yookassa_at);
    let yookassa = yookassa.map_err(CliError::failed)?;
    let handles = vec![sandbox.handle(), yookassa.handle()];
    tokio::spawn(sandbox);
    tokio::spawn(yookassa);
    Ok(handles)
}

fn bank_config(folder: &Path, service: &str, config: &Config) -> Result<BankConfig, CliError> {
    Ok(BankConfig {
        balance: Amount::parse("1000000.00", "RUB".parse().map_err(CliError::failed)?).map_err(CliError::failed)?,
        api_key: Secret::new(BANK_KEY),
        public_key: config.sandbox.public_key.clone(),
        webhook_url: Some(format!("{service}/webhooks/sandbox")),
        webhook_secret: Secret::new(BANK_WEBHOOK),
        record: Some(folder.join("bank.jsonl")),
        clock: Clock::System,
        tick: Some(Duration::from_millis(300)),
        stall: Duration::from_secs(1),
    })
}

fn yookassa_config(folder: &Path, service: &str) -> Result<BankConfig, CliError> {
    Ok(BankConfig {
        balance: Amount::parse("1000000.00", "RUB".parse().map_err(CliError::failed)?).map_err(CliError::failed)?,
        api_key: Secret::new(YOOKASSA_KEY),
        public_key: YOOKASSA_GATEWAY.to_owned(),
        webhook_url: Some(format!("{service}/webhooks/yookassa")),
        webhook_secret: Secret::new("not signed"),
        record: Some(folder.join("yookassa.jsonl")),
        clock: Clock::System,
        tick: Some(Duration::from_millis(300)),
        stall: Duration::from_secs(1),
    })
}
