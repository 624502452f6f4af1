//! Webhooks: a partner's endpoints on its pages, the operators' on theirs. Both are the same pages.

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;

use crate::base::id::{HookId, HookMessageId};
use crate::domain::access::Actor;
use crate::domain::hook::EventKind;
use crate::http::api::hooks::{Hook, Message};
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::ServiceError;
use crate::service::hooks::{
    Made, NewHook, hook_add, hook_change, hook_get, hook_list, hook_messages, hook_remove, hook_resend, hook_rotate,
    hook_test, owner_of,
};

const LIST: &str = "hooks.html";
const ONE: &str = "hook.html";
/// How many messages a page shows.
const SHOWN: i64 = 30;

/// Where these pages are for whoever looks, and who that is.
fn place(visitor: &Visitor) -> HttpResult<(&'static str, Actor)> {
    let actor = visitor.signed_in()?.actor.clone();
    let place = match &actor {
        Actor::Person(..) => "/partner/webhooks",
        Actor::Operator(..) => "/operator/webhooks",
        Actor::Shopper(_) | Actor::Partner(_) | Actor::Console => return Err(ServiceError::Forbidden.into()),
    };
    Ok((place, actor))
}

/// What every page of these needs: where it is, whether things can be changed, and what can be chosen.
fn around(visitor: &Visitor) -> HttpResult<Value> {
    let (place, actor) = place(visitor)?;
    let partner = actor.partner().is_some();
    let choices: Vec<&str> = EventKind::ALL
        .iter()
        .filter(|kind| kind.can_be_chosen() && (!partner || kind.for_partners()))
        .map(|kind| kind.as_str())
        .collect();
    Ok(context! { place => place, choices => choices, changes => owner_of(&actor, true).is_ok() })
}

async fn list_values(visitor: &Visitor) -> HttpResult<Value> {
    let (_, actor) = place(visitor)?;
    let rows = hook_list(&visitor.app, &actor).await?;
    let hooks = rows.into_iter().map(Hook::of).collect::<HttpResult<Vec<_>>>()?;
    Ok(context! { hooks => of(hooks), chosen => Vec::<String>::new(), ..around(visitor)? })
}

/// The endpoints, and the form for a new one.
pub(in crate::http::page) async fn list(visitor: Visitor) -> PageResult {
    let values = list_values(&visitor).await?;
    visitor.page(LIST, values)
}

/// A form that has a field several times, as boxes do.
type Form = Vec<(String, String)>;

fn text<'f>(form: &'f Form, name: &str) -> &'f str {
    form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

fn chosen(form: &Form) -> Vec<String> {
    form.iter().filter(|(key, _)| key == "events").map(|(_, value)| value.clone()).collect()
}

fn read(form: &Form) -> HttpResult<NewHook> {
    let wrong = || HttpError::from(ServiceError::invalid("events", "choose at least one"));
    let events = chosen(form).into_iter().map(|word| word.parse().map_err(|_unknown| wrong()));
    Ok(NewHook {
        name: Some(text(form, "name").to_owned()),
        url: Some(text(form, "url").to_owned()),
        events: Some(events.collect::<HttpResult<Vec<EventKind>>>()?),
        on: None,
    })
}

fn typed(form: &Form) -> Fields {
    Fields::typed([("name", text(form, "name")), ("url", text(form, "url"))])
}

/// Makes an endpoint; its secret is shown in the answer itself.
pub(in crate::http::page) async fn add(visitor: Visitor, form: web::Form<Form>) -> PageResult {
    let (place, actor) = place(&visitor)?;
    let add = async { Ok::<_, HttpError>(hook_add(&visitor.app, &actor, read(&form)?).await?) };
    match add.await {
        Ok(made) => once(&visitor, &made, place),
        Err(error) => {
            let values = list_values(&visitor).await?;
            visitor.again(LIST, typed(&form), error, context! { chosen => chosen(&form), ..values })
        }
    }
}

fn once(visitor: &Visitor, made: &Made, place: &str) -> PageResult {
    visitor.page(
        "hook_secret.html",
        context! { secret => made.secret.expose(), old_until => of(made.old_until), back => format!("{place}/{}", made.row.id) },
    )
}

async fn values(visitor: &Visitor, id: HookId, page: &Page) -> HttpResult<Value> {
    let (_, actor) = place(visitor)?;
    let hook = Hook::of(hook_get(&visitor.app, &actor, id).await?)?;
    let rows = hook_messages(&visitor.app, &actor, id, page.key()?, SHOWN + 1).await?;
    let found = PageOf::new(rows, SHOWN, |row| row.id)?.map(Message::from);
    Ok(context! {
        hook => of(hook), messages => of(found.items), next => found.next, first => page.after.is_none(), failed => "",
        ..around(visitor)?
    })
}

/// One endpoint, and what it was told.
pub(in crate::http::page) async fn show(visitor: Visitor, id: web::Path<HookId>, page: web::Query<Page>) -> PageResult {
    let values = values(&visitor, id.into_inner(), &page).await?;
    visitor.page(ONE, values)
}

/// Changes it, switches it on or off, gives it a new secret, tries it out, or removes it: `do` says which.
pub(in crate::http::page) async fn act(visitor: Visitor, id: web::Path<HookId>, form: web::Form<Form>) -> PageResult {
    let ((place, actor), id) = (place(&visitor)?, id.into_inner());
    let (app, here) = (&visitor.app, format!("{place}/{id}"));
    let switch = |on| NewHook { on: Some(on), ..NewHook::default() };
    let done: HttpResult<&str> = match text(&form, "do") {
        "remove" => {
            hook_remove(app, &actor, id).await?;
            return Ok(visitor.go_saying(place, "hook-removed").finish());
        }
        "secret" => {
            let wrong = |_cause| HttpError::from(ServiceError::invalid("keep_hours", "must be from 0 to 720"));
            let rotated = async {
                let hours = text(&form, "keep_hours").trim().parse().map_err(wrong)?;
                Ok::<_, HttpError>(hook_rotate(app, &actor, id, hours).await?)
            };
            match rotated.await {
                Ok(made) => return once(&visitor, &made, place),
                Err(error) => Err(error),
            }
        }
        "test" => hook_test(app, &actor, id).await.map(|_row| "hook-tested").map_err(HttpError::from),
        "on" => hook_change(app, &actor, id, switch(true)).await.map(|_row| "hook-on").map_err(HttpError::from),
        "off" => hook_change(app, &actor, id, switch(false)).await.map(|_row| "hook-off").map_err(HttpError::from),
        _change => match read(&form) {
            Ok(wanted) => {
                hook_change(app, &actor, id, wanted).await.map(|_row| "hook-changed").map_err(HttpError::from)
            }
            Err(error) => Err(error),
        },
    };
    match done {
        Ok(said) => Ok(visitor.go_saying(&here, said).finish()),
        Err(error) => {
            let values = values(&visitor, id, &Page::default()).await?;
            visitor.again(ONE, typed(&form), error, context! { failed => text(&form, "do").to_owned(), ..values })
        }
    }
}

/// Has a message sent again.
pub(in crate::http::page) async fn resend(visitor: Visitor, path: web::Path<(HookId, HookMessageId)>) -> PageResult {
    let ((place, actor), (id, message)) = (place(&visitor)?, path.into_inner());
    hook_resend(&visitor.app, &actor, id, message).await?;
    Ok(visitor.go_saying(&format!("{place}/{id}"), "hook-resent").finish())
}
