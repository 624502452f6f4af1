//! How an integration and its money stand, for those who act for the partner.

use serde::Serialize;
use utoipa::ToSchema;

use super::checklist::{Checklist, checklist};
use crate::db::applications::{ApplicationRow, application_find_of_partner};
use crate::db::claims::{ClaimFilter, claim_list};
use crate::db::seals::folded_find;
use crate::domain::application::ApplicationState;
use crate::domain::claim::ClaimState;
use crate::domain::ledger::Account;
use crate::domain::money::{Amount, Currency};
use crate::domain::partner::Status;
use crate::service::catalogue::Partner;
use crate::service::{App, Outcome, ServiceError};

/// From how many on nobody counts further.
const MANY: i64 = 100;

/// How the partner's application stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Applied {
    /// Where it stands.
    pub state: ApplicationState,
    /// What was said with the decision.
    pub answer: Option<String>,
}

impl From<ApplicationRow> for Applied {
    fn from(row: ApplicationRow) -> Self {
        Self { state: row.state, answer: row.answer }
    }
}

/// What a partner sees first.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PartnerOverview)]
pub struct Overview {
    /// The partner's name.
    pub name: String,
    /// Active, or paused: then its calls are refused.
    pub status: Status,
    /// Its application; absent for a partner that operators added.
    pub application: Option<Applied>,
    /// How far the integration has come.
    pub checklist: Checklist,
    /// How many claims wait for an answer; 100 stands for as many or more.
    pub claims: usize,
    /// What it owes, by currency.
    pub owed: Vec<Amount>,
    /// What it may come to owe, by currency.
    pub expected: Vec<Amount>,
}

/// Reads it.
///
/// # Errors
/// The database's failures.
pub async fn overview(app: &App, partner: &Partner) -> Outcome<Overview> {
    let id = partner.row.id;
    let told = checklist(app, id).await?;
    let read = app.db.read(move |conn| {
        let open = ClaimFilter { partner_id: Some(id), state: Some(ClaimState::Open), ..ClaimFilter::default() };
        let claims = claim_list(conn, &open, MANY)?.len();
        let owed = folded_find(conn, &Account::PartnerOwed(id).to_string())?;
        let expected = folded_find(conn, &Account::PartnerExpected(id).to_string())?;
        Ok::<_, ServiceError>((application_find_of_partner(conn, id)?, claims, owed, expected))
    });
    let (application, claims, owed, expected) = read.await?;
    Ok(Overview {
        name: partner.row.name.clone(),
        status: partner.row.status,
        application: application.map(Applied::from),
        checklist: told,
        claims,
        owed: amounts(owed),
        expected: amounts(expected),
    })
}

/// What others owe us stands below zero in the ledger.
fn amounts(rows: Vec<(Currency, i64)>) -> Vec<Amount> {
    let owed = rows.into_iter().map(|(currency, minor)| Amount::new(minor.saturating_neg(), currency));
    owed.filter(|amount| !amount.is_zero()).collect()
}
