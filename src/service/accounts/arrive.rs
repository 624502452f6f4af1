//! An address was proved to be its owner's. For somebody who applied for a partner this is when the partner is made: paused,
//! waiting for an operator, and without a secret, which is shown only to whoever makes it.

use url::Url;

use crate::base::Timestamp;
use crate::base::id::{PartnerId, PersonId};
use crate::db::Conn;
use crate::db::applications::{ApplicationRow, application_arrive, application_find_of_person};
use crate::db::partners::{PartnerRow, partner_find_by_slug, partner_insert};
use crate::db::people::{person_confirm_email, person_set_partner};
use crate::db::shoppers::shopper_confirm_email;
use crate::db::tokens::Owner;
use crate::domain::application::ApplicationState;
use crate::domain::partner::{PartnerSettings, Status};
use crate::service::{Outcome, ServiceError};

/// How many names are tried for a new partner before an id is put behind.
const NAMES: u32 = 20;

/// Notes that the address is the owner's. `fresh` is the id of a partner that is made now.
pub(super) fn arrive(conn: &mut Conn, owner: Owner, fresh: PartnerId, now: Timestamp) -> Outcome<()> {
    match owner {
        Owner::Shopper(id) => {
            shopper_confirm_email(conn, id, now)?;
        }
        Owner::Person(id) => {
            person_confirm_email(conn, id, now)?;
            let applied = application_find_of_person(conn, id)?;
            if let Some(applied) = applied.filter(|row| row.state == ApplicationState::Unconfirmed) {
                make_partner(conn, id, &applied, fresh, now)?;
            }
        }
        Owner::Partner(_) | Owner::Operator(_) => {}
    }
    Ok(())
}

fn make_partner(
    conn: &mut Conn,
    person: PersonId,
    applied: &ApplicationRow,
    fresh: PartnerId,
    now: Timestamp,
) -> Outcome<()> {
    let settings = serde_json::to_string(&PartnerSettings::default()).map_err(ServiceError::internal)?;
    let row = PartnerRow {
        id: fresh,
        slug: free_slug(conn, &applied.site, fresh)?,
        name: applied.name.clone(),
        adapter: applied.adapter.clone(),
        settings,
        status: Status::Paused,
        created_at: now,
    };
    partner_insert(conn, &row)?;
    person_set_partner(conn, person, fresh)?;
    application_arrive(conn, applied.id, fresh)?;
    Ok(())
}

/// A name in URLs that nobody has: the site's host with hyphens, and a number behind it where that is taken.
fn free_slug(conn: &mut Conn, site: &str, id: PartnerId) -> Outcome<String> {
    let host = Url::parse(site).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    let plain = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' };
    let base: String = host.chars().map(plain).take(50).collect();
    let base = base.trim_matches('-');
    let base = if base.is_empty() { "partner" } else { base };
    for number in 1..=NAMES {
        let slug = if number == 1 { base.to_owned() } else { format!("{base}-{number}") };
        if partner_find_by_slug(conn, &slug)?.is_none() {
            return Ok(slug);
        }
    }
    Ok(id.reference())
}
