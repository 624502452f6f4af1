//! What is YooKassa's own: its register of payouts, brought in as a statement.

use kopilka::db::reconciliation::StatementKind;
use kopilka::domain::access::Actor;
use kopilka::domain::payout::PayoutState;
use kopilka::provider::client::{ClientSettings, HttpClient, read_body};
use kopilka::service::reconcile::{NewStatement, mapping_of, statement_look, statement_put};
use kopilka::simulator::Simulated;
use serde_json::Value;

use super::kinds;
use crate::on_both;
use crate::support::db::TestDb;
use crate::withdrawals::world::World;

on_both![its_register_is_read_with_the_preset];

/// The columns of the preset, made of what the API lists and of nothing else.
async fn register(world: &World, with_ids: bool) -> String {
    let http = HttpClient::new(&ClientSettings { allow_private: true, ..ClientSettings::default() }).unwrap();
    let url = format!("{}v3/payouts?limit=100", world.url()).parse().unwrap();
    let request = http.request("GET".parse().unwrap(), url).unwrap().basic_auth("public", Some("secret"));
    let list: Value = serde_json::from_slice(&read_body(request.send().await.unwrap()).await.unwrap()).unwrap();
    let mut lines = vec!["id;withdrawal_id;amount;currency;status;created_at".to_owned()];
    for (number, item) in list["items"].as_array().unwrap().iter().enumerate() {
        let text = |path: &str| item.pointer(path).and_then(Value::as_str).unwrap().to_owned();
        let id = if with_ids { text("/id") } else { format!("another-{number}") };
        let fields = ["/metadata/withdrawal_id", "/amount/value", "/amount/currency", "/status", "/created_at"];
        lines.push([vec![id], fields.map(text).to_vec()].concat().join(";"));
    }
    lines.join("\n")
}

async fn its_register_is_read_with_the_preset(db: TestDb) {
    let world = World::start_at(&db, true, Simulated::Yookassa, |_config| {}).await;
    for (code, state) in [(0, PayoutState::Paid), (1, PayoutState::Paid), (25, PayoutState::Failed)] {
        let shopper = world.shopper(10_000).await;
        let method = world.method(shopper, code, kinds(world.which)[1]).await;
        let row = world.request(shopper, method, 4_000, "a").await.unwrap().row;
        world.settle().await;
        assert_eq!(world.payout(row.id).await.state, state);
    }
    // By its own ids; and by our key alone, as if it had never told us its id.
    for with_ids in [true, false] {
        let (mapping, body) = (mapping_of("yookassa").unwrap(), register(&world, with_ids).await);
        let new = NewStatement { kind: StatementKind::Provider, rail: "yookassa".to_owned(), mapping, body };
        let id = statement_put(&world.app, &Actor::Console, new).await.unwrap();
        let (row, looked) = statement_look(&world.app, &Actor::Console, id).await.unwrap();
        assert_eq!((row.lines, looked.bad.as_slice(), looked.findings.as_slice()), (3, [].as_slice(), [].as_slice()));
        assert_eq!(looked.compared.unwrap().agreed, 3, "with ids: {with_ids}");
    }
    world.close().await;
}
