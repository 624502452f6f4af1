//! Two months of clicks and orders, made by the real services on a clock that stands in the past.

use crate::base::id::{ClickId, ShopperId};
use crate::base::{Clock, Secret, Timestamp};
use crate::cli::CliError;
use crate::db::shoppers::shopper_find_by_email;
use crate::domain::adapter::RawCall;
use crate::domain::money::{Amount, Currency};
use crate::service::claims::{NewClaim, claim_make};
use crate::service::ingest_postback::ingest_postback;
use crate::service::make_link::make_link;
use crate::service::record_click::{Answer, Visit, record_click};
use crate::service::{App, ServiceError};
use crate::simulator::networks::{Message, Sale, Told, networks};
use crate::simulator::shops::{DemoStore, Shops};

use super::seed::{Logins, SHOPPERS};

/// How many clicks each shopper made.
const CLICKS: usize = 14;

/// Something that a network says at some time.
struct Event {
    at: Timestamp,
    partner: String,
    message: Message,
}

/// Lives through the past: all clicks, then everything that networks said of them, in the order of time.
pub(super) async fn live_through(app: &App, shops: &Shops, _logins: &Logins) -> Result<(), CliError> {
    let now = app.clock.now();
    let mut events: Vec<Event> = Vec::new();
    for step in 0..CLICKS {
        for (who, (email, _)) in SHOPPERS.iter().enumerate() {
            let email = (*email).to_owned();
            let found = app.db.read(move |conn| shopper_find_by_email(conn, &email)).await?;
            let shopper = found.ok_or(ServiceError::NotFound("shopper"))?.id;
            let count = shops.stores.len().max(1);
            let Some(store) = shops.stores.get((step * 5 + who * 11) % count) else { continue };
            let day = i64::try_from(step * 4 + who).unwrap_or(0);
            let at = now.plus_days(-60).plus_days(day).plus_seconds(3_700 * i64::try_from(who + 1).unwrap_or(1));
            let past = App { clock: Clock::manual(at), ..app.clone() };
            let click = click(&past, shopper, store).await?;
            // Every fifth click leads to no order, as most do.
            if (step + who) % 5 != 4 {
                events.extend(tell(shops, store, &click, at, step + who)?);
            } else if shops.partners.first().is_some_and(|first| first.slug == store.partner) {
                miss(app, shopper, &click, at).await?;
            }
        }
    }
    events.retain(|event| event.at < now);
    events.sort_by_key(|event| event.at);
    for event in events {
        let past = App { clock: Clock::manual(event.at), ..app.clone() };
        ingest_postback(&past, &event.partner, raw(app, &event)).await?;
    }
    Ok(())
}

/// The shopper bought, but the order never came.
async fn miss(app: &App, shopper: ShopperId, click: &str, at: Timestamp) -> Result<(), CliError> {
    let later = App { clock: Clock::manual(at.plus_days(5)), ..app.clone() };
    let wanted = NewClaim {
        click: ClickId::from_reference(click).map_err(CliError::failed)?,
        order_number: "S-1042".to_owned(),
        amount: Some(Amount::new(249_000, Currency::RUB)),
        ordered_at: at.plus_seconds(900),
        note: Some("Paid by card; the confirmation came the same day.".to_owned()),
    };
    claim_make(&later, shopper, wanted).await?;
    Ok(())
}

async fn click(past: &App, shopper: ShopperId, store: &DemoStore) -> Result<String, CliError> {
    let made = make_link(past, shopper, &store.slug, None).await?;
    let query = made.url.split_once('?').map_or("", |(_, query)| query);
    let visit = Visit {
        store: &store.slug,
        query,
        user_agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        ..Visit::default()
    };
    match record_click(past, visit).await? {
        Answer::Go { click, .. } => Ok(click.reference()),
        other @ (Answer::NoPromise { .. }
        | Answer::NotSigned { .. }
        | Answer::Expired { .. }
        | Answer::Paused { .. }
        | Answer::UnknownStore) => Err(CliError::Failed(format!("a click of the past was not taken: {other:?}"))),
    }
}

/// What becomes of an order: it is reported; mostly it is confirmed weeks later, sometimes cancelled, sometimes open.
fn tell(shops: &Shops, store: &DemoStore, click: &str, at: Timestamp, turn: usize) -> Result<Vec<Event>, CliError> {
    let networks = networks().map_err(CliError::failed)?;
    let Some(partner) = shops.partner(&store.partner) else { return Ok(Vec::new()) };
    let Some(network) = networks.get(&partner.network) else { return Ok(Vec::new()) };
    let (sum, commission) = store.basket(1 + turn % 2).map_err(CliError::failed)?;
    let sale = Sale {
        click: click.to_owned(),
        number: 0,
        store: store.name.clone(),
        sum,
        commission,
        at: at.plus_seconds(1_200),
        reason: "order was not collected".to_owned(),
    };
    let last = if turn % 4 == 3 { Told::Declined } else { Told::Confirmed };
    let said = [(Told::Pending, at.plus_seconds(1_500)), (last, at.plus_days(9))];
    let secret = partner.secret();
    let event = |(told, at): (Told, Timestamp)| {
        let message = network.message(&sale, told, &secret)?;
        Some(Event { at, partner: partner.slug.clone(), message })
    };
    Ok(said.into_iter().filter_map(event).collect())
}

fn raw(app: &App, event: &Event) -> RawCall {
    let (path, query) = event.message.tail.split_once('?').unwrap_or((&event.message.tail, ""));
    let lower = |(name, value): &(String, String)| (name.to_lowercase(), value.clone());
    RawCall {
        method: event.message.method.to_owned(),
        path_secret: path.strip_prefix('/').map(Secret::new),
        query: query.to_owned(),
        body: event.message.body.clone().unwrap_or_default().into_bytes(),
        headers: event.message.headers.iter().map(lower).collect(),
        peer: None,
        public_url: app.public_url(&format!("/postback/{}{}", event.partner, event.message.tail)),
    }
}
