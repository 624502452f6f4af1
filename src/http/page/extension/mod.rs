//! The browser extension on the site: what it is, how a browser is let in, and which browsers are.

mod about;
mod browsers;
mod connect;

use actix_web::web::post;

use super::{READ, READ_AND_SEND, SEND, Table, read};

/// Its pages.
pub(super) fn table(page: Table<'_>) {
    page("/extension", READ, &[|| read().to(about::show)]);
    page("/extension/files/{name}", READ, &[|| read().to(about::file)]);
    page("/extension/connect", READ_AND_SEND, &[|| read().to(connect::ask), || post().to(connect::allow)]);
    page("/extension/connected", READ, &[|| read().to(connect::done)]);
    page("/account/extension", READ, &[|| read().to(browsers::show)]);
    page("/account/extension/{id}", SEND, &[|| post().to(browsers::end)]);
}
