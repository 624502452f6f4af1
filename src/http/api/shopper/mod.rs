//! What shoppers see and do: stores, tracking links.

mod links;
pub(in crate::http) mod stores;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes of stores and links.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(stores::list).service(stores::get).service(stores::score).service(links::create);
}
