//! Withdrawals: to a card, to a wallet that refuses, and to one whose bank loses its own answer; what an order that is taken back
//! does to money that was there; and to a telephone, by another provider.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::api::{Ask, text_at};
use super::journey::{Scene, same};
use super::play::{Play, Played};
use super::stage::{BANK_KEY, YOOKASSA_KEY};
use crate::base::Secret;
use crate::simulator::networks::Told;

/// The bank's test destinations: see docs/SANDBOX.md.
const GOOD_CARD: &str = "2200000000000004";
const FAILING_WALLET: &str = "41000000000025";
const SILENT_WALLET: &str = "41000000000001";
/// A telephone of YooKassa's simulator, whose answer gets lost, and one of its banks.
const PHONE: (&str, &str) = ("+7 900 000-00-01", "100000000111");
/// What Anna has beside roubles by now.
const BESIDE: (&str, &str) =
    ("EUR pending 3.80; EUR confirmed 7.50; GBP pending 2.52; RUB ", "; SEK available 8.75; USD available 0.80");

fn with_roubles(roubles: &str) -> String {
    format!("{}{roubles}{}", BESIDE.0, BESIDE.1)
}

pub(super) async fn play(play: &mut Play, scene: &mut Scene<'_>) {
    let before = moved(scene).await;
    let told = card(scene).await;
    play.note("payout_card", "Anna withdraws 40.00 to a card; her second, identical request is the same payout", told);
    let told = refused(scene, "165.26", "available 165.25").await;
    play.note("payout_too_much", "She asks for more than she has, and nothing happens", told);
    let told = withdraw(scene, "wallet", FAILING_WALLET, "30.00", "failed", "available 165.25").await;
    play.note(
        "payout_wallet_failed",
        "30.00 to a wallet: the bank takes it, then declines, and the money is back",
        told,
    );
    let told = withdraw(scene, "wallet", SILENT_WALLET, "30.00", "paid", "available 135.25").await;
    play.note(
        "payout_wallet_paid",
        "30.00 to another wallet: the bank pays, but its answer is lost; it is paid once",
        told,
    );
    debt(play, scene).await;
    let told = phone(scene).await;
    play.note(
        "payout_phone",
        "She withdraws 5.00 to a telephone: YooKassa's simulator loses its answer, and pays once by its own count",
        told,
    );
    let told = agree(scene, before).await;
    play.note("bank_agrees", "The bank's own count: 168.00 left it, and no payment twice", told);
}

/// What happens when an order is taken back whose cashback has been withdrawn.
async fn debt(play: &mut Play, scene: &mut Scene<'_>) {
    let told = withdraw(scene, "card", GOOD_CARD, "100.00", "paid", "available 35.25").await;
    play.note("payout_most", "She withdraws 100.00 of what is left", told);
    let sale = scene.sale("lampada", &scene.lampada, 1);
    let told = scene.tell_sale(&sale, "lampada", Told::Declined, "applied", &with_roubles("debt 15.00")).await;
    play.note(
        "reversed_after_payout",
        "The first order is taken back after its 50.25 were paid: 15.00 become a debt",
        told,
    );
    let told = refused(scene, "10.00", "debt 15.00").await;
    play.note("payout_in_debt", "With a debt open nothing can be withdrawn", told);
    let told = fill(scene).await;
    play.note("debt_filled", "The next 62.75 fill the debt first, and 47.75 are left", told);
}

async fn fill(scene: &mut Scene<'_>) -> Played {
    let mut click = String::new();
    scene.follow("lampada", &mut click).await?;
    let sale = scene.sale("lampada", &click, 2);
    scene.tell_sale(&sale, "lampada", Told::Confirmed, "applied", &with_roubles("available 47.75")).await
}

async fn method(scene: &Scene<'_>, kind: &str, number: &str) -> Result<(String, String), String> {
    let providers = scene.api.get("/api/v1/payout-providers", Some(&scene.token)).await?.wants(200)?;
    let gives = |one: &&Value| one.get("tokenisation_url").is_some();
    let bank = providers.json.as_array().into_iter().flatten().find(gives).ok_or("nobody gives tokens")?;
    let (url, key) = (text_at(bank, "/tokenisation_url"), text_at(bank, "/public_key"));
    // As a browser does it: the number goes to the bank and never to the service.
    let ask = Ask { token: Some(&key), json: Some(json!({ "kind": kind, "number": number })), ..Ask::default() };
    let token = scene.api.ask(Method::POST, &url, ask).await?.wants(201)?;
    let body = json!({
        "provider": text_at(bank, "/name"), "kind": kind, "token": token.at("/token"), "masked": token.at("/masked"),
    });
    let saved = scene.api.post("/api/v1/payout-methods", Some(&scene.token), body).await?.wants(201)?;
    Ok((saved.at("/id"), token.at("/masked")))
}

fn fresh_key() -> Result<String, String> {
    Ok(Secret::random(12).map_err(|cause| cause.to_string())?.expose().to_owned())
}

fn request<'a>(scene: &'a Scene<'_>, key: &str, method: &str, amount: &str) -> Ask<'a> {
    let json = json!({ "method": method, "amount": { "amount": amount, "currency": "RUB" } });
    let headers = vec![("Idempotency-Key".to_owned(), key.to_owned())];
    Ask { token: Some(&scene.token), json: Some(json), headers, ..Ask::default() }
}

/// Waits until a payout is settled, and gives it.
async fn settled(scene: &Scene<'_>, id: &str) -> Result<Value, String> {
    let path = format!("/api/v1/payouts/{id}");
    for _look in 0..300 {
        let payout = scene.api.get(&path, Some(&scene.token)).await?.wants(200)?;
        if matches!(payout.at("/state").as_str(), "paid" | "failed" | "cancelled" | "returned") {
            return Ok(payout.json);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Err("the payout was not settled within a minute".to_owned())
}

fn story(payout: &Value) -> String {
    let events = payout.pointer("/events").and_then(Value::as_array);
    let states: Vec<String> = events.into_iter().flatten().map(|event| text_at(event, "/state")).collect();
    states.join(" → ")
}

async fn card(scene: &mut Scene<'_>) -> Played {
    let (method, masked) = method(scene, "card", GOOD_CARD).await?;
    let key = fresh_key()?;
    let ask = request(scene, &key, &method, "40.00");
    let first = scene.api.ask(Method::POST, "/api/v1/payouts", ask.clone()).await?.wants(201)?;
    let second = scene.api.ask(Method::POST, "/api/v1/payouts", ask).await?.wants(201)?;
    same("the payout of the repeated request", &second.at("/id"), &first.at("/id"))?;
    same("the repeated request is known", &second.replayed.to_string(), "true")?;
    let other = request(scene, &key, &method, "41.00");
    scene.api.ask(Method::POST, "/api/v1/payouts", other).await?.wants(409)?;
    same("the fee", &first.at("/fee/amount"), "1.00")?;
    let payout = settled(scene, &first.at("/id")).await?;
    same("the payout", &text_at(&payout, "/state"), "paid")?;
    let mut lines = vec![
        format!("to {masked}: {}", story(&payout)),
        "the same Idempotency-Key with another amount is answered 409".to_owned(),
    ];
    lines.extend(scene.after(&with_roubles("available 165.25")).await?);
    Ok(lines)
}

/// What is typed goes to the provider that pays to it.
async fn phone(scene: &mut Scene<'_>) -> Played {
    let (before, _) = moved_by(scene, &yookassa_count(scene), YOOKASSA_KEY).await?;
    let body = json!({ "kind": "sbp", "destination": { "phone": PHONE.0, "bank_id": PHONE.1 } });
    let saved = scene.api.post("/api/v1/payout-methods", Some(&scene.token), body).await?.wants(201)?;
    same("who pays to telephones", &saved.at("/provider"), "yookassa")?;
    let ask = request(scene, &fresh_key()?, &saved.at("/id"), "5.00");
    let asked = scene.api.ask(Method::POST, "/api/v1/payouts", ask).await?.wants(201)?;
    let payout = settled(scene, &asked.at("/id")).await?;
    same("the payout", &text_at(&payout, "/state"), "paid")?;
    let (after, twice) = moved_by(scene, &yookassa_count(scene), YOOKASSA_KEY).await?;
    same("what left the gateway, in kopecks", &(after - before).to_string(), "500")?;
    same("payments made twice", &twice.to_string(), "0")?;
    let mut lines = vec![format!("to {}: {}", saved.at("/masked"), story(&payout))];
    lines.extend(scene.after(&with_roubles("available 42.75")).await?);
    Ok(lines)
}

fn yookassa_count(scene: &Scene<'_>) -> String {
    format!("{}/simulator/moved", scene.stage.yookassa)
}

async fn refused(scene: &mut Scene<'_>, amount: &str, roubles: &str) -> Played {
    let (method, _masked) = method(scene, "card", GOOD_CARD).await?;
    let ask = request(scene, &fresh_key()?, &method, amount);
    let answer = scene.api.ask(Method::POST, "/api/v1/payouts", ask).await?.wants(422)?;
    let mut lines = vec![format!("422 {}: {}", answer.at("/code"), answer.at("/detail"))];
    lines.extend(scene.after(&with_roubles(roubles)).await?);
    Ok(lines)
}

async fn withdraw(scene: &mut Scene<'_>, kind: &str, number: &str, amount: &str, state: &str, roubles: &str) -> Played {
    let (method, masked) = method(scene, kind, number).await?;
    let ask = request(scene, &fresh_key()?, &method, amount);
    let asked = scene.api.ask(Method::POST, "/api/v1/payouts", ask).await?.wants(201)?;
    let payout = settled(scene, &asked.at("/id")).await?;
    same("the payout", &text_at(&payout, "/state"), state)?;
    let mut lines =
        vec![format!("to {masked}: {} {}", story(&payout), text_at(&payout, "/reason")).trim_end().to_owned()];
    lines.extend(scene.after(&with_roubles(roubles)).await?);
    Ok(lines)
}

/// What the bank has paid out so far, in kopecks, and how often a payment was made twice.
async fn moved(scene: &Scene<'_>) -> Result<(i64, usize), String> {
    moved_by(scene, &format!("{}/v1/moved", scene.stage.bank), BANK_KEY).await
}

/// The same of whoever counts at this address.
async fn moved_by(scene: &Scene<'_>, count: &str, key: &str) -> Result<(i64, usize), String> {
    let answer = scene.api.get(count, Some(key)).await?.wants(200)?;
    let minor = answer.at("/moved/amount").replace('.', "").parse().map_err(|_cause| "the bank's sum is no number")?;
    let keys = answer.json.pointer("/keys").and_then(Value::as_array);
    let twice = keys.into_iter().flatten().filter(|key| key.pointer("/times").and_then(Value::as_u64) > Some(1));
    Ok((minor, twice.count()))
}

async fn agree(scene: &Scene<'_>, before: Result<(i64, usize), String>) -> Played {
    let ((before, _), (after, twice)) = (before?, moved(scene).await?);
    same("what left the bank, in kopecks", &(after - before).to_string(), "16800")?;
    same("payments made twice", &twice.to_string(), "0")?;
    Ok(vec!["39.00 and 99.00 to the card (1.00 is the fee of each), 30.00 to the wallet".to_owned()])
}
