//! Clicks, orders, postbacks, claims and the ledger: the same things as shoppers, partners and operators may see
//! them. Every list is bound to its asker by the extractor; what is somebody else's is not found.

mod awaited;
mod bench;
mod claims;
mod clicks;
mod ledger;
mod list;
mod money;
mod postbacks;
mod statement;
mod trail;
mod view;

use utoipa_actix_web::service_config::ServiceConfig;

// The pages show the same views.
pub(in crate::http) use awaited::{AwaitedOrder, awaited_of};
pub(in crate::http) use claims::{ClaimView, claim_of, claims};
pub(in crate::http) use clicks::{click_of, clicks_of, clicks_of_partner};
pub(in crate::http) use ledger::{Balance, balance_of, operator_postings_of, postings_of};
pub(in crate::http) use list::orders;
pub(in crate::http) use money::{AdjustmentView, asked};
pub(in crate::http) use postbacks::{call_of, calls, operator_run, partner_run, search};
pub(in crate::http) use trail::{RevisionView, operator_trail, partner_trail, shopper_trail};
pub(in crate::http) use view::{ClickView, Eyes, OrderView, PostbackView, TransactionView};

/// All routes of this part.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(clicks::shopper_list)
        .service(clicks::shopper_get)
        .service(clicks::partner_list)
        .service(clicks::rates)
        .service(clicks::operator_get)
        .service(clicks::operator_list)
        .service(list::shopper_list)
        .service(list::partner_list)
        .service(list::operator_list)
        .service(trail::shopper_get)
        .service(trail::partner_get)
        .service(trail::operator_get)
        .service(ledger::shopper_balance)
        .service(ledger::shopper_ledger)
        .service(ledger::operator_ledger)
        .service(ledger::operator_balance)
        .service(ledger::accounts)
        .service(ledger::check)
        .service(ledger::verify)
        .service(ledger::head)
        .service(claims::shopper_list)
        .service(claims::shopper_make)
        .service(awaited::awaited_list)
        .service(awaited::awaited_delete)
        .service(claims::shopper_get)
        .service(claims::partner_list)
        .service(claims::partner_get)
        .service(claims::partner_answer)
        .service(claims::partner_accept)
        .service(claims::operator_list)
        .service(claims::operator_get)
        .service(claims::operator_answer)
        .service(bench::partner_try)
        .service(bench::operator_try)
        .service(bench::share)
        .service(bench::shared_list)
        .service(bench::unshare)
        .service(bench::shared_read)
        .service(postbacks::partner_list)
        .service(postbacks::partner_get)
        .service(postbacks::partner_rerun)
        .service(postbacks::operator_list)
        .service(postbacks::operator_get)
        .service(postbacks::operator_rerun)
        .service(statement::statement)
        .service(statement::statement_entries)
        .service(money::adjust)
        .service(money::preview)
        .service(money::list)
        .service(money::one)
        .service(money::approve)
        .service(money::decline)
        .service(money::payment);
}
