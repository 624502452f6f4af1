//! Shoppers' claims about a partner's stores, and answering them.

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use super::own;
use crate::base::id::ClaimId;
use crate::db::claims::ClaimFilter;
use crate::domain::claim::ClaimState;
use crate::domain::money::{Amount, Currency};
use crate::domain::reason::Reason;
use crate::http::api::orders::{ClaimView, claims};
use crate::http::page::shopper::claim_files;
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult, Page};
use crate::service::ServiceError;
use crate::service::catalogue::Partner;
use crate::service::claims::claim_answer;
use crate::service::desk::claim_accept::{Facts, claim_accept, claim_get};
use crate::web::amount_input;

/// How many claims a page shows.
const SHOWN: i64 = 30;
const TEMPLATE: &str = "partner_claim.html";
const PAGE: &str = "/partner/claims";

#[derive(Deserialize)]
pub(in crate::http::page) struct Query {
    /// Every claim, and not only those that wait.
    #[serde(default)]
    all: bool,
    after: Option<String>,
}

/// The claims, newest first.
pub(in crate::http::page) async fn list(visitor: Visitor, query: web::Query<Query>) -> PageResult {
    let (partner, _) = own(&visitor)?;
    let filter = ClaimFilter {
        partner_id: Some(partner.row.id),
        state: (!query.all).then_some(ClaimState::Open),
        ..ClaimFilter::default()
    };
    let part = Page { after: query.after.clone(), limit: Some(SHOWN) };
    let found = claims(&visitor.app, filter, &part).await?;
    visitor.page(
        "partner_claims.html",
        context! { claims => of(found.items), next => found.next, first => query.after.is_none(), all => query.all },
    )
}

async fn values(visitor: &Visitor, partner: &Partner, id: ClaimId) -> HttpResult<Value> {
    let row = claim_get(&visitor.app, partner, id).await?;
    let known = visitor.app.catalogue.snapshot();
    let store = known.store(row.store_id).map(|store| store.row.name.clone());
    let (amount, click) = (row.amount().map(|amount| amount.major().to_string()), row.click_id);
    let currency = row.currency.or(partner.settings.currency).map(Currency::code);
    let clicked = visitor.app.db.read(move |conn| crate::db::clicks::click_find(conn, click).map_err(HttpError::from));
    let clicked_at = clicked.await?.map(|click| click.at);
    let late = row.state == ClaimState::Open && row.answer_by < visitor.now();
    Ok(context! {
        files => claim_files::shown(visitor, id).await?,
        late => late,
        claim => of(ClaimView::of(&known, row)),
        store => store,
        clicked_at => of(clicked_at),
        amount => amount,
        currency => currency,
        failed => "",
    })
}

/// One claim.
pub(in crate::http::page) async fn show(visitor: Visitor, id: web::Path<ClaimId>) -> PageResult {
    let (partner, _) = own(&visitor)?;
    let values = values(&visitor, &partner, id.into_inner()).await?;
    visitor.page(TEMPLATE, values)
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    /// `accept`; anything else declines.
    decision: String,
    #[serde(default)]
    key: String,
    /// `confirmed`, or anything else for pending.
    #[serde(default)]
    status: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    commission: String,
    #[serde(default)]
    currency: String,
    #[serde(default)]
    claim_answer: String,
}

/// Answers a claim.
pub(in crate::http::page) async fn answer(
    visitor: Visitor,
    id: web::Path<ClaimId>,
    form: web::Form<Form>,
) -> PageResult {
    let ((partner, actor), id) = (own(&visitor)?, id.into_inner());
    let accepts = form.decision == "accept";
    let done = async {
        // Another partner's claim is not there, whatever was typed.
        claim_get(&visitor.app, &partner, id).await?;
        if accepts {
            let facts = read(&form)?;
            return claim_accept(&visitor.app, &partner, &actor, id, facts).await;
        }
        let answered = claim_answer(&visitor.app, &actor, id, false, &form.claim_answer).await;
        answered.map_err(|error| error.renamed("answer", "claim_answer"))
    };
    match done.await {
        Ok(_row) => {
            let said = if accepts { "claim-accepted" } else { "claim-turned-down" };
            Ok(visitor.go_saying(&format!("{PAGE}/{id}"), said).finish())
        }
        Err(error @ ServiceError::NotFound(_)) => Err(error.into()),
        Err(error) => {
            let typed = Fields::typed([
                ("key", &*form.key),
                ("status", &*form.status),
                ("amount", &*form.amount),
                ("commission", &*form.commission),
                ("currency", &*form.currency),
                ("claim_answer", &*form.claim_answer),
            ]);
            let values = values(&visitor, &partner, id).await?;
            let failed = if accepts { "accept" } else { "decline" };
            let error = in_words(&visitor, error).into();
            visitor.again(TEMPLATE, typed, error, context! { failed => failed, ..values })
        }
    }
}

/// A rule that stands against it, in the reader's language.
fn in_words(visitor: &Visitor, mut error: ServiceError) -> ServiceError {
    if let ServiceError::Refused { code, detail } = &mut error
        && let Ok(reason) = code.parse::<Reason>()
    {
        reason.sentence(visitor.reader.language).clone_into(detail);
    }
    error
}

fn read(form: &Form) -> Result<Facts, ServiceError> {
    let wrong = |field: &str| ServiceError::invalid(field, "cannot be read");
    let currency: Currency = form.currency.trim().parse().map_err(|_cause| wrong("currency"))?;
    let sum = |field: &str, typed: &str| Amount::parse(&amount_input(typed), currency).map_err(|_cause| wrong(field));
    Ok(Facts {
        key: form.key.clone(),
        confirmed: form.status == "confirmed",
        amount: sum("amount", &form.amount)?,
        commission: sum("commission", &form.commission)?,
        answer: form.claim_answer.clone(),
    })
}
