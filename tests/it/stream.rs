//! Redirects on nodes of their own: clicks go into a stream and from there into the database. With real NATS servers.

use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::jetstream::message::PublishMessage;
use kopilka::base::Clock;
use kopilka::base::id::ClickId;
use kopilka::base::secret::MasterKey;
use kopilka::config::{Config, ServerRole, Stream};
use kopilka::db::clicks::{ClickRow, click_find};
use kopilka::db::{Db, DbOptions, Kind};
use kopilka::service::App;
use kopilka::service::click_sink::written;
use kopilka::service::make_link::make_link;
use kopilka::service::store_clicks::store_clicks;
use kopilka::stream::{Consumer, Message, Publisher};
use reqwest::{Method, Response};
use serde_json::Value;

use crate::on_both;
use crate::support::app::{MASTER_KEY, TestApp};
use crate::support::db::{TestDb, long, on_postgres, on_sqlite};
use crate::support::market::Market;
use crate::support::nats::{Cluster, Lone, until};

on_both![
    a_redirect_node_follows_links_and_nothing_else,
    a_message_that_comes_twice_is_stored_once,
    what_cannot_be_stored_is_put_aside,
];

/// A node that follows links alone, beside the market's own server.
async fn redirect_node(db: &TestDb, settings: &Stream) -> TestApp {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = Config { role: ServerRole::Redirect, stream: settings.clone(), ..Config::default() };
    config.listen = listener.local_addr().unwrap();
    let options = DbOptions { url: db.url.clone(), ..DbOptions::default() };
    let master = MasterKey::from_hex(MASTER_KEY).unwrap();
    let app = App::start_reading(Db::open_as_is(&options).unwrap(), Clock::System, Arc::new(config), master).await;
    let publisher = Publisher::start(settings).await.unwrap();
    TestApp::serve(app.unwrap().with_stream(publisher), listener)
}

/// A market, and a redirect node before a NATS server of the test's own; `None` where there is none.
pub async fn before_one_server(db: &TestDb) -> Option<(Lone, Market, TestApp)> {
    let server = Lone::start()?;
    until("the server listens", async || server.listens()).await;
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let node = redirect_node(db, &server.settings).await;
    Some((server, market, node))
}

/// A link of the market's shopper to its store, without the server's address.
pub async fn link(market: &Market) -> String {
    let made = make_link(&market.server.app, market.shopper, "books", None).await.unwrap();
    made.url[made.url.find("/go/").unwrap()..].to_owned()
}

pub async fn follow(node: &TestApp, link: &str) -> Response {
    node.request(Method::GET, link).header("user-agent", "Mozilla/5.0 (X11; Linux x86_64)").send().await.unwrap()
}

/// The click that an answer sends the shopper on with; `None` for an answer that promises nothing.
pub fn promised(answer: &Response) -> Option<ClickId> {
    let to = answer.headers().get("location")?.to_str().unwrap();
    let (_, reference) = to.split_once("sub1=").unwrap();
    (answer.status() == 302).then(|| ClickId::from_reference(reference).unwrap())
}

/// Takes what there is to be stored. Who leads a consumer that has just been made may not be settled yet: a worker, too, asks again then.
async fn take(consumer: &Consumer) -> Vec<Message> {
    let mut taken = None;
    until("the stream gives what it holds", async || {
        taken = consumer.take().await.ok();
        taken.is_some()
    })
    .await;
    taken.unwrap()
}

async fn stored(market: &Market, id: ClickId) -> Option<ClickRow> {
    market.server.app.db.read(move |conn| click_find(conn, id)).await.unwrap()
}

async fn a_redirect_node_follows_links_and_nothing_else(db: TestDb) {
    let Some(cluster) = Cluster::of_this_run() else { return };
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let link = link(&market).await;
    let node = redirect_node(&db, &cluster.settings).await;
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(node.get(path).await.status(), 200, "{path}");
    }
    for path in ["/api/v1/stores", "/api/openapi.json", "/api/docs/", "/postback/network?tid=1", "/webhooks/sandbox"] {
        assert_eq!(node.get(path).await.status(), 404, "{path}");
    }
    let ready: Value = node.get("/readyz").await.json().await.unwrap();
    assert_eq!((&ready["ready"], &ready["stream"]), (&true.into(), &true.into()));
    assert!(ready["catalogue_of"].is_string());

    let answer = follow(&node, &link).await;
    let click = promised(&answer).unwrap();
    assert_eq!(follow(&node, &link.replace("&s=", "&s=A")).await.status(), 403);
    assert_eq!(follow(&node, "/go/nowhere?u=1").await.status(), 404);
    // Promised, and in the stream alone.
    assert!(stored(&market, click).await.is_none());

    let consumer = Consumer::open(&cluster.settings).await.unwrap();
    let messages = take(&consumer).await;
    assert_eq!(store_clicks(&market.server.app, &consumer, &messages).await.unwrap(), 1);
    let row = stored(&market, click).await.unwrap();
    assert_eq!((row.shopper_id, row.store_id, row.terms_id), (market.shopper, market.store, market.terms));
    assert_eq!(row.user_agent.as_deref(), Some("Mozilla/5.0 (X11; Linux x86_64)"));
    assert_eq!(row.landing_url, answer.headers()["location"].to_str().unwrap());
    assert!(take(&consumer).await.is_empty(), "what is stored has left the stream");
}

async fn a_message_that_comes_twice_is_stored_once(db: TestDb) {
    let Some(cluster) = Cluster::of_this_run() else { return };
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let publisher = Publisher::start(&cluster.settings).await.unwrap();
    let rows: Vec<ClickRow> = (0..40).map(|_| market.click_to_come(market.shopper)).collect();
    let puts = rows.iter().map(|row| publisher.put(written(row).unwrap()));
    for put in futures_util::future::join_all(puts).await {
        put.unwrap();
    }
    let consumer = Consumer::open(&cluster.settings).await.unwrap();
    let messages = take(&consumer).await;
    // They waited for each other: far fewer messages than clicks.
    assert!(messages.len() < rows.len(), "{}", messages.len());
    let mut new = store_clicks(&market.server.app, &consumer, &messages).await.unwrap();
    // As after a worker that died between its commit and the acknowledgement.
    assert_eq!(store_clicks(&market.server.app, &consumer, &messages).await.unwrap(), 0);
    while new < rows.len() {
        let messages = take(&consumer).await;
        new += store_clicks(&market.server.app, &consumer, &messages).await.unwrap();
    }
    assert_eq!(new, rows.len());
    for row in rows {
        let kept = stored(&market, row.id).await.unwrap();
        assert_eq!((kept.at, kept.issued_at, kept.landing_url), (row.at, row.issued_at, row.landing_url));
    }
}

async fn what_cannot_be_stored_is_put_aside(db: TestDb) {
    let Some(cluster) = Cluster::of_this_run() else { return };
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let consumer = Consumer::open(&cluster.settings).await.unwrap();
    let client = cluster.client().await;
    let (good, other) = (market.click_to_come(market.shopper), market.click_to_come(market.shopper));
    // U+0000 is a text that PostgreSQL refuses and SQLite keeps.
    let refused = ClickRow { user_agent: Some("a\0b".to_owned()), ..market.click_to_come(market.shopper) };
    let lines = [written(&good).unwrap(), b"{\"id\":1}".to_vec(), written(&refused).unwrap(), written(&other).unwrap()];
    let message = PublishMessage::build().payload(lines.join(&b'\n').into()).header("Kopilka-Format", "clicks-1");
    client.send_publish(cluster.settings.name.clone(), message).await.unwrap().await.unwrap();
    let strange = PublishMessage::build().payload("from the future".into()).header("Kopilka-Format", "clicks-9");
    client.send_publish(cluster.settings.name.clone(), strange).await.unwrap().await.unwrap();

    let expected = if db.kind() == Kind::Postgres { 2 } else { 3 };
    let mut new = 0;
    while new < expected {
        let messages = take(&consumer).await;
        new += store_clicks(&market.server.app, &consumer, &messages).await.unwrap();
        // What was put aside once is not put aside again.
        store_clicks(&market.server.app, &consumer, &messages).await.unwrap();
    }
    assert!(stored(&market, good.id).await.is_some() && stored(&market, other.id).await.is_some());
    let rest = take(&consumer).await;
    store_clicks(&market.server.app, &consumer, &rest).await.unwrap();
    assert!(take(&consumer).await.is_empty());

    let aside = client.get_stream(format!("{}-aside", cluster.settings.name)).await.unwrap();
    let mut kept = Vec::new();
    for sequence in 1..=aside.cached_info().state.messages {
        let message = aside.get_raw_message(sequence).await.unwrap();
        kept.push((message.payload.to_vec(), message.headers.get("Kopilka-Reason").unwrap().to_string()));
    }
    kept.sort();
    assert_eq!(kept.len(), if db.kind() == Kind::Postgres { 3 } else { 2 }, "{kept:?}");
    assert_eq!(kept[0].0, b"from the future");
    assert!(kept[0].1.contains("format"), "{kept:?}");
    assert!(kept.iter().any(|(bytes, reason)| bytes == b"{\"id\":1}" && reason.contains("not a click")), "{kept:?}");
    let as_refused = kept.iter().any(|(bytes, _)| *bytes == written(&refused).unwrap());
    assert_eq!(as_refused, db.kind() == Kind::Postgres, "{kept:?}");
}

/// No acknowledgement, no promise; and all is well again when the server is.
#[test]
fn without_a_stream_no_click_is_promised() {
    on_sqlite(|db| async move {
        let Some((mut server, market, node)) = before_one_server(&db).await else { return };
        let link = link(&market).await;
        assert!(promised(&follow(&node, &link).await).is_some());

        server.kill();
        let answer = follow(&node, &link).await;
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers()["retry-after"], "2");
        let answer = node.get("/readyz").await;
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers()["retry-after"], "5");
        assert_eq!(answer.json::<Value>().await.unwrap()["stream"], false);

        server.again();
        until("a click is promised", async || promised(&follow(&node, &link).await).is_some()).await;
        assert_eq!(node.get("/readyz").await.status(), 200);
    });
}

/// A click that waits behind others is not told later than they are that it cannot be kept.
#[test]
fn each_click_waits_for_the_stream_as_long_as_any() {
    on_sqlite(|db| async move {
        let Some((server, market, node)) = before_one_server(&db).await else { return };
        let link = link(&market).await;
        assert!(promised(&follow(&node, &link).await).is_some());

        server.silence();
        let after = |late: Duration| {
            let (node, link) = (&node, &link);
            async move {
                tokio::time::sleep(late).await;
                let came = Instant::now();
                assert_eq!(follow(node, link).await.status(), 503);
                came.elapsed()
            }
        };
        // The first is a message of its own, behind which the others wait; it is given up after six seconds.
        let clicks = [0, 500, 1000].map(|millis| after(Duration::from_millis(millis)));
        let waited = futures_util::future::join_all(clicks).await;
        assert!(waited.iter().all(|one| *one < Duration::from_secs(11)), "{waited:?}");
    });
}

/// Clicks go through TLS, past servers with the right certificate only.
#[test]
fn a_click_goes_through_tls() {
    on_sqlite(|db| async move {
        let Some(server) = Lone::start_with_tls() else { return };
        let market = Market::open(TestApp::start(&db.url).await, 0).await;
        let link = link(&market).await;
        let node = redirect_node(&db, &server.settings).await;
        let click = promised(&follow(&node, &link).await).unwrap();
        let consumer = Consumer::open(&server.settings).await.unwrap();
        let messages = take(&consumer).await;
        assert_eq!(store_clicks(&market.server.app, &consumer, &messages).await.unwrap(), 1);
        assert!(stored(&market, click).await.is_some());
        if long() {
            // Half a minute goes by until it gives up.
            let unknown = Stream { ca_file: None, ..server.settings.clone() };
            let refused = Publisher::start(&unknown).await.err().unwrap().to_string();
            assert!(refused.contains("certificate") || refused.contains("tls"), "{refused}");
        }
    });
}

/// Whoever starts together with the servers, or while they choose a leader, waits for them.
#[tokio::test]
async fn a_worker_waits_for_servers_that_are_late() {
    let Some(mut server) = Lone::start() else { return };
    server.kill();
    let settings = server.settings.clone();
    let (opened, ()) = tokio::join!(Consumer::open(&settings), async { server.again() });
    opened.unwrap();
}

/// The node goes on with the catalogue that it knows, and does not say of what it cannot know that it is not there.
#[test]
fn without_a_database_a_redirect_node_goes_on() {
    on_postgres(|db| async move {
        let Some(cluster) = Cluster::of_this_run() else { return };
        let market = Market::open(TestApp::start(&db.url).await, 0).await;
        let link = link(&market).await;
        let node = redirect_node(&db, &cluster.settings).await;
        drop(market);
        drop(db);
        node.app.reload_catalogue().await.unwrap_err();
        // Another test may be killing a server of this cluster: then the stream needs a moment to find another leader.
        until("a click is promised", async || promised(&follow(&node, &link).await).is_some()).await;
        assert_eq!(node.get("/readyz").await.status(), 200);
        until("the catalogue is older than a second", async || follow(&node, "/go/new?u=1").await.status() == 503)
            .await;
        assert_eq!(follow(&node, "/go/new?u=1").await.headers()["retry-after"], "2");
        until("a click is promised", async || promised(&follow(&node, &link).await).is_some()).await;
    });
}

#[test]
fn what_needs_a_stream_says_so() {
    let folder = tempfile::TempDir::new().unwrap();
    let said = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kopilka"));
        let output =
            command.current_dir(folder.path()).args(arguments).envs(variables.iter().copied()).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    for text in [
        said(&["serve", "--role", "redirect"], &[]),
        said(&["serve"], &[("KOPILKA_ROLE", "redirect")]),
        said(&["serve"], &[("KOPILKA_STREAM_CONSUME", "true")]),
        said(&["worker"], &[]),
    ] {
        assert!(text.contains("stream.servers"), "{text}");
    }
    assert!(said(&["serve", "--role", "some"], &[]).contains("redirect"));
}
