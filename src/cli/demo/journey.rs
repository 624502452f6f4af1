//! The journey of a new shopper, from signing up to the money on a card, over HTTP like everybody else's. Every amount
//! is known beforehand and compared to the last kopeck.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::api::{Answer, Api, text_at};
use super::play::{Play, Played};
use super::seed::{OPERATORS, PASSWORD, sign_in};
use super::stage::Stage;
use super::{networks, payouts};
use crate::base::{Secret, Timestamp};
use crate::simulator::networks::{Network, Sale, Told, networks as all_networks};

/// The parts of a shopper's balance, in the order they are told in.
const PARTS: [&str; 5] = ["pending", "confirmed", "available", "in_payout", "debt"];

/// Where the journey has got to.
pub(super) struct Scene<'s> {
    pub stage: &'s Stage,
    pub api: &'s Api,
    pub token: String,
    pub operator: String,
    pub email: String,
    /// The click of the order at Lampada.
    pub lampada: String,
    networks: BTreeMap<String, Network>,
    shopper: String,
    seen: String,
    /// Names of long ids, for reading.
    names: Vec<(String, String)>,
}

/// Plays everything; gives `clean`, or the first thing that is wrong with the ledger, and the new shopper's address.
pub(super) async fn play(play: &mut Play, stage: &Stage) -> (String, String) {
    let mut scene = match Scene::open(stage).await {
        Ok(scene) => scene,
        Err(problem) => {
            play.note("operator", "The operator signs in", Err(problem));
            return ("not verified".to_owned(), String::new());
        }
    };
    play.note(
        "sign_up",
        "Anna signs up, and confirms her address with the code from the letter",
        scene.sign_up().await,
    );
    play.note(
        "altered_link",
        "A link that was altered is not followed, and nothing is promised",
        scene.altered_link().await,
    );
    orders(play, &mut scene).await;
    networks::play(play, &mut scene).await;
    payouts::play(play, &mut scene).await;
    let (ledger, told) = scene.verify().await;
    play.note("ledger_verify", "Every transfer, balance, order, payout and hash is proved again", told);
    (ledger, scene.email)
}

async fn orders(play: &mut Play, scene: &mut Scene<'_>) {
    let mut click = String::new();
    let followed = scene.follow("lampada", &mut click).await;
    play.note(
        "follow_link",
        "Anna follows a signed link: the click is kept, then she is sent on to the store",
        followed,
    );
    scene.lampada.clone_from(&click);
    let sale = scene.sale("lampada", &click, 2);
    let told = scene.tell_sale(&sale, "lampada", Told::Pending, "applied", "RUB pending 62.75").await;
    play.note(
        "order_pending",
        "She buys for 5020.00: Admitad reports a commission of 125.50, and half of it is hers",
        told,
    );
    let told = scene.repeats(&sale).await;
    play.note("repeats", "The same message comes three times more and changes nothing", told);
    let told = scene.tell_sale(&sale, "lampada", Told::Confirmed, "applied", "RUB available 62.75").await;
    play.note("order_confirmed", "The order is approved: the cashback can be withdrawn", told);
    let told = scene.tell_sale(&sale, "lampada", Told::Pending, "superseded", "RUB available 62.75").await;
    play.note("swapped", "An old message arrives after a newer one and is recognised as old", told);
    let less = scene.sale("lampada", &click, 1);
    let told = scene.tell_sale(&less, "lampada", Told::Confirmed, "applied", "RUB available 50.25").await;
    play.note("partial_return", "She returns the brushes for 1000.00: the cashback follows to half of 100.50", told);
    let told = scene.forged(&sale).await;
    play.note("forged_call", "Somebody who does not know the secret reports a sale, and is refused", told);
    let told = scene.too_large().await;
    play.note(
        "beyond_limit",
        "A commission of 25000.00 is beyond the partner's limit: a person has to look first",
        told,
    );
    declined(play, scene).await;
}

async fn declined(play: &mut Play, scene: &mut Scene<'_>) {
    let mut click = String::new();
    let followed = scene.follow("aurum-optik", &mut click).await;
    if let Err(problem) = followed {
        play.note("order_declined", "An order at Aurum Optik", Err(problem));
        return;
    }
    let sale = scene.sale("aurum-optik", &click, 2);
    let told =
        scene.tell_sale(&sale, "aurum-optik", Told::Pending, "applied", "EUR pending 7.50; RUB available 50.25").await;
    play.note("second_currency", "Spectacles for 250.00 EUR through Affise: 3 % of the order, kept in euros", told);
    let told = scene.tell_sale(&sale, "aurum-optik", Told::Declined, "applied", "RUB available 50.25").await;
    let told = match told {
        Ok(lines) => scene.reason(&click, lines).await,
        Err(problem) => Err(problem),
    };
    play.note("order_declined", "The order is declined, and Anna reads why", told);
    let wanted = "EUR confirmed 7.50; RUB available 50.25";
    let told = scene.tell_sale(&sale, "aurum-optik", Told::Confirmed, "applied", wanted).await;
    play.note("changed_mind", "The network changes its mind: confirmed after all, and held for 14 days", told);
}

impl<'s> Scene<'s> {
    async fn open(stage: &'s Stage) -> Result<Self, String> {
        let api = &stage.api;
        let email = OPERATORS.first().map_or("", |(email, _, _)| *email);
        let operator = sign_in(api, "/api/v1/operator/sessions", email).await?;
        let snapshot = stage.app.catalogue.snapshot();
        let names = snapshot.partners.values().map(|partner| (partner.row.id.to_string(), partner.row.slug.clone()));
        let tag = Secret::random(4).map_err(|cause| cause.to_string())?.expose().to_lowercase();
        let mut scene = Self {
            stage,
            api,
            token: String::new(),
            operator,
            email: format!("anna-{tag}@demo.example"),
            lampada: String::new(),
            networks: all_networks().map_err(|cause| cause.to_string())?,
            shopper: String::new(),
            seen: String::new(),
            names: names.collect(),
        };
        scene.moved().await?;
        Ok(scene)
    }

    async fn sign_up(&mut self) -> Played {
        let wanted = json!({ "email": self.email, "password": PASSWORD, "language": "en" });
        self.api.post("/api/v1/shopper/sign-up", None, wanted).await?.wants(202)?;
        let proof = json!({ "code": self.code_from_letter().await?, "password": PASSWORD });
        self.api.post("/api/v1/shopper/confirm-email", None, proof).await?.wants(204)?;
        self.token = sign_in(self.api, "/api/v1/sessions", &self.email).await?;
        let me = self.api.get("/api/v1/me", Some(&self.token)).await?.wants(200)?;
        self.shopper = me.at("/id");
        self.names.push((self.shopper.clone(), "anna".to_owned()));
        same("the e-mail address is confirmed", &me.at("/email_confirmed"), "true")?;
        same("the balance", &self.balances().await?, "")?;
        Ok(vec![format!("{} is signed in, with nothing on the account yet", self.email)])
    }

    /// The code in the letter to the new shopper, from the folder where outgoing mail waits. Letters are jobs, so it comes
    /// a moment after the answer.
    async fn code_from_letter(&self) -> Result<String, String> {
        for _look in 0..300 {
            if let Some(code) = self.code_in_outbox()? {
                return Ok(code);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Err("no letter went out within a minute".to_owned())
    }

    fn code_in_outbox(&self) -> Result<Option<String>, String> {
        let folder = self.stage.app.config.mail.outbox.join("new");
        // The first letter makes the folder.
        let Ok(letters) = std::fs::read_dir(folder) else { return Ok(None) };
        for entry in letters {
            let path = entry.map_err(|cause| cause.to_string())?.path();
            let letter = std::fs::read_to_string(path).map_err(|cause| cause.to_string())?;
            if !letter.contains(&format!("To: {}", self.email)) {
                continue;
            }
            let body = letter.split_once("\r\n\r\n").map_or("", |(_, body)| body).replace("\r\n", "");
            let text = STANDARD.decode(body).map_err(|cause| cause.to_string())?;
            let text = String::from_utf8_lossy(&text).into_owned();
            let Some((_, after)) = text.split_once("code=") else { continue };
            return Ok(Some(after.split_whitespace().next().unwrap_or_default().to_owned()));
        }
        Ok(None)
    }

    async fn link(&self, store: &str) -> Result<String, String> {
        let answer = self.api.post("/api/v1/links", Some(&self.token), json!({ "store": store })).await?;
        Ok(answer.wants(201)?.at("/url"))
    }

    async fn altered_link(&self) -> Played {
        let url = self.link("lampada").await?.replace("&t=1", "&t=2");
        let answer = self.api.get(&url, None).await?.wants(403)?;
        same("where it leads", answer.location.as_deref().unwrap_or("nowhere"), "nowhere")?;
        Ok(vec!["403, and no redirect".to_owned()])
    }

    /// Makes a link, follows it, and leaves the click's reference in `click`.
    pub(super) async fn follow(&self, store: &str, click: &mut String) -> Played {
        let url = self.link(store).await?;
        let answer = self.api.get(&url, None).await?.wants(302)?;
        let to = answer.location.unwrap_or_default();
        *click = to.split_once("click=").map_or("", |(_, click)| click).to_owned();
        // Some stores have a host of their own, on the same machine.
        let store_page = to.replacen(&format!("{store}.localhost"), "127.0.0.1", 1);
        if !store_page.starts_with(&self.stage.stores) || click.len() != 26 {
            return Err(format!("it led to {to}"));
        }
        Ok(vec![format!("302 to {to}")])
    }

    /// The first `items` of a store's basket, bought now.
    pub(super) fn sale(&self, store: &str, click: &str, items: usize) -> Result<Sale, String> {
        let found = self.stage.shops.store(store).ok_or_else(|| format!("there is no store {store}"))?;
        let (sum, commission) = found.basket(items).map_err(|cause| cause.to_string())?;
        Ok(Sale {
            click: click.to_owned(),
            number: 0,
            store: found.name.clone(),
            sum,
            commission,
            at: self.at(),
            reason: "customer cancelled the order".to_owned(),
        })
    }

    /// One time for the whole journey, so that all messages about one order name the same.
    fn at(&self) -> Timestamp {
        self.stage.started
    }

    /// Sends the network's message about a sale.
    pub(super) async fn tell(
        &self,
        store: &str,
        sale: &Sale,
        told: Told,
        secret: Option<&str>,
    ) -> Result<Answer, String> {
        let shops = &self.stage.shops;
        let partner = shops.store(store).and_then(|store| shops.partner(&store.partner));
        let partner = partner.ok_or_else(|| format!("there is no store {store}"))?;
        let network = self.networks.get(&partner.network).ok_or_else(|| format!("no network {}", partner.network))?;
        let own = partner.secret();
        let message = network.message(sale, told, secret.unwrap_or(&own));
        let message = message.ok_or_else(|| format!("{} never says {told}", partner.network))?;
        self.api.send(&partner.slug, &message).await
    }

    /// Tells of a sale, and checks the verdict, the order and every balance afterwards.
    pub(super) async fn tell_sale(
        &mut self,
        sale: &Result<Sale, String>,
        store: &str,
        told: Told,
        verdict: &str,
        balances: &str,
    ) -> Played {
        let sale = sale.as_ref().map_err(Clone::clone)?;
        let answer = self.tell(store, sale, told, None).await?.wants(200)?;
        same("the verdict", &answer.at("/verdict"), verdict)?;
        let mut lines = vec![format!("{told} {} for an order of {}: {verdict}", sale.commission, sale.sum)];
        if verdict == "applied" {
            lines.push(self.order(sale, told).await?);
        }
        lines.extend(self.after(balances).await?);
        Ok(lines)
    }

    /// The order as the operator sees it, compared with what was told.
    async fn order(&self, sale: &Sale, told: Told) -> Result<String, String> {
        let path = format!("/api/v1/operator/orders?limit=100&shopper={}", self.shopper);
        let orders = self.api.get(&path, Some(&self.operator)).await?.wants(200)?;
        let found = items(&orders.json).iter().find(|order| text_at(order, "/click") == sale.click);
        let order = found.ok_or("the order is not listed")?;
        let state = text_at(order, "/state");
        let settled = matches!(told, Told::Declined);
        let fits = state == told.as_str() || (settled && state == "reversed");
        if !fits {
            return Err(format!("the order is {state} where {told} was promised"));
        }
        if !settled {
            same("the commission", &text_at(order, "/commission/amount"), &sale.commission.major().to_string())?;
        }
        let cashback = format!("{} {}", text_at(order, "/cashback/amount"), text_at(order, "/cashback/currency"));
        Ok(format!("the order is {state}, its cashback {cashback}"))
    }

    async fn repeats(&mut self, sale: &Result<Sale, String>) -> Played {
        let sale = sale.as_ref().map_err(Clone::clone)?;
        for _time in 0..3 {
            let answer = self.tell("lampada", sale, Told::Pending, None).await?.wants(200)?;
            same("the verdict", &answer.at("/verdict"), "unchanged")?;
        }
        self.after("RUB pending 62.75").await
    }

    async fn forged(&mut self, sale: &Result<Sale, String>) -> Played {
        let sale = sale.as_ref().map_err(Clone::clone)?;
        let forged = Sale { number: 1, ..sale.clone() };
        let answer = self.tell("lampada", &forged, Told::Confirmed, Some("a-guess")).await?.wants(401)?;
        same("the verdict", &answer.at("/verdict"), "refused")?;
        let mut lines = vec![format!("401, {}", answer.at("/detail"))];
        lines.extend(self.after("RUB available 50.25").await?);
        Ok(lines)
    }

    async fn too_large(&mut self) -> Played {
        let mut click = String::new();
        self.follow("lampada", &mut click).await?;
        let sale = self.sale("lampada", &click, 2)?;
        let commission = crate::domain::money::Amount::new(2_500_000, sale.commission.currency());
        let answer = self.tell("lampada", &Sale { commission, ..sale }, Told::Pending, None).await?.wants(200)?;
        same("the verdict", &answer.at("/verdict"), "held")?;
        let mut lines = vec![format!("held: {}", answer.at("/detail"))];
        lines.extend(self.after("RUB available 50.25").await?);
        Ok(lines)
    }

    async fn reason(&self, click: &str, mut lines: Vec<String>) -> Played {
        let orders = self.api.get("/api/v1/orders?limit=100", Some(&self.token)).await?.wants(200)?;
        let found = items(&orders.json).iter().find(|order| text_at(order, "/click") == click);
        let reason = found.map(|order| text_at(order, "/reason")).unwrap_or_default();
        same("the reason", &reason, "customer cancelled the order")?;
        lines.push(format!("the reason: {reason}"));
        Ok(lines)
    }

    /// What moved since the last step, and the balances compared with what was promised.
    pub(super) async fn after(&mut self, wanted: &str) -> Played {
        let mut lines = self.moved().await?;
        let has = self.balances().await?;
        same("the balance", &has, wanted)?;
        lines.push(format!("Anna has: {}", if has.is_empty() { "nothing" } else { has.as_str() }));
        Ok(lines)
    }

    /// The transfers that were posted since the last step.
    async fn moved(&mut self) -> Played {
        let answer = self.api.get("/api/v1/operator/ledger?limit=50", Some(&self.operator)).await?.wants(200)?;
        let all = items(&answer.json);
        let mut lines = Vec::new();
        for transaction in all
            .iter()
            .take_while(|transaction| text_at(transaction, "/id") != self.seen)
            .filter(|_| !self.seen.is_empty())
        {
            let transfers = transaction.pointer("/transfers").and_then(Value::as_array);
            let told: Vec<String> = transfers.into_iter().flatten().map(|transfer| self.transfer(transfer)).collect();
            lines.splice(0..0, told);
        }
        self.seen = all.first().map_or_else(|| "none".to_owned(), |first| text_at(first, "/id"));
        Ok(lines)
    }

    fn transfer(&self, transfer: &Value) -> String {
        let named = |pointer: &str| {
            self.names.iter().fold(text_at(transfer, pointer), |text, (id, name)| text.replace(id.as_str(), name))
        };
        let (amount, currency) = (text_at(transfer, "/amount/amount"), text_at(transfer, "/amount/currency"));
        format!("{:>10} {currency}  {} → {}", amount, named("/debit"), named("/credit"))
    }

    /// Everything that the shopper has, as `EUR pending 1.00; RUB available 2.00`.
    pub(super) async fn balances(&self) -> Result<String, String> {
        let answer = self.api.get("/api/v1/balance", Some(&self.token)).await?.wants(200)?;
        let mut has: Vec<String> = Vec::new();
        let mut balances: Vec<&Value> = answer.json.as_array().into_iter().flatten().collect();
        balances.sort_by_key(|balance| text_at(balance, "/currency"));
        for balance in balances {
            for part in PARTS {
                let amount = text_at(balance, &format!("/{part}/amount"));
                if amount.chars().any(|digit| ('1'..='9').contains(&digit)) {
                    has.push(format!("{} {part} {amount}", text_at(balance, "/currency")));
                }
            }
        }
        Ok(has.join("; "))
    }

    async fn verify(&self) -> (String, Played) {
        let answer = self.api.get("/api/v1/operator/ledger/verify", Some(&self.operator)).await;
        let report = match answer.and_then(|answer| answer.wants(200)) {
            Ok(report) => report,
            Err(problem) => return ("not verified".to_owned(), Err(problem)),
        };
        let first = report.json.pointer("/findings/0");
        if let Some(finding) = first {
            let told =
                format!("{} {}: {}", text_at(finding, "/check"), text_at(finding, "/row"), text_at(finding, "/detail"));
            return (told.clone(), Err(told));
        }
        let (transactions, transfers) = (report.at("/transactions"), report.at("/transfers"));
        let conversions = report.at("/conversions");
        let told = format!("{transactions} transactions, {transfers} transfers, {conversions} orders: clean");
        ("clean".to_owned(), Ok(vec![told]))
    }
}

/// The items of a list's page.
pub(super) fn items(page: &Value) -> &[Value] {
    page.pointer("/items").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Compares what is with what was promised.
pub(super) fn same(what: &str, is: &str, wanted: &str) -> Result<(), String> {
    if is == wanted { Ok(()) } else { Err(format!("{what}: {is:?} where {wanted:?} was promised")) }
}
