//! The site: pages for people. A page is one file and one line in [`configure`]; what all of them share is in `visitor`.
//! Pages call the same services as the API and show the same views.

mod account;
mod errors;
mod files;
mod form;
mod home;
mod shopper;
mod visitor;

use actix_web::web::{self, ServiceConfig, get, post};

pub(super) use errors::instead;
pub(super) use form::Fields;
pub(super) use visitor::{PageResult, Visitor, of};

/// The routes of all pages.
pub(super) fn configure(config: &mut ServiceConfig) {
    let mut page = |path: &str, takes: &[fn() -> actix_web::Route]| {
        config.service(takes.iter().fold(web::resource(path), |resource, route| resource.route(route())));
    };
    page("/static/{version}/{name}", &[|| get().to(files::file)]);
    page("/", &[|| get().to(home::show)]);
    page("/sign-in", &[|| get().to(account::sign_in::show), || post().to(account::sign_in::submit)]);
    page("/sign-out", &[|| post().to(account::sign_in::sign_out)]);
    page("/sign-up", &[|| get().to(account::sign_up::show), || post().to(account::sign_up::submit)]);
    page("/letter", &[|| get().to(account::sign_up::letter)]);
    page("/confirm-email", &[|| get().to(account::confirm::show), || post().to(account::confirm::submit)]);
    page("/new-password", &[|| get().to(account::new_password::show), || post().to(account::new_password::submit)]);
    page("/stores", &[|| get().to(shopper::stores::show)]);
    page("/stores/{slug}", &[|| get().to(shopper::store::show), || post().to(shopper::store::go)]);
    page("/clicks", &[|| get().to(shopper::clicks::show)]);
    page("/orders", &[|| get().to(shopper::orders::show)]);
    page("/orders.csv", &[|| get().to(shopper::orders::export)]);
    page("/orders/{id}", &[|| get().to(shopper::order::show)]);
    page("/balance", &[|| get().to(shopper::balance::show)]);
    page("/payouts", &[|| get().to(shopper::payouts::list)]);
    page("/payouts/new", &[|| get().to(shopper::withdraw::show), || post().to(shopper::withdraw::submit)]);
    page("/payouts/{id}", &[|| get().to(shopper::payouts::show), || post().to(shopper::payouts::cancel)]);
    page("/methods", &[|| get().to(shopper::methods::show), || post().to(shopper::methods::add)]);
    page("/methods/{id}", &[|| post().to(shopper::methods::remove)]);
    page("/claims", &[|| get().to(shopper::claims::list)]);
    page("/claims/new", &[|| get().to(shopper::claims::ask), || post().to(shopper::claims::make)]);
    page("/claims/{id}", &[|| get().to(shopper::claims::show)]);
    page("/account", &[|| get().to(account::settings::show)]);
    page("/account/language", &[|| post().to(account::settings::language)]);
    page("/account/password", &[|| post().to(account::settings::password)]);
    page("/account/email", &[|| post().to(account::settings::email)]);
    page("/account/sessions", &[|| post().to(account::settings::sign_out_everywhere)]);
    page("/account/sessions/{id}", &[|| post().to(account::settings::end_session)]);
}
