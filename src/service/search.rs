//! One box for everything: what an operator was told on the telephone leads to what it is about.

use serde::Serialize;
use uuid::Uuid;

use super::{App, Outcome};
use crate::base::id::ClickId;
use crate::db::DbError;
use crate::db::search::{Hit, find_by_id, find_claims, find_orders, find_payouts, find_shoppers};

/// How many of each kind are told.
const MOST: i64 = 10;
/// From how many characters on a part of an address is looked for.
const LEAST_PART: usize = 3;

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Found {
    /// What it is: `order`, `click`, `call`, `payout`, `claim`, `adjustment`, `shopper`, `operator`, `store`, `partner` or
    /// `transaction`.
    #[schema(example = "order")]
    pub kind: &'static str,
    /// Its id; the slug of a store or partner, the reference of a click.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// Finds by an id of any kind, a click's reference, an order's number, an e-mail address or a part of it, the name of a store
/// or partner, a payout's reference at its provider. An empty text finds nothing.
///
/// # Errors
/// The database's failures.
pub async fn search(app: &App, text: &str) -> Outcome<Vec<Found>> {
    let text: String = text.trim().chars().take(200).collect();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let known = app.catalogue.snapshot();
    let lower = text.to_lowercase();
    let most = usize::try_from(MOST).unwrap_or(1);
    let mut found: Vec<Found> = Vec::new();
    let fits = |name: &str, slug: &str| slug.contains(&lower) || name.to_lowercase().contains(&lower);
    let named = |kind, slug: &str, name: &str| Found { kind, id: slug.to_owned(), name: name.to_owned() };
    let mut partners: Vec<_> = known.partners.values().filter(|one| fits(&one.row.name, &one.row.slug)).collect();
    partners.sort_by(|a, b| a.row.slug.cmp(&b.row.slug));
    found.extend(partners.iter().take(most).map(|one| named("partner", &one.row.slug, &one.row.name)));
    let stores = known.stores.values().filter(|one| fits(&one.row.name, &one.row.slug));
    found.extend(stores.take(most).map(|one| named("store", &one.row.slug, &one.row.name)));
    let of_partners = known.partners.values().map(|partner| partner.row.id).collect();
    let providers = app.providers.iter().map(|provider| provider.name().to_owned()).collect();
    let id = text.parse::<ClickId>().ok().map(|id| id.uuid());
    let hits = app.db.read(move |conn| {
        let mut hits = Vec::new();
        if let Some(id) = id {
            hits.extend(find_by_id(conn, id)?);
        }
        hits.extend(find_orders(conn, &text, of_partners, MOST)?);
        hits.extend(find_claims(conn, &text, MOST)?);
        hits.extend(find_payouts(conn, &text, providers, MOST)?);
        hits.extend(find_shoppers(conn, &lower, text.chars().count() >= LEAST_PART, MOST)?);
        Ok::<_, DbError>(hits)
    });
    for hit in hits.await? {
        let hit = told(app, hit);
        if !found.contains(&hit) {
            found.push(hit);
        }
    }
    Ok(found)
}

/// A hit as it is told: stores and partners by slug, clicks by reference.
fn told(app: &App, hit: Hit) -> Found {
    let Hit { kind, id, name } = hit;
    let known = app.catalogue.snapshot();
    let slug = |id: Uuid| match kind {
        "store" => known.store(crate::base::Id::from_uuid(id)).map(|one| (one.row.slug.clone(), one.row.name.clone())),
        "partner" => {
            known.partner(crate::base::Id::from_uuid(id)).map(|one| (one.row.slug.clone(), one.row.name.clone()))
        }
        "click" => {
            let reference = ClickId::from_uuid(id).reference();
            Some((reference.clone(), reference))
        }
        _other => None,
    };
    let (id, known_as) = slug(id).unwrap_or_else(|| (id.to_string(), id.to_string()));
    Found { kind, id, name: if name.is_empty() { known_as } else { name } }
}
