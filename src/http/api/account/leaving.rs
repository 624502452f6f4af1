//! All that is known of a shopper in one archive; and leaving for good.

use std::io::{Cursor, Write as _};

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::base::Secret;
use crate::base::id::ShopperId;
use crate::db::awaited_orders::awaited_list;
use crate::db::claims::ClaimFilter;
use crate::db::conversions::ConversionFilter;
use crate::db::payouts::PayoutFilter;
use crate::db::shoppers::shopper_find;
use crate::domain::reason::Language;
use crate::http::api::orders::{AwaitedOrder, Eyes, claims, clicks_of, orders, postings_of, shopper_trail};
use crate::http::api::payouts::{Method, PayoutDetail};
use crate::http::caller::{Shopper, SignedIn, ended_cookie};
use crate::http::{ClientIp, HttpError, HttpResult, Page, PageOf};
use crate::service::accounts::{self, Farewell};
use crate::service::limits::Limits;
use crate::service::notices::notices_find;
use crate::service::payouts::look::{payout_with_events, payouts};
use crate::service::payouts::method_list::method_list;
use crate::service::{App, ServiceError};

/// How many things are read at once.
const PART: i64 = 100;

/// An archive that is being written.
struct Archive(ZipWriter<Cursor<Vec<u8>>>);

impl Archive {
    fn add(&mut self, name: &str, bytes: &[u8]) -> HttpResult<()> {
        self.0.start_file(name, SimpleFileOptions::default()).map_err(ServiceError::internal)?;
        Ok(self.0.write_all(bytes).map_err(ServiceError::internal)?)
    }

    fn json<T: Serialize>(&mut self, name: &str, value: &T) -> HttpResult<()> {
        let text = serde_json::to_vec_pretty(value).map_err(ServiceError::internal)?;
        self.add(name, &text)
    }
}

/// Reads page after page until the last.
async fn all<T>(read: impl AsyncFn(Page) -> HttpResult<PageOf<T>>) -> HttpResult<Vec<T>> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let part = read(Page { after, limit: Some(PART) }).await?;
        found.extend(part.items);
        after = part.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// The archive: a JSON file of each kind of thing, with what pages and API show of it. What explains them is in `language`, or else in
/// the account's.
///
/// # Errors
/// A 429 for the seventh in an hour; the database's failures.
pub(in crate::http) async fn archive_of(
    app: &App,
    limits: &Limits,
    shopper: ShopperId,
    language: Option<Language>,
) -> HttpResult<HttpResponse> {
    limits.exports.check(&shopper.to_string())?;
    let found = app.db.read(move |conn| shopper_find(conn, shopper).map_err(HttpError::from)).await?;
    let row = found.ok_or(ServiceError::NotFound("shopper"))?;
    let language = language.unwrap_or(row.language);
    let mut archive = Archive(ZipWriter::new(Cursor::new(Vec::new())));
    archive.add("README.txt", app.texts.text(language, "export-readme", &[]).as_bytes())?;
    let account = serde_json::json!({
        "id": shopper, "email": row.email, "letters": notices_find(app, shopper).await?, "language": row.language,
    });
    archive.json("account.json", &account)?;
    archive.json("clicks.json", &all(async |page| clicks_of(app, shopper, &page).await).await?)?;
    archive.json("orders.json", &stories(app, shopper).await?)?;
    archive.json("money.json", &all(async |page| postings_of(app, shopper, &page).await).await?)?;
    archive.json("withdrawals.json", &withdrawals(app, shopper).await?)?;
    let methods: Vec<Method> = method_list(app, shopper).await?.into_iter().map(Method::from).collect();
    archive.json("destinations.json", &methods)?;
    let own = ClaimFilter { shopper_id: Some(shopper), ..ClaimFilter::default() };
    let claimed = all(async |page| claims(app, own.clone(), &page).await).await?;
    archive.json("claims.json", &claimed)?;
    let waits = app.db.read(move |conn| awaited_list(conn, shopper).map_err(HttpError::from)).await?;
    let known = app.catalogue.snapshot();
    let waits: Vec<AwaitedOrder> = waits.into_iter().map(|row| AwaitedOrder::of(&known, row)).collect();
    archive.json("awaited_orders.json", &waits)?;
    let body = archive.0.finish().map_err(ServiceError::internal)?.into_inner();
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/zip"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"kopilka.zip\""))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(body))
}

/// Every order with its whole story.
async fn stories(app: &App, shopper: ShopperId) -> HttpResult<Vec<impl Serialize + use<>>> {
    let own = ConversionFilter { shopper_id: Some(shopper), ..ConversionFilter::default() };
    let mut stories = Vec::new();
    for order in all(async |page| orders(app, Eyes::Shopper, own.clone(), &page).await).await? {
        stories.push(shopper_trail(app, shopper, order.id).await?);
    }
    Ok(stories)
}

/// Every withdrawal with what happened to it.
async fn withdrawals(app: &App, shopper: ShopperId) -> HttpResult<Vec<PayoutDetail>> {
    let own = PayoutFilter { shopper_id: Some(shopper), ..PayoutFilter::default() };
    let ids = all(async |page: Page| {
        let rows = payouts(app, PayoutFilter { before: page.key()?, ..own }, PART + 1).await?;
        Ok(PageOf::new(rows, PART, |row| row.id)?.map(|row| row.id))
    });
    let mut found = Vec::new();
    for id in ids.await? {
        found.push(PayoutDetail::from(payout_with_events(app, id, Some(shopper)).await?));
    }
    Ok(found)
}

/// In which language the archive explains itself.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Explained {
    /// The account's when absent.
    language: Option<Language>,
}

/// All that is known of the shopper, as a ZIP of JSON files; at most six an hour. A POST, so that no other site can have a browser
/// fetch it.
#[utoipa::path(
    tag = "shopper", security(("bearer" = [])), params(Explained),
    responses((status = 200, description = "application/zip"), (status = 429))
)]
#[post("/api/v1/shopper/archive")]
pub(super) async fn zipped(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    shopper: Shopper,
    explained: web::Query<Explained>,
) -> HttpResult<HttpResponse> {
    archive_of(&app, &limits, shopper.0, explained.language).await
}

/// What has to be said to leave.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct LeaveBody {
    /// The password of the account.
    #[schema(value_type = String)]
    password: Secret,
    /// A code of the second factor, wanted where the account has one.
    #[serde(default)]
    code: String,
    /// Money that is left may stay: without this word the account is kept as long as there is some.
    #[serde(default)]
    give_up_money: bool,
}

/// Erases the shopper's account for good: address, password, tokens, destinations, what clicks and claims tell about a person. The
/// ledger stays. Needs a session.
#[utoipa::path(
    tag = "shopper", security(("bearer" = [])), request_body = LeaveBody,
    responses(
        (status = 204), (status = 409, description = "`payout_under_way`, `money_left`"),
        (status = 422, description = "`wrong_password`, `wrong_code`")
    )
)]
#[post("/api/v1/shopper/leave")]
pub(super) async fn leave(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    client: ClientIp,
    caller: SignedIn,
    body: web::Json<LeaveBody>,
) -> HttpResult<HttpResponse> {
    limits.code(client.0)?;
    let LeaveBody { password, code, give_up_money } = body.into_inner();
    accounts::erase_account(&app, &limits, &caller.0, Farewell { password, code, give_up_money }).await?;
    Ok(HttpResponse::NoContent().cookie(ended_cookie(&app)).finish())
}
