//! Partners: who applied, who is there, and how each of them does.

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use crate::base::id::{ApplicationId, PartnerId, PersonId};
use crate::db::applications::{application_find_of_partner, application_list_waiting};
use crate::db::partners::partner_list;
use crate::db::people::person_find;
use crate::domain::access::Permission;
use crate::domain::money::Amount;
use crate::domain::partner::{PartnerSettings, Status};
use crate::http::page::partner::settings::{PersonForm, StatusForm, invite_to, once, parts, typed};
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::ServiceError;
use crate::service::accounts::{self, Verdict, application_decide};
use crate::service::catalogue::Partner;
use crate::service::desk::checklist::checklist;
use crate::service::partners::{PartnerChange, formats, partner_secret_rotate, partner_update};

/// How many partners a page shows, and how many applications.
const SHOWN: i64 = 50;
const TEMPLATE: &str = "operator_partner.html";
const LIST: &str = "/operator/partners";

/// The partners, oldest first, and the applications that wait.
pub(in crate::http::page) async fn list(visitor: Visitor, page: web::Query<Page>) -> PageResult {
    visitor.operator(Permission::Look)?;
    let after = page.key()?;
    let first = page.after.is_none();
    let read = visitor.app.db.read(move |conn| {
        let waiting = if first { application_list_waiting(conn, SHOWN)? } else { Vec::new() };
        Ok::<_, HttpError>((partner_list(conn, after, SHOWN + 1)?, waiting))
    });
    let (rows, waiting) = read.await?;
    let found = PageOf::new(rows, SHOWN, |row| row.id)?.map(|row| {
        context! {
            id => row.id.to_string(), name => row.name, slug => row.slug, adapter => row.adapter,
            status => row.status.as_str(),
        }
    });
    let waiting: Vec<Value> = waiting
        .into_iter()
        .map(|row| {
            context! {
                partner => row.partner_id.map(|id| id.to_string()), name => row.name, site => row.site,
                created_at => of(row.created_at),
            }
        })
        .collect();
    visitor.page(
        "operator_partners.html",
        context! { partners => found.items, next => found.next, first => first, applications => waiting },
    )
}

fn find(visitor: &Visitor, id: PartnerId) -> HttpResult<std::sync::Arc<Partner>> {
    let known = visitor.app.catalogue.snapshot();
    Ok(std::sync::Arc::clone(known.partner(id).ok_or(ServiceError::NotFound("partner"))?))
}

async fn values(visitor: &Visitor, partner: &Partner) -> HttpResult<Value> {
    let id = partner.row.id;
    let read = visitor.app.db.read(move |conn| {
        let Some(row) = application_find_of_partner(conn, id)? else { return Ok::<_, HttpError>(None) };
        let email = person_find(conn, row.person_id)?.map(|person| person.email);
        Ok(Some((row, email)))
    });
    let application = read.await?.map(|(row, email)| {
        context! {
            id => row.id.to_string(), state => row.state.as_str(), site => row.site, note => row.note, email => email,
            answer => row.answer, created_at => of(row.created_at),
        }
    });
    let known = visitor.app.catalogue.snapshot();
    let stores: Vec<Value> = known
        .stores
        .values()
        .filter(|store| store.row.partner_id == id)
        .map(|store| context! { slug => store.row.slug.as_str(), name => store.row.name.as_str(), active => store.is_active() })
        .collect();
    let limits = |amounts: &[Amount]| amounts.iter().map(Amount::to_string).collect::<Vec<_>>().join("\n");
    Ok(context! {
        id => id.to_string(),
        application => application,
        list => of(checklist(&visitor.app, id).await?),
        stores => stores,
        formats => of(formats()),
        max_commission => limits(&partner.settings.max_commission),
        max_order => limits(&partner.settings.max_order),
        problem_of_adapter => partner.adapter.as_ref().err(),
        failed => "",
        ..parts(visitor, partner).await?
    })
}

/// One partner.
pub(in crate::http::page) async fn show(visitor: Visitor, id: web::Path<PartnerId>) -> PageResult {
    visitor.operator(Permission::Look)?;
    let partner = find(&visitor, id.into_inner())?;
    let values = values(&visitor, &partner).await?;
    visitor.page(TEMPLATE, values)
}

async fn again(visitor: &Visitor, id: PartnerId, failed: &'static str, typed: Fields, error: HttpError) -> PageResult {
    let partner = find(visitor, id)?;
    let values = values(visitor, &partner).await?;
    visitor.again(TEMPLATE, typed, error, context! { failed => failed, ..values })
}

#[derive(Deserialize)]
pub(in crate::http::page) struct DecisionForm {
    application: ApplicationId,
    /// `approve`; anything else declines.
    decision: String,
    #[serde(default)]
    answer: String,
}

/// Lets a partner in that applied, or turns it down.
pub(in crate::http::page) async fn decide(
    visitor: Visitor,
    id: web::Path<PartnerId>,
    form: web::Form<DecisionForm>,
) -> PageResult {
    let (actor, id) = (visitor.operator(Permission::Catalogue)?, id.into_inner());
    let (verdict, said) = match form.decision.as_str() {
        "approve" => (Verdict::Approve, "partner-approved"),
        _decline => (Verdict::Decline, "partner-declined"),
    };
    match application_decide(&visitor.app, actor, form.application, verdict, &form.answer).await {
        Ok(_row) => Ok(visitor.go_saying(&format!("{LIST}/{id}"), said).finish()),
        Err(error) => {
            again(&visitor, id, "decision", Fields::typed([("answer", &form.answer)]), HttpError::from(error)).await
        }
    }
}

#[derive(Deserialize)]
pub(in crate::http::page) struct SettingsForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    adapter: String,
    #[serde(default)]
    currency: String,
    #[serde(default)]
    time_zone: String,
    #[serde(default)]
    max_commission: String,
    #[serde(default)]
    max_order: String,
    /// A box: there when it is ticked.
    direct: Option<String>,
}

/// `25000.00 RUB`, one amount a line.
fn amounts(field: &str, text: &str) -> HttpResult<Vec<Amount>> {
    let wrong = || HttpError::from(ServiceError::invalid(field, "write one amount a line, as 25000.00 RUB"));
    let read = |line: &str| {
        let (sum, currency) = line.trim().rsplit_once(' ').ok_or_else(wrong)?;
        let currency = currency.parse().map_err(|_cause| wrong())?;
        Amount::parse(&crate::web::amount_input(sum), currency).map_err(|_cause| wrong())
    };
    text.lines().filter(|line| !line.trim().is_empty()).map(read).collect()
}

fn change_of(form: &SettingsForm) -> HttpResult<PartnerChange> {
    let currency = match form.currency.trim() {
        "" => None,
        code => Some(code.parse().map_err(|_cause| ServiceError::invalid("currency", "is no currency"))?),
    };
    let zone = form.time_zone.trim();
    let settings = PartnerSettings {
        currency,
        time_zone: (!zone.is_empty()).then(|| zone.to_owned()),
        max_commission: amounts("max_commission", &form.max_commission)?,
        max_order: amounts("max_order", &form.max_order)?,
        direct: form.direct.is_some(),
    };
    Ok(PartnerChange {
        name: Some(form.name.clone()),
        adapter: Some(form.adapter.clone()),
        settings: Some(settings),
        status: None,
    })
}

/// Changes a partner's settings.
pub(in crate::http::page) async fn change(
    visitor: Visitor,
    id: web::Path<PartnerId>,
    form: web::Form<SettingsForm>,
) -> PageResult {
    let (actor, id) = (visitor.operator(Permission::Catalogue)?, id.into_inner());
    let done = async {
        let change = change_of(&form)?;
        let changed = partner_update(&visitor.app, actor, id, change).await;
        changed.map_err(|error| HttpError::from(error.renamed("settings.time_zone", "time_zone")))
    };
    match done.await {
        Ok(_row) => Ok(visitor.go_saying(&format!("{LIST}/{id}"), "partner-changed").finish()),
        Err(error) => {
            let typed = Fields::typed([
                ("name", &*form.name),
                ("adapter", &*form.adapter),
                ("currency", &*form.currency),
                ("time_zone", &*form.time_zone),
                ("max_commission", &*form.max_commission),
                ("max_order", &*form.max_order),
                ("direct", form.direct.as_deref().unwrap_or_default()),
            ]);
            again(&visitor, id, "settings", typed, error).await
        }
    }
}

#[derive(Deserialize)]
pub(in crate::http::page) struct RunForm {
    to: Status,
}

/// Pauses a partner, or takes its calls again.
pub(in crate::http::page) async fn set_status(
    visitor: Visitor,
    id: web::Path<PartnerId>,
    form: web::Form<RunForm>,
) -> PageResult {
    let (actor, id) = (visitor.operator(Permission::Catalogue)?, id.into_inner());
    let change = PartnerChange { status: Some(form.to), ..PartnerChange::default() };
    match partner_update(&visitor.app, actor, id, change).await {
        Ok(_row) => Ok(visitor.go_saying(&format!("{LIST}/{id}"), "partner-changed").finish()),
        Err(error) => again(&visitor, id, "status", Fields::default(), HttpError::from(error)).await,
    }
}

#[derive(Deserialize)]
pub(in crate::http::page) struct SecretForm {
    #[serde(default)]
    keep_hours: String,
}

/// Makes a new secret, shown in the answer itself.
pub(in crate::http::page) async fn secret(
    visitor: Visitor,
    id: web::Path<PartnerId>,
    form: web::Form<SecretForm>,
) -> PageResult {
    let (actor, id) = (visitor.operator(Permission::Catalogue)?, id.into_inner());
    let partner = find(&visitor, id)?;
    let made = async {
        let wrong = |_cause| HttpError::from(ServiceError::invalid("keep_hours", "must be from 0 to 720"));
        let hours: u32 = form.keep_hours.trim().parse().map_err(wrong)?;
        partner_secret_rotate(&visitor.app, actor, id, None, hours).await.map_err(HttpError::from)
    };
    match made.await {
        Ok(made) => once(&visitor, &partner, made.secret.expose(), made.old_until, &format!("{LIST}/{id}")),
        Err(error) => again(&visitor, id, "secret", Fields::typed([("keep_hours", &form.keep_hours)]), error).await,
    }
}

/// Invites somebody to act for a partner.
pub(in crate::http::page) async fn invite(
    visitor: Visitor,
    id: web::Path<PartnerId>,
    form: web::Form<PersonForm>,
) -> PageResult {
    visitor.operator(Permission::Catalogue)?;
    let id = id.into_inner();
    match invite_to(&visitor, &*find(&visitor, id)?, &form).await {
        Ok(()) => Ok(visitor.go_saying(&format!("{LIST}/{id}"), "person-invited").finish()),
        Err(error) => again(&visitor, id, "person", typed(&form), error).await,
    }
}

/// Shuts out one of a partner's people, or lets them in again.
pub(in crate::http::page) async fn person(
    visitor: Visitor,
    path: web::Path<(PartnerId, PersonId)>,
    form: web::Form<StatusForm>,
) -> PageResult {
    let actor = visitor.operator(Permission::Catalogue)?;
    let (id, person) = path.into_inner();
    match accounts::person_set_status(&visitor.app, actor, id, person, form.to).await {
        Ok(()) => Ok(visitor.go_saying(&format!("{LIST}/{id}"), "person-changed").finish()),
        Err(error @ ServiceError::Conflict { .. }) => {
            again(&visitor, id, "people", Fields::default(), error.into()).await
        }
        Err(error) => Err(error.into()),
    }
}
