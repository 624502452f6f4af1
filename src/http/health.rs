//! Whether the server lives, whether it can work, and its metrics.

use actix_web::{HttpResponse, get, web};
use serde::Serialize;

use super::metrics;
use crate::base::Timestamp;
use crate::db::{DbError, health};
use crate::service::App;

/// How long a due job may wait before the server calls itself not ready, in seconds.
const JOB_PATIENCE: i64 = 600;

/// The process answers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Health {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
    /// The version of the program.
    version: &'static str,
}

/// Says that the process answers. Asks nobody else.
#[utoipa::path(tag = "public", responses((status = 200, body = Health)))]
#[get("/healthz")]
pub(super) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

/// Whether the server can work, and what stands in the way.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Readiness {
    /// Whether all of it is well.
    ready: bool,
    /// Whether the database answers.
    database: bool,
    /// Whether the database has the schema of this version.
    migrations_current: bool,
    /// When the oldest job that should be running was due; absent when none waits.
    oldest_due_job: Option<Timestamp>,
}

/// Says whether requests should be sent here: 503 when the database does not answer, is of another version, or
/// due jobs have waited for more than ten minutes.
#[utoipa::path(tag = "public", responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
#[get("/readyz")]
pub(super) async fn readyz(app: web::Data<App>) -> HttpResponse {
    let now = app.clock.now();
    let state = app.db.read(move |conn| -> Result<_, DbError> { health::check(conn, now) }).await;
    let readiness = match state {
        Ok(state) => {
            let waited = state.oldest_due_job.map_or(0, |due| now.since(due).num_seconds());
            let ready = state.migrations_current && waited < JOB_PATIENCE;
            Readiness {
                ready,
                database: true,
                migrations_current: state.migrations_current,
                oldest_due_job: state.oldest_due_job,
            }
        }
        Err(cause) => {
            tracing::warn!(%cause, "the database does not answer the readiness check");
            Readiness { ready: false, database: false, migrations_current: false, oldest_due_job: None }
        }
    };
    if readiness.ready {
        HttpResponse::Ok().json(readiness)
    } else {
        HttpResponse::ServiceUnavailable().insert_header(("Retry-After", "5")).json(readiness)
    }
}

/// Whether a server that follows tracking links alone can work.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RedirectReadiness {
    /// Whether it can.
    ready: bool,
    /// Whether clicks can be handed to the stream.
    stream: bool,
    /// When stores, terms and keys were last read from the database. It goes on with them while the database is away.
    catalogue_of: Option<Timestamp>,
}

/// Says whether visitors should be sent here: 503 when clicks cannot be handed to the stream. Does not ask the database.
#[utoipa::path(
    tag = "public",
    responses((status = 200, body = RedirectReadiness), (status = 503, body = RedirectReadiness))
)]
#[get("/readyz")]
pub(super) async fn readyz_of_redirect(app: web::Data<App>) -> HttpResponse {
    let stream = app.clicks.stream_connected().unwrap_or(false);
    let readiness = RedirectReadiness { ready: stream, stream, catalogue_of: app.catalogue.loaded_at() };
    if readiness.ready {
        HttpResponse::Ok().json(readiness)
    } else {
        HttpResponse::ServiceUnavailable().insert_header(("Retry-After", "5")).json(readiness)
    }
}

/// The metrics in Prometheus' text format.
#[utoipa::path(tag = "public", responses((status = 200, body = String, content_type = "text/plain")))]
#[get("/metrics")]
pub(super) async fn prometheus() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(metrics::handle().render())
}
