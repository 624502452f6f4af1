//! What the adapters send and what the simulators answer, held against what the providers publish about their APIs: so the
//! two, which were written by the same hands, cannot agree on an error.

use chrono::TimeDelta;
use kopilka::base::Secret;
use kopilka::base::id::PayoutId;
use kopilka::domain::money::{Amount, Currency};
use kopilka::domain::payout::MethodKind;
use kopilka::domain::payout::typed::Destination;
use kopilka::provider::client::{ClientSettings, HttpClient};
use kopilka::provider::{Intent, Lookup, Outcome, list};
use kopilka::simulator::Simulated;
use serde_json::{Value, json};

use super::recorder::{Recorder, Seen};
use super::{kinds, method, settings};
use crate::support::db::TestDb;
use crate::withdrawals::world::World;

const YOOKASSA: &str = include_str!("../../fixtures/openapi/yookassa.json");
const PAYPAL: &str = include_str!("../../fixtures/openapi/paypal.json");
const HYPERSWITCH: &str = include_str!("../../fixtures/openapi/hyperswitch.json");
const PAYPAL_WEBHOOKS: &str = include_str!("../../fixtures/openapi/paypal-webhooks.json");

/// The test destinations whose answers the descriptions know: the others answer what no description has.
const DESCRIBED: [u8; 16] = [0, 3, 4, 9, 11, 12, 13, 20, 21, 22, 23, 24, 25, 26, 27, 36];

/// A published description.
struct Description {
    /// What stands before its paths.
    base: &'static str,
    document: Value,
}

impl Description {
    fn of(which: Simulated) -> Self {
        let (base, text) = match which {
            Simulated::Yookassa => ("/v3", YOOKASSA),
            Simulated::Paypal => ("", PAYPAL),
            Simulated::Hyperswitch => return Self { base: "", document: nullable(&amended(HYPERSWITCH)) },
            other => panic!("{other} publishes none"),
        };
        Self { base, document: told_apart(serde_json::from_str(text).unwrap()) }
    }

    /// The operation of a call, by the template of its path.
    fn operation(&self, seen: &Seen) -> &Value {
        let path = seen.path.strip_prefix(self.base).unwrap();
        let fits = |template: &str| {
            let (wanted, given): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
            wanted.len() == given.len() && wanted.iter().zip(given).all(|(a, b)| a.starts_with('{') || *a == b)
        };
        let paths = self.document["paths"].as_object().unwrap();
        // A path without a place for a parameter fits best.
        let found = paths.get_key_value(path).or_else(|| paths.iter().find(|(template, _)| fits(template)));
        let (template, operations) = found.unwrap_or_else(|| panic!("{path} is not described"));
        operations.get(&seen.method).unwrap_or_else(|| panic!("{} {template} is not described", seen.method))
    }

    fn check(&self, schema: &Value, instance: &Value, what: &str) {
        let whole = json!({ "allOf": [schema], "components": self.document["components"] });
        let validator = jsonschema::options().with_draft(jsonschema::Draft::Draft7).build(&whole).unwrap();
        let problems: Vec<String> =
            validator.iter_errors(instance).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(problems.is_empty(), "{what}: {problems:#?}\n{instance:#}");
    }

    /// The names that a schema gives properties, through its parts.
    fn properties(&self, schema: &Value) -> Vec<String> {
        let mut names: Vec<String> =
            schema["properties"].as_object().into_iter().flat_map(|all| all.keys().cloned()).collect();
        if let Some(reference) = schema["$ref"].as_str() {
            names.extend(self.properties(self.document.pointer(reference.trim_start_matches('#')).unwrap()));
        }
        for part in ["allOf", "anyOf"].iter().filter_map(|kind| schema[*kind].as_array()).flatten() {
            names.extend(self.properties(part));
        }
        names
    }

    fn call(&self, seen: &Seen) -> usize {
        let what = format!("{} {} → {}", seen.method, seen.path, seen.status);
        let operation = self.operation(seen);
        let parameters = operation["parameters"].as_array().unwrap();
        let named = |place: &str, name: &str| {
            parameters.iter().any(|one| one["in"] == place && one["name"].as_str().unwrap().eq_ignore_ascii_case(name))
        };
        for name in &seen.query {
            assert!(named("query", name.split('[').next().unwrap()), "{what}: {name} is no parameter");
        }
        for one in parameters.iter().filter(|one| one["in"] == "header" && one["required"] == true) {
            let name = one["name"].as_str().unwrap().to_lowercase();
            assert!(seen.headers.contains(&name), "{what}: {name} is missing");
        }
        let body = &operation["requestBody"];
        if seen.method == "post" && body.is_object() {
            let sent: Value = serde_json::from_slice(&seen.body).unwrap();
            self.check(body, &sent, &format!("the request {what}"));
            let known = self.properties(body);
            let strange: Vec<_> = sent.as_object().unwrap().keys().filter(|name| !known.contains(name)).collect();
            assert!(strange.is_empty(), "{what}: {strange:?} are not described; known: {known:?}");
        }
        let described = operation["responses"].get(seen.status.to_string());
        // An answer 500 says nothing that anybody may lean on; YooKassa's description even refers it to another body.
        if seen.status >= 500 || described.is_none_or(Value::is_null) {
            let default = operation["responses"].get("default").is_some();
            let general = default || [401, 422, 429].contains(&seen.status) || seen.status >= 500;
            assert!(general, "{what} is not described");
            return 0;
        }
        let answer: Value = serde_json::from_slice(&seen.answer).unwrap();
        self.check(described.unwrap(), &answer, &format!("the answer {what}"));
        1
    }
}

/// What Hyperswitch's description has otherwise than its service, by the service's public source: a request may name its own
/// `payout_id` (which the description knows from the answers alone, where it "ensures idempotency"); one of the three names of a
/// PayPal account is enough; an account with an IBAN needs no BIC.
fn amended(text: &str) -> Value {
    let mut document: Value = serde_json::from_str(text).unwrap();
    let schemas = &mut document["components"]["schemas"];
    let id = schemas["PayoutCreateResponse"]["properties"]["payout_id"].clone();
    assert_eq!((&id["minLength"], &id["maxLength"]), (&json!(30), &json!(30)));
    assert!(schemas["PayoutsCreateRequest"]["properties"]["payout_id"].is_null(), "it is described by now");
    schemas["PayoutsCreateRequest"]["properties"]["payout_id"] = id;
    assert_eq!(schemas["Paypal"]["required"], json!(["email", "telephone_number", "paypal_id"]));
    schemas["Paypal"]["required"] = json!(["email"]);
    assert_eq!(schemas["SepaBankTransfer"]["required"], json!(["iban", "bic"]));
    schemas["SepaBankTransfer"]["required"] = json!(["iban"]);
    document
}

/// `nullable` is a word of OpenAPI: in JSON Schema, null is a type.
fn nullable(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut made: serde_json::Map<String, Value> =
                fields.iter().map(|(name, inner)| (name.clone(), nullable(inner))).collect();
            match made.remove("nullable") {
                Some(Value::Bool(true)) => json!({"anyOf": [made, {"type": "null"}]}),
                _ => Value::Object(made),
            }
        }
        Value::Array(values) => values.iter().map(nullable).collect(),
        other => other.clone(),
    }
}

/// `oneOf` with a discriminator means: the one that the discriminator names. JSON Schema does not know that, and several fit.
fn told_apart(document: Value) -> Value {
    fn walk(value: &Value, all: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let mut made: serde_json::Map<String, Value> =
                    fields.iter().map(|(name, inner)| (name.clone(), walk(inner, all))).collect();
                if made.remove("discriminator").is_some()
                    && let Some(Value::Array(parts)) = made.remove("oneOf")
                {
                    let cases: Vec<Value> = parts.iter().filter_map(|part| case(part, all)).collect();
                    made.insert("allOf".to_owned(), Value::Array(cases));
                }
                Value::Object(made)
            }
            Value::Array(values) => values.iter().map(|inner| walk(inner, all)).collect(),
            other => other.clone(),
        }
    }
    /// If the type is the one of this part, then the part holds.
    fn case(part: &Value, all: &Value) -> Option<Value> {
        let reference = part["$ref"].as_str()?;
        let schemas = all["components"]["schemas"].as_object()?;
        let mappings = schemas.values().filter_map(|schema| schema["discriminator"]["mapping"].as_object());
        let word = mappings.flatten().find(|(_, target)| target.as_str() == Some(reference))?.0;
        Some(json!({"if": {"properties": {"type": {"const": word}}}, "then": part}))
    }
    walk(&document, &document)
}

/// An intent for a test destination.
async fn intent(world: &World, code: u8, kind: MethodKind) -> Intent {
    let new = method(world, code, kind).await;
    let typed = Destination::read(kind, &new.typed).unwrap();
    let destination = typed.map_or(new.token, |typed| Secret::new(typed.keep().unwrap()));
    let payout = PayoutId::new();
    let (amount, description) = (Amount::new(1234, Currency::RUB), "Cashback".to_owned());
    Intent { payout, key: payout.reference(), amount, kind, destination, description }
}

async fn checked(which: Simulated) {
    let db = TestDb::sqlite();
    let world = World::start_at(&db, false, which, |_config| {}).await;
    let http = HttpClient::new(&ClientSettings { allow_private: true, ..ClientSettings::default() }).unwrap();
    let recorder = Recorder::start(world.url(), http.clone());
    let provider = list::provider(&settings(which, &recorder.url), http.clone()).unwrap();
    let from = world.clock.now();
    for (index, code) in DESCRIBED.iter().enumerate() {
        let intent = intent(&world, *code, kinds(which)[index % kinds(which).len()]).await;
        for _again in 0..2 {
            if let Outcome::Accepted { provider_ref, .. } = provider.create(&intent).await {
                provider.fetch(&Lookup::ProviderRef(provider_ref)).await;
            }
        }
        provider.fetch(&Lookup::Key(intent.key.clone())).await;
        let other = Intent { amount: Amount::new(1235, Currency::RUB), ..intent };
        provider.create(&other).await;
    }
    provider.fetch(&Lookup::ProviderRef("po-00000000-0000-0000-0000-000000000000".to_owned())).await;
    let _page = provider.list(from, from.plus(TimeDelta::days(1)), None).await;
    let _balance = provider.balance().await;
    let _banks = provider.banks().await;
    let wrong = recorder.url.clone();
    let seen = recorder.stop().await;
    let description = Description::of(which);
    let calls: Vec<&Seen> = seen.iter().filter(|seen| seen.path != "/v1/oauth2/token").collect();
    let answers: usize = calls.iter().map(|seen| description.call(seen)).sum();
    assert!(calls.len() > 40 && answers > 30, "{which} at {wrong}: {} calls, {answers} answers", calls.len());
    let webhooks = webhooks(&world, &description).await;
    println!("{which}: {} requests, {answers} answers and {webhooks} webhooks are as described", calls.len());
}

async fn webhooks(world: &World, description: &Description) -> usize {
    let hooks = world.bank_post(&world.command("hooks"), &json!({})).await;
    let bodies: Vec<Value> = hooks
        .as_array()
        .unwrap()
        .iter()
        .map(|hook| serde_json::from_str(hook["body"].as_str().unwrap()).unwrap())
        .collect();
    assert!(!bodies.is_empty());
    let schema = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    for body in &bodies {
        match world.which {
            Simulated::Yookassa => description.check(&schema("Payout"), &body["object"], "a notification"),
            Simulated::Hyperswitch => description.check(&schema("OutgoingWebhook"), body, "a webhook"),
            _ => {
                let events = Description { base: "", document: serde_json::from_str(PAYPAL_WEBHOOKS).unwrap() };
                events.check(&schema("event"), body, "an event");
                if body["resource_type"] == "payouts_item" {
                    description.check(&schema("payout_batch_items"), &body["resource"], "an event's item");
                } else {
                    description.check(&schema("payout_batch"), &body["resource"], "an event's batch");
                }
            }
        }
    }
    bodies.len()
}

#[actix_web::test]
async fn yookassa_is_spoken_as_it_is_described() {
    checked(Simulated::Yookassa).await;
}

#[actix_web::test]
async fn paypal_is_spoken_as_it_is_described() {
    checked(Simulated::Paypal).await;
}

#[actix_web::test]
async fn hyperswitch_is_spoken_as_it_is_described() {
    checked(Simulated::Hyperswitch).await;
}
