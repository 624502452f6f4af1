//! The job that answers by letter what somebody asked for an address.

use crate::db::jobs::JobRow;
use crate::service::accounts::answer_by_letter;
use crate::service::{App, Outcome};

pub(super) async fn run(app: &App, job: &JobRow) -> Outcome<()> {
    answer_by_letter(app, job).await
}
