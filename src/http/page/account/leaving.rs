//! What is known of a shopper, in one archive; and leaving for good.

use std::io::{Cursor, Write as _};

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use minijinja::context;
use serde::{Deserialize, Serialize};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::base::Secret;
use crate::base::id::ShopperId;
use crate::db::claims::ClaimFilter;
use crate::db::conversions::ConversionFilter;
use crate::db::payouts::PayoutFilter;
use crate::http::api::orders::{Eyes, claims, clicks_of, orders, postings_of, shopper_trail};
use crate::http::api::payouts::{Method, PayoutDetail};
use crate::http::caller::ended_cookie;
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{ClientIp, HttpError, HttpResult, Page, PageOf};
use crate::service::accounts::{self, Farewell};
use crate::service::limits::Limits;
use crate::service::notices::notices_find;
use crate::service::payouts::look::{payout_with_events, payouts};
use crate::service::payouts::method_list::method_list;
use crate::service::{App, ServiceError};

const TEMPLATE: &str = "leave_account.html";
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

/// The archive: a JSON file of each kind of thing, with what pages and API show of it.
pub(in crate::http::page) async fn export(visitor: Visitor, limits: web::Data<Limits>) -> PageResult {
    let (shopper, app) = (visitor.shopper()?, &visitor.app);
    limits.exports.check(&shopper.to_string())?;
    let mut archive = Archive(ZipWriter::new(Cursor::new(Vec::new())));
    archive.add("README.txt", visitor.text("export-readme", &[])?.as_bytes())?;
    let email = visitor.email().unwrap_or_default();
    let account = serde_json::json!({
        "id": shopper, "email": email, "letters": notices_find(app, shopper).await?, "language": visitor.reader.language,
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

async fn values(visitor: &Visitor) -> HttpResult<minijinja::value::Value> {
    let shopper = visitor.shopper()?;
    let balances = crate::http::api::orders::balance_of(&visitor.app, shopper).await?;
    let caller = visitor.signed_in()?;
    let factor = accounts::factor_state(&visitor.app, &caller.actor).await?.on;
    Ok(context! { balances => of(balances), factor => factor })
}

/// What erasing the account means, before it is done.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    let values = values(&visitor).await?;
    visitor.page(TEMPLATE, values)
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    password: Secret,
    #[serde(default)]
    code: String,
    give_up_money: Option<String>,
}

/// Erases the account.
pub(in crate::http::page) async fn leave(
    visitor: Visitor,
    limits: web::Data<Limits>,
    client: ClientIp,
    form: web::Form<Form>,
) -> PageResult {
    let done = async {
        limits.code(client.0)?;
        let caller = visitor.signed_in()?;
        let (password, code) = (form.password.clone(), form.code.clone());
        let said = Farewell { password, code, give_up_money: form.give_up_money.is_some() };
        accounts::erase_account(&visitor.app, &limits, caller, said).await.map_err(HttpError::from)
    };
    match done.await {
        Ok(()) => Ok(visitor.go_saying("/", "account-erased").cookie(ended_cookie(&visitor.app)).finish()),
        Err(error) => {
            let values = values(&visitor).await?;
            visitor.again(TEMPLATE, Fields::default(), error, values)
        }
    }
}
