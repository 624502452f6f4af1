//! Closing the books: the differences, one of them with its story and what can be done, and statements that are brought in.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, web};
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use crate::base::id::{CaseId, StatementId};
use crate::db::partners::partner_find;
use crate::db::reconciliation::{CaseFilter, StatementKind};
use crate::domain::access::Permission;
use crate::domain::adapter::uploaded_text;
use crate::http::api::operator::reconciliation::{Case, StatementView};
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::ServiceError;
use crate::service::reconcile::{
    NewStatement, case_ask, case_close, case_get, cases, mapping_of, reconcile_list, statement_apply, statement_look,
    statement_put,
};

const LIST: &str = "operator_reconciliation.html";
const ONE: &str = "operator_case.html";
const BRING: &str = "operator_statement_new.html";
const STATEMENT: &str = "operator_statement.html";
const PAGE: &str = "/operator/reconciliation";
const SHOWN: i64 = 50;
/// The largest file of the page, in bytes; larger ones are brought in on the command line.
const LARGEST: usize = 24 * 1024 * 1024;
/// How many lines of a statement are shown.
const LINES: usize = 300;

#[derive(Deserialize, Default)]
pub(in crate::http::page) struct Query {
    /// Closed ones too.
    #[serde(default)]
    all: bool,
    after: Option<String>,
}

async fn list_values(visitor: &Visitor, query: &Query) -> HttpResult<Value> {
    let actor = visitor.operator(Permission::Look)?;
    let page = Page { after: query.after.clone(), limit: Some(SHOWN) };
    let filter = CaseFilter { open: (!query.all).then_some(true), before: page.key()?, ..CaseFilter::default() };
    let (rows, now) = (cases(&visitor.app, actor, filter, SHOWN + 1).await?, visitor.now());
    let found = PageOf::new(rows, SHOWN, |row| row.id)?.map(|row| Case::of(row, now));
    let providers: Vec<String> = visitor.app.providers.iter().map(|one| one.name().to_owned()).collect();
    Ok(context! {
        cases => of(found.items), next => found.next, first => query.after.is_none(), all => query.all,
        providers => providers,
    })
}

/// The differences, newest first.
pub(in crate::http::page) async fn list(visitor: Visitor, query: web::Query<Query>) -> PageResult {
    let values = list_values(&visitor, &query).await?;
    visitor.page(LIST, values)
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Run {
    #[serde(default)]
    provider: String,
    #[serde(default)]
    days: String,
}

/// Compares with a provider's list now.
pub(in crate::http::page) async fn run(visitor: Visitor, form: web::Form<Run>) -> PageResult {
    let actor = visitor.operator(Permission::Money)?;
    let walked = async {
        let days: i64 = form.days.trim().parse().map_err(|_cause| ServiceError::invalid("days", "must be 1 to 100"))?;
        if !(1..=100).contains(&days) {
            return Err(ServiceError::invalid("days", "must be 1 to 100"));
        }
        let now = visitor.now();
        reconcile_list(&visitor.app, actor, &form.provider, now.plus_days(-days), now).await
    };
    match walked.await {
        Ok(told) if told.differences == 0 => Ok(visitor.go_saying(PAGE, "books-agree").finish()),
        Ok(_told) => Ok(visitor.go_saying(PAGE, "books-differ").finish()),
        Err(error) => {
            let values = list_values(&visitor, &Query::default()).await?;
            visitor.again(LIST, Fields::typed([("days", &form.days)]), error.into(), values)
        }
    }
}

async fn values(visitor: &Visitor, id: CaseId) -> HttpResult<Value> {
    let actor = visitor.operator(Permission::Look)?;
    let row = case_get(&visitor.app, actor, id).await?;
    let names = super::names::of_actors(visitor, [row.closed_by.as_ref(), None]).await?;
    let partner = match row.partner_id {
        Some(id) => visitor.app.db.read(move |conn| partner_find(conn, id).map_err(HttpError::from)).await?,
        None => None,
    };
    let statement = row.found_in.strip_prefix("statement/").map(str::to_owned);
    Ok(context! {
        names => of(names), partner => partner.map(|row| row.slug), statement => statement,
        case => of(Case::of(row, visitor.now())),
    })
}

/// One difference.
pub(in crate::http::page) async fn one(visitor: Visitor, id: web::Path<CaseId>) -> PageResult {
    let values = values(&visitor, id.into_inner()).await?;
    visitor.page(ONE, values)
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Act {
    /// `ask`, or `close`.
    #[serde(default)]
    r#do: String,
    #[serde(default)]
    reason: String,
}

/// Asks the provider, or closes the case.
pub(in crate::http::page) async fn act(visitor: Visitor, id: web::Path<CaseId>, form: web::Form<Act>) -> PageResult {
    let (actor, id) = (visitor.operator(Permission::Money)?, id.into_inner());
    let done = match form.r#do.as_str() {
        "ask" => case_ask(&visitor.app, actor, id).await.map(|()| "case-asked"),
        _close => case_close(&visitor.app, actor, id, &form.reason).await.map(|_row| "case-closed"),
    };
    match done {
        Ok(said) => Ok(visitor.go_saying(&format!("{PAGE}/{id}"), said).finish()),
        Err(error) => {
            let values = values(&visitor, id).await?;
            visitor.again(ONE, Fields::typed([("reason", &form.reason)]), error.into(), values)
        }
    }
}

fn choices(visitor: &Visitor) -> Value {
    let providers: Vec<String> = visitor.app.providers.iter().map(|one| one.name().to_owned()).collect();
    context! { providers => providers }
}

/// The form for a statement.
pub(in crate::http::page) async fn bring(visitor: Visitor) -> PageResult {
    visitor.operator(Permission::Money)?;
    let values = choices(&visitor);
    visitor.page(BRING, values)
}

/// Takes a statement; what would come of it is shown next.
pub(in crate::http::page) async fn upload(visitor: Visitor, request: HttpRequest, body: web::Payload) -> PageResult {
    let actor = visitor.operator(Permission::Money)?;
    let put = async {
        let wrong = |field: &str, problem: &str| HttpError::from(ServiceError::invalid(field, problem));
        let large = |_large| wrong("statement", "must have at most 24 MiB");
        let body = body.to_bytes_limited(LARGEST).await.map_err(large)?;
        let body = body.map_err(|_cut| wrong("statement", "was cut short"))?;
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let field = |name: &str| uploaded_text(&body, kind, &[name]).unwrap_or_default().trim().to_owned();
        let (provider, bank, own) = (field("provider"), field("bank"), field("own"));
        let (kind_of, rail) = match field("kind").as_str() {
            "bank" => (StatementKind::Bank, bank),
            _provider => (StatementKind::Provider, provider),
        };
        let chosen = field("mapping");
        let mapping = mapping_of(if own.is_empty() { &chosen } else { &own })?;
        let text = uploaded_text(&body, kind, &["file", "text"]).map_err(|problem| wrong("statement", &problem))?;
        let new = NewStatement { kind: kind_of, rail, mapping, body: text };
        // The texts for other files say too little here: the very column is named.
        let put = statement_put(&visitor.app, actor, new).await;
        Ok::<_, HttpError>(put.map_err(|error| error.renamed("file", "statement"))?)
    };
    match put.await {
        Ok(id) => Ok(visitor.go(&format!("/operator/statements/{id}")).finish()),
        Err(error) => {
            let values = choices(&visitor);
            visitor.again(BRING, Fields::default(), error, values)
        }
    }
}

async fn statement_values(visitor: &Visitor, id: StatementId) -> HttpResult<Value> {
    let actor = visitor.operator(Permission::Look)?;
    let (row, mut looked) = statement_look(&visitor.app, actor, id).await?;
    let all = looked.findings.len().max(looked.payments.len()).max(looked.bad.len());
    looked.findings.truncate(LINES);
    looked.payments.truncate(LINES);
    looked.bad.truncate(LINES);
    Ok(context! { all => all, shown => LINES, statement => of(StatementView::of(row, looked)) })
}

/// What would come of a statement, or what came of it.
pub(in crate::http::page) async fn statement(visitor: Visitor, id: web::Path<StatementId>) -> PageResult {
    let values = statement_values(&visitor, id.into_inner()).await?;
    visitor.page(STATEMENT, values)
}

/// Carries it out.
pub(in crate::http::page) async fn apply(visitor: Visitor, id: web::Path<StatementId>) -> PageResult {
    let (actor, id) = (visitor.operator(Permission::Money)?, id.into_inner());
    match statement_apply(&visitor.app, actor, id).await {
        Ok(_looked) => Ok(visitor.go_saying(&format!("/operator/statements/{id}"), "statement-applied").finish()),
        Err(error) => {
            let values = statement_values(&visitor, id).await?;
            visitor.again(STATEMENT, Fields::default(), error.into(), values)
        }
    }
}
