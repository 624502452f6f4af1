//! A partner's settings: the address of its calls, secrets, limits, API tokens, and the people who act for it.

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::{Deserialize, Serialize};

use super::own;
use crate::base::Timestamp;
use crate::base::id::{PersonId, TokenId};
use crate::db::partners::partner_secret_list;
use crate::db::people::person_list;
use crate::domain::access::AccountStatus;
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult};
use crate::service::ServiceError;
use crate::service::accounts::{self, NewPerson, TokenWanted};
use crate::service::catalogue::Partner;
use crate::service::limits::Limits;
use crate::service::partners::{partner_secret_rotate, postback_address};

const TEMPLATE: &str = "partner_settings.html";
const ONCE: &str = "partner_once.html";
const PAGE: &str = "/partner/settings";
/// How many tokens and people are shown.
const SHOWN: i64 = 100;

/// A secret without the secret.
#[derive(Serialize)]
pub(in crate::http::page) struct SecretLine {
    created_at: Timestamp,
    until: Option<Timestamp>,
}

/// A person.
#[derive(Serialize)]
pub(in crate::http::page) struct PersonLine {
    id: PersonId,
    email: String,
    name: String,
    confirmed: bool,
    blocked: bool,
    own: bool,
}

/// What is the same on the partner's page and the operators' page of it.
pub(in crate::http::page) async fn parts(visitor: &Visitor, partner: &Partner) -> HttpResult<Value> {
    let (id, now) = (partner.row.id, visitor.now());
    let me = visitor.caller.as_ref().map(|caller| caller.actor.to_string()).unwrap_or_default();
    let read = visitor.app.db.read(move |conn| {
        Ok::<_, HttpError>((partner_secret_list(conn, id, now)?, person_list(conn, id, None, SHOWN)?))
    });
    let (secrets, people) = read.await?;
    let secrets: Vec<SecretLine> =
        secrets.into_iter().map(|row| SecretLine { created_at: row.created_at, until: row.retired_at }).collect();
    let people = people.into_iter().map(|row| PersonLine {
        own: me == format!("person/{}", row.id),
        id: row.id,
        email: row.email,
        name: row.name,
        confirmed: row.email_confirmed_at.is_some(),
        blocked: row.status == AccountStatus::Blocked,
    });
    let people: Vec<PersonLine> = people.collect();
    let url = visitor.app.public_url(&format!("/postback/{}", partner.row.slug));
    let adapter = partner.adapter.as_ref().ok();
    Ok(context! {
        name => partner.row.name.as_str(),
        slug => partner.row.slug.as_str(),
        status => partner.row.status.as_str(),
        adapter => partner.row.adapter.as_str(),
        title => adapter.and_then(|adapter| adapter.about().title.clone()),
        notes => adapter.map(|adapter| adapter.about().notes.clone()).unwrap_or_default(),
        auth => adapter.map(|adapter| adapter.auth_kind()),
        url => url.as_str(),
        address => adapter.and_then(|adapter| postback_address(adapter, &url, "SECRET")),
        settings => of(&partner.settings),
        secrets => of(secrets),
        people => of(people),
    })
}

async fn values(visitor: &Visitor) -> HttpResult<Value> {
    let (partner, actor) = own(visitor)?;
    let tokens = accounts::partner_token_list(&visitor.app, &actor, partner.row.id, None, SHOWN).await?;
    let tokens: Vec<Value> = tokens
        .into_iter()
        .map(|row| {
            context! {
                id => row.id.to_string(), name => row.name, created_at => of(row.created_at), expires_at => of(row.expires_at),
            }
        })
        .collect();
    let factor = accounts::factor_state(&visitor.app, &actor).await?.on;
    Ok(context! { tokens => tokens, factor => factor, failed => "", ..parts(visitor, &partner).await? })
}

/// The settings.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    let values = values(&visitor).await?;
    visitor.page(TEMPLATE, values)
}

async fn again(visitor: &Visitor, failed: &'static str, typed: Fields, error: HttpError) -> PageResult {
    let values = values(visitor).await?;
    visitor.again(TEMPLATE, typed, error, context! { failed => failed, ..values })
}

#[derive(Deserialize)]
pub(in crate::http::page) struct SecretForm {
    #[serde(default)]
    keep_hours: String,
}

/// Makes a new secret. It is shown in the answer itself, which is the only time.
pub(in crate::http::page) async fn secret(visitor: Visitor, form: web::Form<SecretForm>) -> PageResult {
    let (partner, actor) = own(&visitor)?;
    let made = async {
        let wrong = |_cause| HttpError::from(ServiceError::invalid("keep_hours", "must be from 0 to 720"));
        let hours: u32 = form.keep_hours.trim().parse().map_err(wrong)?;
        partner_secret_rotate(&visitor.app, &actor, partner.row.id, None, hours).await.map_err(HttpError::from)
    };
    match made.await {
        Ok(made) => once(&visitor, &partner, made.secret.expose(), made.old_until, PAGE),
        Err(error) => again(&visitor, "secret", Fields::typed([("keep_hours", &form.keep_hours)]), error).await,
    }
}

/// The page that shows a secret, with the address that carries it.
pub(in crate::http::page) fn once(
    visitor: &Visitor,
    partner: &Partner,
    secret: &str,
    old_until: Timestamp,
    back: &str,
) -> PageResult {
    let url = visitor.app.public_url(&format!("/postback/{}", partner.row.slug));
    let address = partner.adapter.as_ref().ok().and_then(|adapter| postback_address(adapter, &url, secret));
    visitor.page(
        ONCE,
        context! { kind => "secret", secret => secret, address => address, old_until => of(old_until), back => back },
    )
}

#[derive(Deserialize)]
pub(in crate::http::page) struct TokenForm {
    #[serde(default)]
    token_name: String,
    #[serde(default)]
    expires_in_days: String,
    /// Of the second factor.
    #[serde(default)]
    code: String,
}

/// Makes an API token for the partner's programs, shown in the answer itself.
pub(in crate::http::page) async fn token(
    visitor: Visitor,
    limits: web::Data<Limits>,
    form: web::Form<TokenForm>,
) -> PageResult {
    let (partner, actor) = own(&visitor)?;
    let made = async {
        let days = match form.expires_in_days.trim() {
            "" => None,
            days => Some(days.parse().map_err(|_cause| ServiceError::invalid("expires_in_days", "must be 1 to 3650"))?),
        };
        let wanted = TokenWanted { name: form.token_name.clone(), expires_in_days: days, code: form.code.clone() };
        let made = accounts::partner_token_create(&visitor.app, &limits, &actor, partner.row.id, wanted).await;
        made.map_err(|error| error.renamed("name", "token_name"))
    };
    match made.await {
        Ok(made) => visitor.page(
            ONCE,
            context! { kind => "token", secret => made.token.expose(), address => (), old_until => (), back => PAGE },
        ),
        Err(error) => {
            let typed = [("token_name", &*form.token_name), ("expires_in_days", &*form.expires_in_days)];
            again(&visitor, "token", Fields::typed(typed), error.into()).await
        }
    }
}

/// Ends an API token.
pub(in crate::http::page) async fn end_token(visitor: Visitor, id: web::Path<TokenId>) -> PageResult {
    let (partner, actor) = own(&visitor)?;
    accounts::partner_token_revoke(&visitor.app, &actor, partner.row.id, id.into_inner()).await?;
    Ok(visitor.go_saying(PAGE, "token-ended").finish())
}

#[derive(Deserialize)]
pub(in crate::http::page) struct PersonForm {
    #[serde(default)]
    pub person: String,
    #[serde(default)]
    pub email: String,
}

/// Invites a colleague.
pub(in crate::http::page) async fn invite(visitor: Visitor, form: web::Form<PersonForm>) -> PageResult {
    let (partner, _) = own(&visitor)?;
    match invite_to(&visitor, &partner, &form).await {
        Ok(()) => Ok(visitor.go_saying(PAGE, "person-invited").finish()),
        Err(error) => again(&visitor, "person", typed(&form), error).await,
    }
}

/// What was typed about a person.
pub(in crate::http::page) fn typed(form: &PersonForm) -> Fields {
    Fields::typed([("person", &form.person), ("email", &form.email)])
}

/// Invites somebody to act for a partner.
pub(in crate::http::page) async fn invite_to(
    visitor: &Visitor,
    partner: &Partner,
    form: &PersonForm,
) -> HttpResult<()> {
    let actor = &visitor.signed_in()?.actor;
    let wanted = NewPerson {
        partner: partner.row.id,
        email: form.email.clone(),
        name: form.person.clone(),
        language: visitor.reader.language,
    };
    let made = accounts::person_invite(&visitor.app, actor, wanted).await;
    made.map(drop).map_err(|error| error.renamed("name", "person").into())
}

#[derive(Deserialize)]
pub(in crate::http::page) struct StatusForm {
    /// `active` or `blocked`.
    pub to: AccountStatus,
}

/// Shuts a colleague out, or lets them in again.
pub(in crate::http::page) async fn person(
    visitor: Visitor,
    id: web::Path<PersonId>,
    form: web::Form<StatusForm>,
) -> PageResult {
    let (partner, actor) = own(&visitor)?;
    match accounts::person_set_status(&visitor.app, &actor, partner.row.id, id.into_inner(), form.to).await {
        Ok(()) => Ok(visitor.go_saying(PAGE, "person-changed").finish()),
        Err(error @ ServiceError::Conflict { .. }) => again(&visitor, "people", Fields::default(), error.into()).await,
        Err(error) => Err(error.into()),
    }
}
