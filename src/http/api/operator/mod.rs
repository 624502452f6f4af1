//! For those who run the service. Every handler takes `Operator`, so nobody else gets in; services ask for the
//! permission.

pub(in crate::http) mod adapters;
mod applications;
pub(in crate::http) mod audit;
pub(in crate::http) mod extension;
mod keys;
pub(in crate::http) mod operators;
mod partner_tokens;
pub(in crate::http::api) mod partners;
pub(in crate::http) mod payout_files;
pub(in crate::http) mod payout_rules;
pub(in crate::http) mod payouts;
pub(in crate::http) mod reconciliation;
mod sessions;
pub(in crate::http) mod shoppers;
pub(in crate::http) mod stores;
mod watch;

use utoipa_actix_web::service_config::ServiceConfig;

use super::partner::people;

/// The operators' routes of accounts and the audit trail.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(sessions::sign_in)
        .service(operators::list)
        .service(operators::add)
        .service(operators::set_role)
        .service(operators::block)
        .service(operators::unblock)
        .service(shoppers::list)
        .service(shoppers::get)
        .service(shoppers::block)
        .service(shoppers::unblock)
        .service(audit::list)
        .service(watch::alarms)
        .service(watch::waiting)
        .service(watch::figures)
        .service(watch::find)
        .service(watch::letters)
        .service(watch::set_letters)
        .service(payouts::list)
        .service(payouts::get)
        .service(payouts::approve)
        .service(payouts::decline)
        .service(payouts::ask)
        .service(payouts::resolve)
        .service(payouts::waiting_events)
        .service(payouts::jobs)
        .service(payouts::restart)
        .service(payout_files::list)
        .service(payout_files::export)
        .service(payout_files::take)
        .service(payout_files::answer)
        .service(payout_rules::show)
        .service(reconciliation::list)
        .service(reconciliation::get)
        .service(reconciliation::close)
        .service(reconciliation::ask)
        .service(reconciliation::run)
        .service(reconciliation::put_statement)
        .service(reconciliation::get_statement)
        .service(reconciliation::apply)
        .service(partner_tokens::list)
        .service(partner_tokens::create)
        .service(partner_tokens::revoke);
}

/// The operators' routes of partners, adapters, stores and keys.
pub fn configure_catalogue(config: &mut ServiceConfig<'_>) {
    config
        .service(partners::list)
        .service(partners::add)
        .service(partners::get)
        .service(partners::change)
        .service(partners::rotate)
        .service(applications::list)
        .service(applications::get)
        .service(applications::approve)
        .service(applications::decline)
        .service(applications::checklist)
        .service(people::operator_list)
        .service(people::operator_invite)
        .service(people::operator_block)
        .service(people::operator_unblock)
        .service(adapters::list)
        .service(adapters::check)
        .service(adapters::get)
        .service(adapters::store)
        .service(stores::list)
        .service(stores::add)
        .service(stores::get)
        .service(stores::import)
        .service(stores::change)
        .service(stores::list_terms)
        .service(stores::add_terms)
        .service(stores::preview_terms)
        .service(keys::rotate)
        .service(extension::show)
        .service(extension::put)
        .service(extension::rotate);
}
