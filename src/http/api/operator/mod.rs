//! For those who run the service. Every handler takes `Operator`, so nobody else gets in; services ask for the
//! permission.

mod audit;
mod operators;
mod partner_tokens;
mod payouts;
mod sessions;
mod shoppers;

use utoipa_actix_web::service_config::ServiceConfig;

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
        .service(payouts::list)
        .service(payouts::get)
        .service(payouts::approve)
        .service(payouts::decline)
        .service(payouts::ask)
        .service(payouts::waiting_events)
        .service(partner_tokens::list)
        .service(partner_tokens::create)
        .service(partner_tokens::revoke);
}
