//! How news are worded.

use super::{Facts, revision_of};
use crate::db::ledger::Posted;
use crate::db::payouts::PayoutRow;
use crate::db::revisions::RevisionRow;
use crate::db::shoppers::ShopperRow;
use crate::domain::conversion::State;
use crate::domain::email::Email;
use crate::domain::ledger::TransactionKind;
use crate::domain::money::Amount;
use crate::domain::notice::{News, added, freed};
use crate::domain::reason::Language;
use crate::service::App;
use crate::service::outbox::Letter;
use crate::web::money;

/// One piece of news: a sentence, and where the rest is to be read.
pub(super) struct Item {
    sentence: String,
    /// Others' words, which stand in no subject.
    why: String,
    link: String,
}

/// What a transaction says; `None` when what it tells of cannot be found.
pub(super) fn item(app: &App, facts: &Facts, to: &ShopperRow, posted: &Posted, news: News) -> Option<Item> {
    let row = &posted.transaction;
    let currency = posted.transfers.first()?.currency;
    let payout = row.payout_id.and_then(|id| facts.payouts.get(&id));
    let order = revision_of(posted).and_then(|key| facts.revisions.get(&key));
    let amount = match (row.kind, order, payout) {
        // What was undone is what the order was worth before.
        (TransactionKind::Conversion, Some(order), _) if order.state == State::Reversed => {
            facts.before(order).unwrap_or(order.cashback)
        }
        (TransactionKind::Conversion, Some(order), _) => order.cashback,
        (TransactionKind::PayoutPaid, _, Some(payout)) => payout.amount.saturating_sub(payout.fee),
        (TransactionKind::PayoutReserved | TransactionKind::PayoutReleased, _, Some(payout)) => payout.amount,
        // What fills a debt cannot be withdrawn.
        (TransactionKind::HoldOver | TransactionKind::PayoutReturned, ..) => freed(to.id, &posted.transfers),
        (..) => added(to.id, &posted.transfers),
    };
    let known = app.catalogue.snapshot();
    let store = row.conversion_id.and_then(|id| facts.stores.get(&id)).and_then(|id| known.store(*id));
    let store = store.map(|store| store.row.name.clone()).unwrap_or_default();
    let place = payout.map(|payout| payout.masked.clone()).unwrap_or_default();
    let args = [
        ("store", store.into()),
        ("place", place.into()),
        ("amount", money(Amount::new(amount, currency), to.language).into()),
    ];
    let path = match (row.conversion_id, row.payout_id) {
        (Some(order), _) => format!("/orders/{order}"),
        (None, Some(payout)) => format!("/payouts/{payout}"),
        (None, None) => "/balance".to_owned(),
    };
    let sentence = app.texts.text(to.language, &format!("letter-{}", news.says), &args);
    let why = why(app, to.language, posted, order, payout).map(|why| one_line(&why)).unwrap_or_default();
    let why = match why.as_str() {
        "" => why,
        told => app.texts.text(to.language, "letter-why", &[("why", told.to_owned().into())]),
    };
    Some(Item { sentence, why, link: app.public_url(&path) })
}

/// Others' words as one line of bounded length. Words with an address in them are left out: they would lead somewhere in our name.
fn one_line(text: &str) -> String {
    if text.contains("://") || text.contains("www.") {
        return String::new();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect()
}

/// An operator's words, the store's reason, or the provider's.
fn why(
    app: &App,
    language: Language,
    posted: &Posted,
    order: Option<&RevisionRow>,
    payout: Option<&PayoutRow>,
) -> Option<String> {
    let of_order = || order.and_then(|order| order.reason.clone());
    let of_payout = || {
        let key = format!("payout-reason-{}", payout?.reason.as_ref()?.replace('_', "-"));
        app.texts.has(language, &key).then(|| app.texts.text(language, &key, &[]))
    };
    posted.transaction.note.clone().or_else(of_order).or_else(of_payout)
}

/// The letter to one shopper.
pub(super) fn letter(app: &App, to: Email, language: Language, items: &[Item]) -> Letter {
    let text = |key: &str, args: &[(&str, String)]| {
        let args: Vec<_> = args.iter().map(|(name, value)| (*name, value.clone().into())).collect();
        app.texts.text(language, key, &args)
    };
    let subject = match items {
        [only] => only.sentence.clone(),
        several => app.texts.text(language, "letter-subject", &[("count", several.len().into())]),
    };
    let mut body = format!("{}\n\n", text("letter-hello", &[]));
    for item in items {
        body.push_str(&format!("{}{}\n{}\n\n", item.sentence, item.why, item.link));
    }
    let [balance, switches] = ["/balance", "/account"].map(|path| app.public_url(path));
    body.push_str(&text("letter-balance", &[("link", balance)]));
    body.push_str("\n\n");
    body.push_str(&text("letter-foot", &[("link", switches)]));
    body.push('\n');
    Letter { to, subject, text: body }
}
