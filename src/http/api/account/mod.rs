//! What everybody does with the own account: sign up, sign in and out, look at oneself, keep API tokens.

mod change;
mod factor;
mod leaving;
mod me;
mod own;
mod sessions;
mod sign_up;
pub(super) mod tokens;

use utoipa_actix_web::service_config::ServiceConfig;

pub(in crate::http) use leaving::archive_of;
pub(super) use sessions::{Credentials, Half, Opened, opened};
pub(super) use sign_up::{Mailed, ResetBody, mailed};

/// The routes of accounts.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(sign_up::sign_up)
        .service(sign_up::confirm_email)
        .service(sign_up::password_reset)
        .service(sign_up::new_password)
        .service(change::password)
        .service(change::email)
        .service(change::operator_email)
        .service(sessions::sign_in)
        .service(sessions::sign_in_code)
        .service(sessions::sign_out)
        .service(sessions::sign_out_everywhere)
        .service(sessions::list)
        .service(sessions::end)
        .service(factor::state)
        .service(factor::begin)
        .service(factor::confirm)
        .service(factor::off)
        .service(own::language)
        .service(own::password)
        .service(own::notices)
        .service(own::set_notices)
        .service(own::browsers)
        .service(own::disconnect)
        .service(leaving::zipped)
        .service(leaving::leave)
        .service(me::me)
        .service(tokens::list)
        .service(tokens::create)
        .service(tokens::revoke);
}
