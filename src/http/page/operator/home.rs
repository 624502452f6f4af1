//! How the business stands: what waits for a person, and where the money is.

use minijinja::context;

use crate::db::claims::{ClaimFilter, claim_list};
use crate::db::payouts::{PayoutFilter, payout_list};
use crate::db::postbacks::{PostbackFilter, postback_list};
use crate::domain::access::Permission;
use crate::domain::claim::ClaimState;
use crate::domain::payout::PayoutState;
use crate::http::HttpError;
use crate::http::api::orders::{AccountBalance, accounts_of};
use crate::http::page::{PageResult, Visitor, of};

/// From how many on nobody counts further.
const MANY: i64 = 100;

/// The page.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    visitor.operator(Permission::Look)?;
    let waiting = visitor.app.db.read(|conn| {
        let calls = PostbackFilter { waiting: true, ..PostbackFilter::default() };
        let review = PayoutFilter { state: Some(PayoutState::Review), ..PayoutFilter::default() };
        let attention = PayoutFilter { attention: true, ..PayoutFilter::default() };
        let claims = ClaimFilter { state: Some(ClaimState::Open), ..ClaimFilter::default() };
        Ok::<_, HttpError>([
            postback_list(conn, &calls, MANY)?.len(),
            payout_list(conn, &review, MANY)?.len(),
            payout_list(conn, &attention, MANY)?.len(),
            claim_list(conn, &claims, MANY)?.len(),
        ])
    });
    let [calls, review, attention, claims] = waiting.await?;
    let told = accounts_of(&visitor.app).await?;
    let (mut shoppers, mut partners, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for account in told.accounts.into_iter().filter(|account| !account.balance.is_zero()) {
        match account.account.split('/').next() {
            Some("shoppers") => shoppers.push(account),
            Some("partner") => partners.push(named(&visitor, account)),
            _house => others.push(account),
        }
    }
    visitor.page(
        "operator_home.html",
        context! {
            calls => calls, review => review, attention => attention, claims => claims,
            shoppers => of(shoppers), partners => of(partners), others => of(others), unsealed => told.unsealed,
        },
    )
}

/// A partner's account under its name instead of its id: `Admitad/owed`.
fn named(visitor: &Visitor, account: AccountBalance) -> AccountBalance {
    let mut parts = account.account.splitn(3, '/').skip(1);
    let (Some(id), Some(kind)) = (parts.next(), parts.next()) else { return account };
    let known = visitor.app.catalogue.snapshot();
    let partner = id.parse().ok().and_then(|id| known.partner(id).map(|partner| partner.row.name.clone()));
    match partner {
        Some(name) => AccountBalance { account: format!("{name}/{kind}"), balance: account.balance },
        None => account,
    }
}
