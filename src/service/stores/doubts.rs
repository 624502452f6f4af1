//! What is doubtful about where a store's links lead. Such a store is taken all the same: an operator may know better.

use std::collections::HashMap;

use crate::base::id::PartnerId;
use crate::db::Conn;
use crate::db::partners::{adapter_list, partner_list};
use crate::db::stores::{StoreRow, store_load_all};
use crate::domain::adapter::Adapter;
use crate::service::Outcome;
use crate::service::catalogue::{Partner, compile};

/// Whether the store's links carry the click where the partner's reports bring it back from: one sentence for each
/// link that does not. Empty as well when the adapter does not say, or cannot be used.
#[must_use]
pub fn link_doubts(partner: Option<&Partner>, store: &StoreRow) -> Vec<String> {
    let adapter = partner.and_then(|partner| partner.adapter.as_ref().ok());
    adapter.map_or_else(Vec::new, |adapter| doubts(adapter, store))
}

fn doubts(adapter: &Adapter, store: &StoreRow) -> Vec<String> {
    let links = [("landing_url", Some(&store.landing_url)), ("deep_link_url", store.deep_link_url.as_ref())];
    let one = |(field, template): (&str, Option<&String>)| {
        let problem = adapter.outbound().misplaced_click(template?)?;
        Some(format!(
            "{field} {problem}: the adapter {} would not find the click in reports of such orders",
            adapter.name()
        ))
    };
    links.into_iter().filter_map(one).collect()
}

/// A store whose links are doubtful.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoubtfulStore {
    /// Its slug.
    pub slug: String,
    /// What is doubtful, a sentence each.
    pub problems: Vec<String>,
}

/// All stores whose links are doubtful. Needs no secrets.
///
/// # Errors
/// [`ServiceError::Db`](crate::service::ServiceError::Db).
pub fn doubtful_stores(conn: &mut Conn) -> Outcome<Vec<DoubtfulStore>> {
    let own = adapter_list(conn)?;
    let mut adapters: HashMap<PartnerId, Adapter> = HashMap::new();
    let mut after = None;
    loop {
        let page = partner_list(conn, after, 500)?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        adapters.extend(page.iter().filter_map(|row| Some((row.id, compile(&row.adapter, &own).ok()?))));
    }
    let mut found = Vec::new();
    for store in store_load_all(conn)? {
        let problems = adapters.get(&store.partner_id).map_or_else(Vec::new, |adapter| doubts(adapter, &store));
        if !problems.is_empty() {
            found.push(DoubtfulStore { slug: store.slug, problems });
        }
    }
    Ok(found)
}
