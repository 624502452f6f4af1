//! An operator has work tried again that was given up, once its cause is mended.

use serde_json::json;

use super::accounts::require;
use super::{App, Outcome, ServiceError};
use crate::base::id::JobId;
use crate::db::Lane;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::jobs::{job_find_by_id, job_hurry};
use crate::domain::access::{Actor, Permission};

/// Makes a job that was given up due at once, with all its tries before it. What it does is safe to repeat: every job is.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `money`; [`ServiceError::NotFound`]; `job_not_given_up`.
pub async fn restart_job(app: &App, actor: &Actor, id: JobId) -> Outcome<()> {
    require(actor, Permission::Money)?;
    let (now, actor) = (app.clock.now(), actor.clone());
    app.db
        .write(Lane::House, move |conn| {
            let job = job_find_by_id(conn, id)?.ok_or(ServiceError::NotFound("job"))?;
            if !job.dead {
                return Err(ServiceError::conflict("job_not_given_up", "this job runs by itself"));
            }
            job_hurry(conn, &job.key, now)?;
            let said = json!({ "key": job.key, "last_error": job.last_error });
            Ok(audit_insert_in_tx(conn, &AuditRow::new(now, &actor, "job.restart", format!("job/{id}"), &said))?)
        })
        .await
}
