//! The test bench: what a call would do, step by step, with nothing written; and a link to show it to others.

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::{Deserialize, Serialize};
use url::Url;

use super::own;
use crate::base::Secret;
use crate::base::id::{BenchReportId, PostbackId};
use crate::db::bench_reports::bench_report_list;
use crate::db::clicks::click_list_of_partner;
use crate::domain::adapter::{Adapter, RawCall};
use crate::http::api::orders::call_of;
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult};
use crate::service::catalogue::Partner;
use crate::service::desk::bench_share::{bench_share, bench_shared, bench_unshare, told};
use crate::service::partners::postback_address;
use crate::service::try_postback::{Asker, Trial, try_postback};
use crate::service::{App, ServiceError};

const TEMPLATE: &str = "partner_bench.html";
const PAGE: &str = "/partner/bench";
/// How many links are shown.
const SHOWN: i64 = 50;
/// What stands for the secret in what is typed: the word of our own addresses, and what hides a secret on our pages.
const STANDS_FOR_SECRET: [&str; 2] = ["SECRET", "***"];

/// A field of the network's address.
#[derive(Debug, Serialize)]
struct Part {
    name: String,
    /// What the network puts there.
    stands_for: String,
    value: String,
}

/// A call as it is typed.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::http::page) struct Form {
    #[serde(default)]
    method: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    headers: String,
    #[serde(default)]
    body: String,
    /// Set by the button that makes a link.
    share: Option<String>,
}

impl Form {
    fn typed(&self) -> Fields {
        Fields::typed([
            ("method", &*self.method),
            ("url", &*self.url),
            ("headers", &*self.headers),
            ("body", &*self.body),
        ])
    }

    /// The call as it would come in.
    fn call(&self, app: &App, partner: &Partner) -> HttpResult<RawCall> {
        let wrong = |field: &str, problem: &str| HttpError::from(ServiceError::invalid(field, problem));
        if self.method != "GET" && self.method != "POST" {
            return Err(wrong("call_method", "must be GET or POST"));
        }
        let secret = partner.secrets.first().map(|secret| secret.expose().to_owned()).unwrap_or_default();
        let filled =
            |text: &str| STANDS_FOR_SECRET.iter().fold(text.to_owned(), |text, word| text.replace(word, &secret));
        let typed = filled(self.url.trim());
        let (address, query) = match typed.split_once('?') {
            Some((address, query)) => (address, query.split('#').next().unwrap_or_default()),
            // What has no address before it is a query by itself.
            None if typed.contains('=') && !typed.contains("://") => ("", &*typed),
            None => (&*typed, ""),
        };
        let path = Url::parse(address).map_or_else(|_no_address| address.to_owned(), |url| url.path().to_owned());
        let mut segments = path.trim_start_matches('/').split('/');
        let path_secret = match (segments.next(), segments.next(), segments.next()) {
            (Some("postback"), Some(_slug), Some(secret)) if !secret.is_empty() => Some(Secret::new(secret)),
            (_, _, _) => None,
        };
        let headers = self.headers.lines().filter(|line| !line.trim().is_empty()).map(|line| {
            let (name, value) =
                line.split_once(':').ok_or_else(|| wrong("headers", "write one a line, as Name: value"))?;
            Ok((name.trim().to_ascii_lowercase(), filled(value.trim())))
        });
        let headers = headers.collect::<HttpResult<Vec<_>>>()?;
        let tail = path_secret.as_ref().map(|secret| format!("/{}", secret.expose())).unwrap_or_default();
        let mark = if query.is_empty() { String::new() } else { format!("?{query}") };
        Ok(RawCall {
            method: self.method.clone(),
            public_url: app.public_url(&format!("/postback/{}{tail}{mark}", partner.row.slug)),
            path_secret,
            query: query.to_owned(),
            // A form sends line ends as CR LF, which nobody typed.
            body: filled(&self.body.replace("\r\n", "\n")).into_bytes(),
            headers,
            peer: None,
        })
    }
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Query {
    /// A kept call to begin with.
    call: Option<PostbackId>,
}

/// The fields of the address that the partner's format suggests, with what was typed, or a click of the partner's own, filled
/// in.
fn parts(adapter: &Adapter, click: Option<&str>, typed: &[(String, String)]) -> Vec<Part> {
    let outbound = adapter.outbound();
    let example = outbound.postback_example.as_deref().unwrap_or_default();
    let query = example.split_once('?').map_or("", |(_, query)| query);
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, stands_for)| {
            let carries = outbound.click_params.iter().any(|param| stands_for.contains(param.as_str()));
            let known = typed.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
            let value = known.or(click.filter(|_| carries)).unwrap_or_default().to_owned();
            Part { name: name.to_owned(), stands_for: stands_for.to_owned(), value }
        })
        .collect()
}

async fn values(visitor: &Visitor, partner: &Partner, typed: &[(String, String)]) -> HttpResult<Value> {
    let (id, now) = (partner.row.id, visitor.now());
    let read = visitor.app.db.read(move |conn| {
        let newest = click_list_of_partner(conn, id, None, 1)?.0.first().map(|click| click.id.reference());
        Ok::<_, HttpError>((bench_report_list(conn, id, now, None, SHOWN)?, newest))
    });
    let (links, click) = read.await?;
    let links: Vec<Value> = links
        .into_iter()
        .map(|row| {
            context! { id => row.id.to_string(), created_at => of(row.created_at), expires_at => of(row.expires_at) }
        })
        .collect();
    let adapter = partner.adapter.as_ref().ok();
    let url = visitor.app.public_url(&format!("/postback/{}", partner.row.slug));
    Ok(context! {
        parts => of(adapter.map(|adapter| parts(adapter, click.as_deref(), typed)).unwrap_or_default()),
        example => adapter.and_then(|adapter| postback_address(adapter, &url, "SECRET")),
        links => links,
        trial => (),
        link => (),
    })
}

/// The bench, empty or with a kept call.
pub(in crate::http::page) async fn show(visitor: Visitor, query: web::Query<Query>) -> PageResult {
    let (partner, _) = own(&visitor)?;
    let mut form = Form { method: "GET".to_owned(), ..Form::default() };
    if let Some(id) = query.call {
        let kept = call_of(&visitor.app, partner.row.id, id).await?;
        if let Some(call) = kept.call {
            let headers = call.headers.iter().filter(|header| header.name != "host" && header.name != "content-length");
            form.headers = headers.map(|header| format!("{}: {}\n", header.name, header.value)).collect();
            (form.method, form.url, form.body) = (call.method, call.url, call.body);
        }
    }
    let values = values(&visitor, &partner, &[]).await?;
    visitor.page(TEMPLATE, context! { form => of(form.typed()), ..values })
}

/// Tries what was typed; with the other button, makes a link to what came of it.
pub(in crate::http::page) async fn submit(visitor: Visitor, form: web::Form<Form>) -> PageResult {
    let (partner, actor) = own(&visitor)?;
    let done = async {
        let trial = told(&run(&visitor, &partner, &form).await?, &partner.secrets)?;
        let shared = match form.share {
            Some(_) => Some(bench_share(&visitor.app, &actor, partner.row.id, &trial).await?),
            None => None,
        };
        Ok::<_, HttpError>((trial, shared))
    };
    match done.await {
        Ok((trial, shared)) => {
            let link = shared.map(|shared| {
                context! {
                    address => visitor.app.public_url(&format!("/shared/bench/{}", shared.code.expose())),
                    expires_at => of(shared.expires_at),
                }
            });
            let values = values(&visitor, &partner, &[]).await?;
            visitor.page(TEMPLATE, context! { trial => of(trial), link => link, form => of(form.typed()), ..values })
        }
        Err(error) => {
            let values = values(&visitor, &partner, &[]).await?;
            visitor.again(TEMPLATE, form.typed(), error, values)
        }
    }
}

async fn run(visitor: &Visitor, partner: &std::sync::Arc<Partner>, form: &Form) -> HttpResult<Trial> {
    let call = form.call(&visitor.app, partner)?;
    Ok(try_postback(&visitor.app, Asker::Partner, partner, call, None).await?)
}

/// Builds a call from the format's own fields, and shows it ready to be tried.
pub(in crate::http::page) async fn build(visitor: Visitor, fields: web::Form<Vec<(String, String)>>) -> PageResult {
    let (partner, _) = own(&visitor)?;
    let filled = fields.iter().filter(|(_, value)| !value.trim().is_empty());
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(filled).finish();
    let url = visitor.app.public_url(&format!("/postback/{}/SECRET?{query}", partner.row.slug));
    let form = Form { method: "GET".to_owned(), url, ..Form::default() };
    let trial = told(&run(&visitor, &partner, &form).await?, &partner.secrets)?;
    let values = values(&visitor, &partner, &fields).await?;
    visitor.page(TEMPLATE, context! { trial => of(trial), form => of(form.typed()), ..values })
}

/// Takes a link back.
pub(in crate::http::page) async fn unshare(visitor: Visitor, id: web::Path<BenchReportId>) -> PageResult {
    let (partner, actor) = own(&visitor)?;
    bench_unshare(&visitor.app, &actor, partner.row.id, id.into_inner()).await?;
    Ok(visitor.go_saying(PAGE, "link-ended").finish())
}

/// A shared report, for anybody who has the link.
pub(in crate::http::page) async fn shared(visitor: Visitor, code: web::Path<String>) -> PageResult {
    let row = bench_shared(&visitor.app, &code).await?;
    let trial: serde_json::Value = serde_json::from_str(&row.body).map_err(ServiceError::internal)?;
    visitor.page(
        "partner_bench_shared.html",
        context! { trial => of(trial), created_at => of(row.created_at), expires_at => of(row.expires_at) },
    )
}
