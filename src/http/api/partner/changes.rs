//! Files of changes to orders: sent, looked at line by line, carried out once.

use actix_web::{HttpResponse, get, post, web};
use serde::Serialize;

use super::known;
use crate::base::Timestamp;
use crate::base::id::OrderChangesId;
use crate::db::order_changes::{OrderChangesFact, OrderChangesRow, order_changes_list};
use crate::http::caller::PartnerActor;
use crate::http::extract::table_body;
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::App;
use crate::service::desk::order_changes::{
    Done, Line, Told, order_changes_apply, order_changes_get, order_changes_look, order_changes_put,
};

/// The largest file, in bytes.
pub(in crate::http) const LARGEST: usize = 1024 * 1024;

/// A file of changes.
#[derive(Serialize, utoipa::ToSchema)]
struct ChangesFile {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: OrderChangesId,
    /// How many lines it has beside the header.
    lines: i64,
    /// When it came.
    created_at: Timestamp,
    /// When it was carried out; absent when it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_at: Option<Timestamp>,
}

impl From<OrderChangesFact> for ChangesFile {
    fn from(row: OrderChangesFact) -> Self {
        let OrderChangesFact { id, lines, created_at, applied_at } = row;
        Self { id, lines, created_at, applied_at }
    }
}

/// A file with a part of its lines.
#[derive(Serialize, utoipa::ToSchema)]
struct ChangesDetail {
    /// The file.
    #[serde(flatten)]
    file: ChangesFile,
    /// How many lines change something, or did.
    moves: usize,
    /// How many change nothing, since it is so already.
    same: usize,
    /// How many cannot be carried out; each line says why.
    cannot: usize,
    /// What each line would do, before the file is carried out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    would: Vec<Line>,
    /// What became of each line, afterwards.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    done: Vec<Done>,
    /// Send this as `after` for the next lines; absent on the last part.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

async fn detail(app: &App, partner: PartnerActor, row: OrderChangesRow, page: &Page) -> HttpResult<ChangesDetail> {
    let told = order_changes_look(app, &known(app, partner.0)?, &row).await?;
    let ([moves, same, cannot], limit, after) = (told.counts(), page.limit()?, page.key::<u64>()?);
    let OrderChangesRow { id, lines, created_at, applied_at, .. } = row;
    let file = ChangesFile { id, lines, created_at, applied_at };
    let (mut would, mut done) = (Vec::new(), Vec::new());
    let next = match told {
        Told::Would(lines) => {
            let part = PageOf::new(beyond(lines, |line| line.line, after), limit, |line| line.line)?;
            would = part.items;
            part.next
        }
        Told::Done(lines) => {
            let part = PageOf::new(beyond(lines, |line| line.line, after), limit, |line| line.line)?;
            done = part.items;
            part.next
        }
    };
    Ok(ChangesDetail { file, moves, same, cannot, would, done, next })
}

fn beyond<T>(lines: Vec<T>, number: impl Fn(&T) -> u64, after: Option<u64>) -> Vec<T> {
    lines.into_iter().filter(|line| after.is_none_or(|after| number(line) > after)).collect()
}

/// Lists the partner's files of changes, newest first.
#[utoipa::path(tag = "partner", security(("bearer" = [])), params(Page), responses((status = 200, body = PageOf<ChangesFile>)))]
#[get("/api/v1/partner/changes")]
pub(super) async fn list(
    app: web::Data<App>,
    partner: PartnerActor,
    page: web::Query<Page>,
) -> HttpResult<web::Json<PageOf<ChangesFile>>> {
    let (id, limit, before) = (partner.0, page.limit()?, page.key()?);
    let rows =
        app.db.read(move |conn| order_changes_list(conn, id, before, limit + 1).map_err(HttpError::from)).await?;
    Ok(web::Json(PageOf::new(rows, limit, |row| row.id)?.map(ChangesFile::from)))
}

/// Takes a CSV file of changes, at most 1 MiB and 5,000 lines, and tells what each line would do. Nothing is carried out. Columns:
/// `order`, `action` (`confirm`, `decline`, `change`), `amount`, `commission`, `reason`.
#[utoipa::path(
    tag = "partner", security(("bearer" = [])), request_body(content = String, content_type = "text/csv"),
    responses((status = 201, body = ChangesDetail), (status = 409), (status = 413), (status = 422))
)]
#[post("/api/v1/partner/changes")]
pub(super) async fn put(app: web::Data<App>, partner: PartnerActor, body: web::Payload) -> HttpResult<HttpResponse> {
    let text = table_body(body, LARGEST).await?;
    let id = order_changes_put(&app, &*known(&app, partner.0)?, &partner.actor(), &text).await?;
    let row = order_changes_get(&app, partner.0, id).await?;
    Ok(HttpResponse::Created().json(detail(&app, partner, row, &Page::default()).await?))
}

/// A file of changes: what each line would do, or what became of it. `after` and `limit` are of its lines.
#[utoipa::path(
    tag = "partner", security(("bearer" = [])), params(("id" = String, Path, description = "The file"), Page),
    responses((status = 200, body = ChangesDetail), (status = 404))
)]
#[get("/api/v1/partner/changes/{id}")]
pub(super) async fn get(
    app: web::Data<App>,
    partner: PartnerActor,
    id: web::Path<OrderChangesId>,
    page: web::Query<Page>,
) -> HttpResult<web::Json<ChangesDetail>> {
    let row = order_changes_get(&app, partner.0, id.into_inner()).await?;
    Ok(web::Json(detail(&app, partner, row, &page).await?))
}

/// Carries a file out: each line that can be. A second time nothing more happens, and the answer is the same.
#[utoipa::path(
    tag = "partner", security(("bearer" = [])), params(("id" = String, Path, description = "The file")),
    responses((status = 200, body = ChangesDetail), (status = 404), (status = 409))
)]
#[post("/api/v1/partner/changes/{id}/apply")]
pub(super) async fn apply(
    app: web::Data<App>,
    partner: PartnerActor,
    id: web::Path<OrderChangesId>,
) -> HttpResult<web::Json<ChangesDetail>> {
    let id = id.into_inner();
    order_changes_apply(&app, &known(&app, partner.0)?, &partner.actor(), id).await?;
    let row = order_changes_get(&app, partner.0, id).await?;
    Ok(web::Json(detail(&app, partner, row, &Page::default()).await?))
}
