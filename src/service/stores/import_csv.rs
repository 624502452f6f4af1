//! Brings in a CSV file of stores that somebody sends.

use super::{Imported, read_csv, store_import};
use crate::domain::access::{Actor, Permission};
use crate::service::accounts::require;
use crate::service::{App, Outcome, ServiceError};

/// The largest file, in bytes: some thousands of stores. More are brought in on the command line.
pub const LARGEST_CSV: usize = 2 * 1024 * 1024;

/// Brings the lines of `csv` in; with `dry_run` only tells what it would do. `name` is what the trail calls the file.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `catalogue`; [`ServiceError::Invalid`] for `csv` when it cannot be read at
/// all, or has no line below the header; as [`store_import`].
pub async fn store_import_csv(app: &App, actor: &Actor, name: &str, csv: &str, dry_run: bool) -> Outcome<Imported> {
    require(actor, Permission::Catalogue)?;
    let in_file = |error| {
        if let ServiceError::Invalid { problem, .. } = error { ServiceError::invalid("csv", problem) } else { error }
    };
    let rows = read_csv(csv).map_err(in_file)?;
    if rows.is_empty() {
        return Err(ServiceError::invalid("csv", "there is no line below the header"));
    }
    store_import(app, actor, name, rows, dry_run, &|_done| {}).await
}
