//! For those who act for a partner: applying, signing in, and what else its people do on their pages.

mod apply;
mod changes;
pub(in crate::http::api) mod people;
mod settings;

use std::sync::Arc;

use utoipa_actix_web::service_config::ServiceConfig;

pub(in crate::http) use changes::LARGEST;

use crate::base::id::PartnerId;
use crate::http::HttpResult;
use crate::service::catalogue::Partner;
use crate::service::{App, ServiceError};

/// The routes of this part.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(apply::formats)
        .service(apply::apply)
        .service(apply::sign_in)
        .service(apply::password_reset)
        .service(settings::overview)
        .service(settings::settings)
        .service(settings::rotate)
        .service(settings::tokens)
        .service(settings::create_token)
        .service(settings::revoke_token)
        .service(people::list)
        .service(people::invite)
        .service(people::block)
        .service(people::unblock)
        .service(changes::list)
        .service(changes::put)
        .service(changes::get)
        .service(changes::apply);
}

/// A partner as the catalogue knows it.
fn known(app: &App, id: PartnerId) -> HttpResult<Arc<Partner>> {
    let snapshot = app.catalogue.snapshot();
    Ok(Arc::clone(snapshot.partner(id).ok_or(ServiceError::NotFound("partner"))?))
}
