//! For the browser extension: one list, the same for everybody, so that asking for it tells nothing about the asker; and the few
//! routes that the extension's own token opens.

mod account;
mod activations;
mod list;

use utoipa_actix_web::service_config::ServiceConfig;

/// The extension's routes.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list::list)
        .service(list::key)
        .service(account::connect)
        .service(account::disconnect)
        .service(account::summary)
        .service(activations::create)
        .service(activations::get);
}
