//! The site: pages for people. A page is one file and one line in [`configure`]; what all of them share is in `visitor`.
//! Pages call the same services as the API and show the same views.

mod account;
mod errors;
mod extension;
mod files;
mod form;
mod home;
mod hooks;
mod operator;
mod partner;
mod shopper;
mod visitor;

use actix_web::web::{self, ServiceConfig, post};
use actix_web::{HttpResponse, Resource, Route, guard};

use super::{HttpError, HttpResult};

pub(super) use errors::instead;
pub(super) use form::Fields;
pub(super) use visitor::{PageResult, Visitor, of};

/// The methods that an address takes, for an honest 405.
type Takes = &'static str;
const READ: Takes = "GET, HEAD";
const SEND: Takes = "POST";
const READ_AND_SEND: Takes = "GET, HEAD, POST";

/// A page that is looked at; HEAD is answered as GET is, without the page.
fn read() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

async fn refuse(takes: Takes) -> HttpResult<HttpResponse> {
    Err(HttpError::NoMethod(takes.to_owned()))
}

/// The routes of all pages.
pub(super) fn configure(config: &mut ServiceConfig) {
    let mut page = |path: &str, takes: Takes, routes: &[fn() -> Route]| {
        let resource = web::resource(path).default_service(web::to(move || refuse(takes)));
        config.service(routes.iter().fold(resource, |resource: Resource, route| resource.route(route())));
    };
    page("/static/{version}/{name}", READ, &[|| read().to(files::file)]);
    page("/", READ, &[|| read().to(home::show)]);
    for_accounts(&mut page);
    for_shoppers(&mut page);
    extension::table(&mut page);
    for_operators(&mut page);
    operator::table(&mut page);
    for_partners(&mut page);
    for_partners_work(&mut page);
    for_operators_of_partners(&mut page);
    for_hooks(&mut page, ["/partner/webhooks", "/operator/webhooks"]);
}

/// Adds a page to the table: its path, the methods that it takes, and a handler for each.
type Table<'t> = &'t mut dyn FnMut(&str, Takes, &[fn() -> Route]);

fn for_accounts(page: Table<'_>) {
    page("/sign-in", READ_AND_SEND, &[|| read().to(account::sign_in::show), || post().to(account::sign_in::submit)]);
    page(
        "/sign-in/code",
        READ_AND_SEND,
        &[|| read().to(account::second_factor::ask), || post().to(account::second_factor::enter)],
    );
    page(
        "/account/factor",
        READ_AND_SEND,
        &[|| read().to(account::second_factor::show), || post().to(account::second_factor::on)],
    );
    page("/account/factor/off", SEND, &[|| post().to(account::second_factor::off)]);
    page("/sign-out", SEND, &[|| post().to(account::sign_in::sign_out)]);
    page("/sign-up", READ_AND_SEND, &[|| read().to(account::sign_up::show), || post().to(account::sign_up::submit)]);
    page("/letter", READ, &[|| read().to(account::sign_up::letter)]);
    page(
        "/confirm-email",
        READ_AND_SEND,
        &[|| read().to(account::confirm::show), || post().to(account::confirm::submit)],
    );
    page(
        "/new-password",
        READ_AND_SEND,
        &[|| read().to(account::new_password::show), || post().to(account::new_password::submit)],
    );
    page("/account", READ, &[|| read().to(account::settings::show)]);
    page("/account/export", SEND, &[|| post().to(account::leaving::export)]);
    page(
        "/account/erase",
        READ_AND_SEND,
        &[|| read().to(account::leaving::show), || post().to(account::leaving::leave)],
    );
    page("/account/language", SEND, &[|| post().to(account::settings::language)]);
    page("/account/notices", SEND, &[|| post().to(account::settings::notices)]);
    page("/account/password", SEND, &[|| post().to(account::settings::password)]);
    page("/account/email", SEND, &[|| post().to(account::settings::email)]);
    page("/account/sessions", SEND, &[|| post().to(account::settings::sign_out_everywhere)]);
    page("/account/sessions/{id}", SEND, &[|| post().to(account::settings::end_session)]);
}

fn for_shoppers(page: Table<'_>) {
    page("/stores", READ, &[|| read().to(shopper::stores::show)]);
    page("/stores/{slug}", READ_AND_SEND, &[|| read().to(shopper::store::show), || post().to(shopper::store::go)]);
    page("/clicks", READ, &[|| read().to(shopper::clicks::show)]);
    page("/orders", READ, &[|| read().to(shopper::orders::show)]);
    page("/orders.csv", READ, &[|| read().to(shopper::orders::export)]);
    page("/orders/{id}", READ, &[|| read().to(shopper::order::show)]);
    page("/balance", READ, &[|| read().to(shopper::balance::show)]);
    page("/payouts", READ, &[|| read().to(shopper::payouts::list)]);
    page(
        "/payouts/new",
        READ_AND_SEND,
        &[|| read().to(shopper::withdraw::show), || post().to(shopper::withdraw::submit)],
    );
    page(
        "/payouts/{id}",
        READ_AND_SEND,
        &[|| read().to(shopper::payouts::show), || post().to(shopper::payouts::cancel)],
    );
    page("/methods", READ_AND_SEND, &[|| read().to(shopper::methods::show), || post().to(shopper::methods::add)]);
    page("/methods/freeze", SEND, &[|| post().to(shopper::freeze::own)]);
    page("/methods/unfreeze", SEND, &[|| post().to(shopper::freeze::end)]);
    page(
        "/freeze-payouts",
        READ_AND_SEND,
        &[|| read().to(shopper::freeze::show), || post().to(shopper::freeze::freeze)],
    );
    page("/methods/{id}", SEND, &[|| post().to(shopper::methods::remove)]);
    page(
        "/methods/new/{kind}",
        READ_AND_SEND,
        &[|| read().to(shopper::method_new::show), || post().to(shopper::method_new::add)],
    );
    page("/claims", READ, &[|| read().to(shopper::claims::list)]);
    page("/claims/new", READ_AND_SEND, &[|| read().to(shopper::claims::ask), || post().to(shopper::claims::make)]);
    page("/claims/awaited/{id}/forget", SEND, &[|| post().to(shopper::claims::forget)]);
    page("/claims/{id}", READ, &[|| read().to(shopper::claims::show)]);
    page("/claims/{id}/files", SEND, &[|| post().to(shopper::claim_files::add)]);
    page("/claims/{id}/files/{file}", READ, &[|| read().to(shopper::claim_files::get)]);
}

fn for_operators(page: Table<'_>) {
    page("/operator", READ, &[|| read().to(operator::home::show)]);
    page(
        "/operator/sign-in",
        READ_AND_SEND,
        &[|| read().to(operator::sign_in::show), || post().to(operator::sign_in::submit)],
    );
    page("/operator/calls", READ, &[|| read().to(operator::calls::show)]);
    page(
        "/operator/calls/{id}",
        READ_AND_SEND,
        &[|| read().to(operator::calls::one), || post().to(operator::calls::rerun)],
    );
    page("/operator/payouts", READ, &[|| read().to(operator::payouts::list)]);
    page(
        "/operator/payouts/{id}",
        READ_AND_SEND,
        &[|| read().to(operator::payouts::show), || post().to(operator::payouts::decide)],
    );
}

fn for_partners(page: Table<'_>) {
    page("/partner", READ, &[|| read().to(partner::home::show)]);
    page(
        "/partner/sign-in",
        READ_AND_SEND,
        &[|| read().to(partner::sign_in::show), || post().to(partner::sign_in::submit)],
    );
    page(
        "/partner/forgot",
        READ_AND_SEND,
        &[|| read().to(partner::sign_in::forgot), || post().to(partner::sign_in::remind)],
    );
    page("/partner/apply", READ_AND_SEND, &[|| read().to(partner::apply::show), || post().to(partner::apply::submit)]);
    page("/partner/account", READ, &[|| read().to(partner::account::show)]);
    page("/partner/account/language", SEND, &[|| post().to(partner::account::language)]);
    page("/partner/account/password", SEND, &[|| post().to(partner::account::password)]);
    page("/partner/account/sessions", SEND, &[|| post().to(partner::account::sign_out_everywhere)]);
    page("/partner/account/sessions/{id}", SEND, &[|| post().to(partner::account::end_session)]);
    page("/partner/settings", READ, &[|| read().to(partner::settings::show)]);
    page("/partner/settings/secret", SEND, &[|| post().to(partner::settings::secret)]);
    page("/partner/settings/tokens", SEND, &[|| post().to(partner::settings::token)]);
    page("/partner/settings/tokens/{id}", SEND, &[|| post().to(partner::settings::end_token)]);
    page("/partner/settings/people", SEND, &[|| post().to(partner::settings::invite)]);
    page("/partner/settings/people/{id}", SEND, &[|| post().to(partner::settings::person)]);
}

fn for_partners_work(page: Table<'_>) {
    page("/partner/bench", READ_AND_SEND, &[|| read().to(partner::bench::show), || post().to(partner::bench::submit)]);
    page("/partner/bench/build", SEND, &[|| post().to(partner::bench::build)]);
    page("/partner/bench/links/{id}", SEND, &[|| post().to(partner::bench::unshare)]);
    page("/shared/bench/{code}", READ, &[|| read().to(partner::bench::shared)]);
    page("/partner/calls", READ, &[|| read().to(partner::calls::list)]);
    page(
        "/partner/calls/{id}",
        READ_AND_SEND,
        &[|| read().to(partner::calls::show), || post().to(partner::calls::rerun)],
    );
    page(
        "/partner/changes",
        READ_AND_SEND,
        &[|| read().to(partner::changes::list), || post().to(partner::changes::upload)],
    );
    page(
        "/partner/changes/{id}",
        READ_AND_SEND,
        &[|| read().to(partner::changes::show), || post().to(partner::changes::apply)],
    );
    page("/partner/claims", READ, &[|| read().to(partner::claims::list)]);
    page(
        "/partner/claims/{id}",
        READ_AND_SEND,
        &[|| read().to(partner::claims::show), || post().to(partner::claims::answer)],
    );
    page("/partner/orders", READ, &[|| read().to(partner::orders::list)]);
    page("/partner/orders/{id}", READ, &[|| read().to(partner::orders::show)]);
    page("/partner/clicks", READ, &[|| read().to(partner::orders::clicks)]);
    page("/partner/statement", READ, &[|| read().to(partner::statement::show)]);
    page("/partner/statement.csv", READ, &[|| read().to(partner::statement::export)]);
}

fn for_hooks(page: Table<'_>, places: [&str; 2]) {
    for place in places {
        page(place, READ_AND_SEND, &[|| read().to(hooks::list), || post().to(hooks::add)]);
        page(&format!("{place}/{{id}}"), READ_AND_SEND, &[|| read().to(hooks::show), || post().to(hooks::act)]);
        page(&format!("{place}/{{id}}/{{message}}"), SEND, &[|| post().to(hooks::resend)]);
    }
}

fn for_operators_of_partners(page: Table<'_>) {
    page("/operator/partners", READ, &[|| read().to(operator::partners::list)]);
    page(
        "/operator/partners/{id}",
        READ_AND_SEND,
        &[|| read().to(operator::partners::show), || post().to(operator::partners::change)],
    );
    page("/operator/partners/{id}/application", SEND, &[|| post().to(operator::partners::decide)]);
    page("/operator/partners/{id}/status", SEND, &[|| post().to(operator::partners::set_status)]);
    page("/operator/partners/{id}/secret", SEND, &[|| post().to(operator::partners::secret)]);
    page("/operator/partners/{id}/people", SEND, &[|| post().to(operator::partners::invite)]);
    page("/operator/partners/{id}/people/{person}", SEND, &[|| post().to(operator::partners::person)]);
}
