//! A database to measure on: a partner, its stores, shoppers with a click each, and the files of what is sent.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::Text;
use diesel::{Connection as _, PgConnection, QueryDsl as _, RunQueryDsl as _};
use kopilka::base::id::{ClickId, ShopperId, StoreId, TermsId};
use kopilka::base::secret::MasterKey;
use kopilka::base::{Clock, Secret};
use kopilka::config::Config;
use kopilka::db::clicks::{ClickRow, click_insert};
use kopilka::db::shoppers::{ShopperRow, shopper_insert};
use kopilka::db::stores::{StoreRow, TermsRow, store_insert, terms_insert};
use kopilka::db::{Conn, Db, DbError, DbOptions, Lane, schema};
use kopilka::domain::access::{AccountStatus, Actor};
use kopilka::domain::partner::Status;
use kopilka::domain::reason::Language;
use kopilka::service::App;
use kopilka::service::make_link::make_link;
use kopilka::service::partners::{NewPartner, partner_add};
use serde_json::json;
use tempfile::TempDir;

/// What the databases' secrets are sealed with.
pub const MASTER_KEY: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
/// What the partner's calls carry.
const SECRET: &str = "p4rtner-S3cret";
/// How much there is before anything is measured.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// Stores, which the traffic is spread over.
    pub stores: usize,
    /// Shoppers, which the traffic is spread over, each with a click of their own.
    pub shoppers: usize,
    /// Older clicks.
    pub clicks: usize,
    /// Older orders, confirmed and sealed.
    pub orders: usize,
}

/// Next to nothing.
pub const EMPTY: Scale = Scale { stores: 20, shoppers: 5_000, clicks: 0, orders: 0 };

/// Whether `make bench-long` asks for the full size. The variable is not called `KOPILKA_…`: the program, which inherits it,
/// refuses settings of its own that it does not know.
pub fn at_full_size() -> bool {
    std::env::var_os("BENCH_LONG").is_some()
}

/// A database with its traffic. Goes when it is dropped.
pub struct World {
    /// What the server is configured with.
    pub url: String,
    /// A folder of its own: of the SQLite file, if it is one, and of the files of traffic.
    pub folder: PathBuf,
    /// Signed links, a line each: one for each shopper, spread over the stores.
    pub links: PathBuf,
    /// The partner's calls but for their order number: one for each shopper's click.
    pub calls: PathBuf,
    _folder: TempDir,
    drop_database: Option<(String, String)>,
}

/// What is in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Clicks.
    pub clicks: i64,
    /// Partner's calls.
    pub calls: i64,
    /// Orders.
    pub conversions: i64,
    /// Transactions of the ledger.
    pub transactions: i64,
    /// Withdrawals.
    pub payouts: i64,
}

/// A folder that is on the disk that the project is on: the system's folder for such things may be in memory.
pub fn folder() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for the measurement")
}

impl World {
    /// In a SQLite file.
    pub fn sqlite(scale: Scale) -> Self {
        let folder = folder();
        let url = format!("sqlite://{}", folder.path().join("kopilka.db").display());
        Self::fill(url, folder, scale, None)
    }

    /// In a database of its own on the server at `server`.
    pub fn postgres(server: &str, name: &str, scale: Scale) -> Self {
        let url = create_database(server, name);
        Self::fill(url, folder(), scale, Some((server.to_owned(), name.to_owned())))
    }

    /// The SQLite file.
    pub fn file(&self) -> PathBuf {
        self.folder.join("kopilka.db")
    }

    fn fill(url: String, folder: TempDir, scale: Scale, drop_database: Option<(String, String)>) -> Self {
        let path = folder.path().to_path_buf();
        let (links, calls) = (path.join("links"), path.join("calls"));
        let (all_links, all_calls) = actix_web::rt::System::new().block_on(fill(&url, scale));
        std::fs::write(&links, all_links).expect("the links are written");
        std::fs::write(&calls, all_calls).expect("the calls are written");
        Self { url, folder: path, links, calls, _folder: folder, drop_database }
    }

    /// Counts what is stored.
    pub fn stored(&self) -> Stored {
        let options = DbOptions { url: self.url.clone(), ..DbOptions::default() };
        let count = |conn: &mut Conn| {
            Ok::<_, diesel::result::Error>(Stored {
                clicks: schema::clicks::table.count().get_result(conn)?,
                calls: schema::postbacks::table.count().get_result(conn)?,
                conversions: schema::conversions::table.count().get_result(conn)?,
                transactions: schema::ledger_transactions::table.count().get_result(conn)?,
                payouts: schema::payouts::table.count().get_result(conn)?,
            })
        };
        let db = Db::open_as_is(&options).expect("the database opens");
        let mut conn = db.reading_connection().expect("the database can be read");
        count(&mut conn).expect("rows can be counted")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.drop_database {
            drop_database(server, name);
        }
    }
}

fn admin(server: &str) -> PgConnection {
    PgConnection::establish(server).expect("the server in TEST_DATABASE_URL answers")
}

/// Makes an empty database; gives its address.
pub fn create_database(server: &str, name: &str) -> String {
    admin(server).batch_execute(&format!("create database {name}")).expect("a database of its own");
    let mut url = url::Url::parse(server).expect("TEST_DATABASE_URL is a URL");
    url.set_path(&format!("/{name}"));
    url.into()
}

/// Removes a database.
pub fn drop_database(server: &str, name: &str) {
    admin(server).batch_execute(&format!("drop database if exists {name} with (force)")).expect("the database goes");
}

/// Whether a commit on this server waits for the disk.
pub fn is_durable(server: &str) -> bool {
    let of = |name: &str| diesel::select(diesel::dsl::sql::<Text>(&format!("current_setting('{name}')")));
    let mut admin = admin(server);
    let mut on = |name: &str| of(name).get_result::<String>(&mut admin).expect("a setting of the server") == "on";
    on("fsync") && on("synchronous_commit")
}

/// Opens the database as the service does.
pub async fn open(url: &str) -> App {
    let options = DbOptions { url: url.to_owned(), ..DbOptions::default() };
    let db = Db::open(&options).expect("the database opens");
    let master = MasterKey::from_hex(MASTER_KEY).expect("a key");
    App::start(db, Clock::System, Arc::new(Config::default()), master).await.expect("the application starts")
}

/// Fills an empty database; gives the links and the calls.
async fn fill(url: &str, scale: Scale) -> (String, String) {
    let app = open(url).await;
    let partner = NewPartner {
        slug: "network".to_owned(),
        name: "Network".to_owned(),
        adapter: "affise".to_owned(),
        settings: serde_json::from_value(json!({ "currency": "RUB" })).expect("settings"),
        secret: Some(Secret::new(SECRET)),
    };
    partner_add(&app, &Actor::Console, partner).await.expect("a partner");
    add_stores(&app, scale).await;
    let mut shoppers = add_shoppers(&app, scale).await;
    crate::past::live_through(&app, scale, &mut shoppers, SECRET).await;
    let (mut links, mut calls) = (String::new(), String::new());
    for (number, (shopper, click)) in shoppers.into_iter().enumerate() {
        let made = make_link(&app, shopper, &slug(number, scale), None).await.expect("a link");
        let path = made.url.strip_prefix(app.config.public_url.as_str()).expect("our own address");
        writeln!(links, "/{path}").expect("a text takes text");
        let click = click.reference();
        writeln!(calls, "/postback/network?click={click}&status=1&sum=125.50&cur=RUB&secret={SECRET}")
            .expect("a text takes text");
    }
    (links, calls)
}

/// The store of the shopper with this number.
pub fn slug(number: usize, scale: Scale) -> String {
    format!("store-{}", number % scale.stores)
}

/// Stores with their terms, written at once: one by one, each would reload the catalogue.
async fn add_stores(app: &App, scale: Scale) {
    let (now, partner) = (app.clock.now(), app.partner("network").await.expect("the partner").row.id);
    let body = json!({ "rate": { "share_of_commission": "50" } }).to_string();
    let rows: Vec<(StoreRow, TermsRow)> = (0..scale.stores)
        .map(|number| {
            let (id, slug) = (StoreId::new(), slug(number, scale));
            let store = StoreRow {
                id,
                partner_id: partner,
                name: slug.clone(),
                status: Status::Active,
                home_url: format!("https://{slug}.example/"),
                domains: json!([format!("{slug}.example")]).to_string(),
                landing_url: "https://network.example/click?pid=7&offer_id=11&sub1={click}".to_owned(),
                deep_link_url: None,
                categories: "[]".to_owned(),
                extension: "{}".to_owned(),
                created_at: now,
                updated_at: now,
                slug,
            };
            let id = TermsId::new();
            let terms =
                TermsRow { id, store_id: store.id, version: 1, valid_from: now, body: body.clone(), created_at: now };
            (store, terms)
        })
        .collect();
    let written = app.db.write(Lane::House, move |conn| {
        rows.iter().try_for_each(|(store, terms)| {
            store_insert(conn, store)?;
            terms_insert(conn, terms)
        })
    });
    written.await.map_err(|error: DbError| error).expect("stores and their terms");
    app.reload_catalogue().await.expect("the catalogue is read");
}

/// Shoppers, each with a click at one of the stores.
async fn add_shoppers(app: &App, scale: Scale) -> Vec<(ShopperId, ClickId)> {
    let now = app.clock.now();
    let mut rows = Vec::new();
    for number in 0..scale.shoppers {
        let id = ShopperId::new();
        let store = app.store(&slug(number, scale)).await.expect("a store");
        let shopper = ShopperRow {
            id,
            public_id: id.reference(),
            email: format!("{}@example.com", id.reference()),
            password_hash: "none".to_owned(),
            status: AccountStatus::Active,
            language: Language::En,
            email_confirmed_at: Some(now),
            created_at: now,
        };
        let click = ClickRow {
            id: ClickId::ending_as(&id),
            shopper_id: id,
            store_id: store.row.id,
            partner_id: store.row.partner_id,
            terms_id: store.terms_at(now).expect("terms in force").id,
            at: now,
            issued_at: now,
            landing_url: "https://network.example/".to_owned(),
            referrer_host: None,
            user_agent: None,
            ip_prefix: None,
            ip_hash: None,
            sec_fetch: None,
            bot: None,
        };
        rows.push((shopper, click));
    }
    let made = rows.iter().map(|(shopper, click)| (shopper.id, click.id)).collect();
    let written = app.db.write(Lane::House, move |conn| {
        rows.iter().try_for_each(|(shopper, click)| {
            shopper_insert(conn, shopper)?;
            click_insert(conn, click)
        })
    });
    written.await.map_err(|error: DbError| error).expect("shoppers and their clicks");
    made
}
