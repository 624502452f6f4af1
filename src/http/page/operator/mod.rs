//! Pages for those who run the service.

mod account;
mod adapters;
mod adjustments;
mod audit;
pub(super) mod calls;
mod chart;
mod claims;
mod clicks;
mod extension;
pub(super) mod home;
mod inbox;
mod jobs;
mod ledger;
mod more;
mod names;
mod orders;
pub(super) mod partners;
mod payout_files;
mod payout_rules;
pub(super) mod payouts;
mod reconciliation;
mod search;
mod shoppers;
pub(super) mod sign_in;
mod staff;
mod store_edit;
mod store_import;
mod stores;
mod terms;

use actix_web::web::post;

use super::{READ, READ_AND_SEND, SEND, Table, read};

/// The pages of this folder that are not named one floor up.
pub(super) fn table(page: Table<'_>) {
    page("/operator/inbox", READ, &[|| read().to(inbox::show)]);
    page("/operator/payout-files", READ_AND_SEND, &[|| read().to(payout_files::show), || post().to(payout_files::act)]);
    page("/operator/payout-files/{id}", SEND, &[|| post().to(payout_files::take)]);
    page("/operator/more", READ, &[|| read().to(more::show)]);
    page("/operator/search", READ, &[|| read().to(search::show)]);
    page("/operator/orders", READ, &[|| read().to(orders::list)]);
    page("/operator/orders/{id}", READ, &[|| read().to(orders::one)]);
    page("/operator/clicks/{id}", READ, &[|| read().to(clicks::one)]);
    page("/operator/shoppers", READ, &[|| read().to(shoppers::list)]);
    page("/operator/shoppers/{id}", READ_AND_SEND, &[|| read().to(shoppers::one), || post().to(shoppers::set_status)]);
    page("/operator/shoppers/{id}/freeze", SEND, &[|| post().to(shoppers::set_frozen)]);
    page("/operator/claims", READ, &[|| read().to(claims::list)]);
    page("/operator/claims/{id}", READ_AND_SEND, &[|| read().to(claims::one), || post().to(claims::answer)]);
    page("/operator/adjustments", READ, &[|| read().to(adjustments::list)]);
    page(
        "/operator/adjustments/new",
        READ_AND_SEND,
        &[|| read().to(adjustments::ask), || post().to(adjustments::submit)],
    );
    page(
        "/operator/adjustments/{id}",
        READ_AND_SEND,
        &[|| read().to(adjustments::one), || post().to(adjustments::decide)],
    );
    page("/operator/ledger", READ_AND_SEND, &[|| read().to(ledger::show), || post().to(ledger::check)]);
    page("/operator/payout-rules", READ, &[|| read().to(payout_rules::show)]);
    page("/operator/jobs", READ, &[|| read().to(jobs::show)]);
    page("/operator/jobs/{id}", SEND, &[|| post().to(jobs::restart)]);
    catalogue(page);
    books(page);
    page("/operator/operators", READ_AND_SEND, &[|| read().to(staff::list), || post().to(staff::add)]);
    page("/operator/operators/{id}", SEND, &[|| post().to(staff::change)]);
    page("/operator/audit", READ, &[|| read().to(audit::show)]);
    page("/operator/account", READ_AND_SEND, &[|| read().to(account::show), || post().to(account::password)]);
    page("/operator/account/email", SEND, &[|| post().to(account::email)]);
    page("/operator/account/letters", SEND, &[|| post().to(account::letters)]);
}

fn books(page: Table<'_>) {
    use reconciliation as books;
    page("/operator/reconciliation", READ_AND_SEND, &[|| read().to(books::list), || post().to(books::run)]);
    page("/operator/reconciliation/{id}", READ_AND_SEND, &[|| read().to(books::one), || post().to(books::act)]);
    page("/operator/new-statement", READ_AND_SEND, &[|| read().to(books::bring), || post().to(books::upload)]);
    page("/operator/statements/{id}", READ_AND_SEND, &[|| read().to(books::statement), || post().to(books::apply)]);
}

fn catalogue(page: Table<'_>) {
    page("/operator/extension", READ, &[|| read().to(extension::show)]);
    page("/operator/extension/key", SEND, &[|| post().to(extension::rotate)]);
    page("/operator/extension/new-pack", READ_AND_SEND, &[|| read().to(extension::new), || post().to(extension::put)]);
    page(
        "/operator/extension/packs/{id}",
        READ_AND_SEND,
        &[|| read().to(extension::edit), || post().to(extension::put)],
    );
    page("/operator/stores", READ, &[|| read().to(stores::list)]);
    page("/operator/new-store", READ_AND_SEND, &[|| read().to(store_edit::new), || post().to(store_edit::add)]);
    page(
        "/operator/import-stores",
        READ_AND_SEND,
        &[|| read().to(store_import::show), || post().to(store_import::submit)],
    );
    page("/operator/stores/{slug}", READ_AND_SEND, &[|| read().to(stores::one), || post().to(stores::set_status)]);
    page(
        "/operator/stores/{slug}/edit",
        READ_AND_SEND,
        &[|| read().to(store_edit::edit), || post().to(store_edit::change)],
    );
    page("/operator/stores/{slug}/terms", READ_AND_SEND, &[|| read().to(terms::show), || post().to(terms::submit)]);
    page("/operator/adapters", READ_AND_SEND, &[|| read().to(adapters::list), || post().to(adapters::new)]);
    page("/operator/adapters/{name}", READ_AND_SEND, &[|| read().to(adapters::one), || post().to(adapters::put)]);
}
