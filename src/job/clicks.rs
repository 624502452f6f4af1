//! The job that makes room for coming clicks and lets old ones go.

use super::BATCH;
use crate::service::retention::{partitions_make, retention_step};
use crate::service::{App, Outcome, ServiceError};

pub(super) async fn run(app: App) -> Outcome<usize> {
    let made = partitions_make(&app).await?;
    match retention_step(&app, BATCH).await {
        Ok(step) => Ok(made + step.months.len() + usize::try_from(step.clicks).unwrap_or(0)),
        Err(ServiceError::Refused { code, detail }) => {
            tracing::warn!(code, detail, "old clicks are not removed");
            Ok(made)
        }
        Err(error) => Err(error),
    }
}
