//! One destination of one kind: typed here, or a card by the provider's own form, whose script this page alone may load.

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use crate::base::Secret;
use crate::domain::payout::MethodKind;
use crate::domain::payout::typed::Typed;
use crate::http::api::payouts::{Provider, origin_of, providers_of};
use crate::http::page::{Fields, PageResult, Visitor};
use crate::http::{HttpError, HttpResult};
use crate::provider::SbpBank;
use crate::service::ServiceError;
use crate::service::payouts::method_add::{NewMethod, method_add};

const TEMPLATE: &str = "method_new.html";

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    #[serde(default)]
    provider: String,
    #[serde(default)]
    token: Option<Secret>,
    #[serde(default)]
    masked: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    bank_id: String,
    #[serde(default)]
    account: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    iban: String,
    #[serde(default)]
    bik: String,
    #[serde(default)]
    name: String,
}

/// The form of a kind.
pub(in crate::http::page) async fn show(visitor: Visitor, kind: web::Path<String>) -> PageResult {
    let kind = offered(&visitor, &kind)?;
    let (values, visitor) = values(visitor, kind).await?;
    visitor.page(TEMPLATE, values)
}

/// Saves a destination.
pub(in crate::http::page) async fn add(visitor: Visitor, kind: web::Path<String>, form: web::Form<Form>) -> PageResult {
    let (kind, form) = (offered(&visitor, &kind)?, form.into_inner());
    let typed = [
        ("phone", &*form.phone),
        ("bank_id", &*form.bank_id),
        ("account", &*form.account),
        ("email", &*form.email),
        ("iban", &*form.iban),
        ("bik", &*form.bik),
        ("name", &*form.name),
    ];
    let typed = Fields::typed(typed);
    match save(&visitor, kind, form).await {
        Ok(()) => Ok(visitor.go_saying("/methods", "method-added").finish()),
        Err(error) => {
            let (values, visitor) = values(visitor, kind).await?;
            visitor.again(TEMPLATE, typed, error, values)
        }
    }
}

async fn save(visitor: &Visitor, kind: MethodKind, form: Form) -> HttpResult<()> {
    let Form { provider, token, masked, phone, bank_id, account, email, iban, bik, name } = form;
    let typed = Typed { phone, bank_id, account, email, iban, bik, name };
    let token = token.unwrap_or_else(|| Secret::new(""));
    let new = NewMethod { provider, kind, token, masked, typed };
    method_add(&visitor.app, visitor.shopper()?, new).await.map(|_row| ()).map_err(HttpError::from)
}

/// The kind, if some provider pays to it by this page.
fn offered(visitor: &Visitor, kind: &str) -> HttpResult<MethodKind> {
    visitor.shopper()?;
    let kind: MethodKind = kind.parse().map_err(|_no_kind| ServiceError::NotFound("kind of destination"))?;
    let here = |provider: &Provider| {
        provider.typed.contains(&kind) || (kind == MethodKind::Card && provider.widget_script.is_some())
    };
    if providers_of(&visitor.app).iter().any(here) {
        Ok(kind)
    } else {
        Err(ServiceError::NotFound("kind of destination").into())
    }
}

async fn values(visitor: Visitor, kind: MethodKind) -> HttpResult<(Value, Visitor)> {
    let providers = providers_of(&visitor.app);
    let widget = providers.iter().filter(|_one| kind == MethodKind::Card).find(|one| one.widget_script.is_some());
    let origins = widget.and_then(|one| origin_of(one.widget_script.as_deref()?)).into_iter().collect();
    let banks: Vec<(String, String)> = match kind {
        MethodKind::Sbp => banks(&visitor).await.into_iter().map(|bank| (bank.id, bank.name)).collect(),
        MethodKind::Card
        | MethodKind::Wallet
        | MethodKind::YooMoney
        | MethodKind::PayPal
        | MethodKind::Iban
        | MethodKind::Account => Vec::new(),
    };
    let values = context! {
        kind => kind.as_str(), banks => banks, cool_off => visitor.app.config.payouts.cool_off_hours,
        provider => widget.map(|one| one.name.clone()),
        script => widget.and_then(|one| one.widget_script.clone()),
        account => widget.and_then(|one| one.widget_account.clone()),
    };
    Ok((values, visitor.embedding(origins)))
}

/// The banks that can be chosen; none when nobody tells them now: then their number is typed.
async fn banks(visitor: &Visitor) -> Vec<SbpBank> {
    let pays = |way: &crate::provider::Way| way.kind == MethodKind::Sbp;
    let Some(provider) = visitor.app.providers.iter().find(|one| one.ways().iter().any(pays)) else {
        return Vec::new();
    };
    provider.banks().await.unwrap_or_else(|cause| {
        tracing::warn!(%cause, "the banks of SBP cannot be read");
        Vec::new()
    })
}
