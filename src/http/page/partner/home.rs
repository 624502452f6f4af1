//! How an integration and its money stand.

use minijinja::context;

use super::own;
use crate::db::applications::application_find_of_partner;
use crate::db::claims::{ClaimFilter, claim_list};
use crate::db::seals::folded_find;
use crate::domain::claim::ClaimState;
use crate::domain::ledger::Account;
use crate::domain::money::Amount;
use crate::http::HttpError;
use crate::http::page::{PageResult, Visitor, of};
use crate::service::desk::checklist::checklist;

/// From how many on nobody counts further.
const MANY: i64 = 100;

/// The page.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    let (partner, _) = own(&visitor)?;
    let id = partner.row.id;
    let told = checklist(&visitor.app, id).await?;
    let read = visitor.app.db.read(move |conn| {
        let open = ClaimFilter { partner_id: Some(id), state: Some(ClaimState::Open), ..ClaimFilter::default() };
        let claims = claim_list(conn, &open, MANY)?.len();
        let owed = folded_find(conn, &Account::PartnerOwed(id).to_string())?;
        let expected = folded_find(conn, &Account::PartnerExpected(id).to_string())?;
        Ok::<_, HttpError>((application_find_of_partner(conn, id)?, claims, owed, expected))
    });
    let (application, claims, owed, expected) = read.await?;
    // What others owe us stands below zero in the ledger.
    let amounts = |rows: Vec<(crate::domain::money::Currency, i64)>| -> Vec<Amount> {
        rows.into_iter()
            .map(|(currency, minor)| Amount::new(minor.saturating_neg(), currency))
            .filter(|amount| !amount.is_zero())
            .collect()
    };
    visitor.page(
        "partner_home.html",
        context! {
            partner => partner.row.name.as_str(),
            status => partner.row.status.as_str(),
            application => application.map(|row| context! { state => row.state.as_str(), answer => row.answer }),
            list => of(&told),
            steps => told.checks.len(),
            claims => claims,
            owed => of(amounts(owed)),
            expected => of(amounts(expected)),
        },
    )
}
