//! The job that lays a letter into the outbox.

use crate::db::jobs::JobRow;
use crate::service::accounts::post_letter;
use crate::service::{App, Outcome};

pub(super) async fn run(app: &App, job: &JobRow) -> Outcome<()> {
    post_letter(app, job).await
}
