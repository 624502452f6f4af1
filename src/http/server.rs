//! The server: actix-web's workers around the table of routes.

use std::future::Future;
use std::io;
use std::net::TcpListener;

use actix_multipart::form::MultipartFormConfig;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App as ActixApp, HttpServer, web};
use utoipa::openapi::OpenApi;
use utoipa_actix_web::AppExt as _;
use utoipa_actix_web::scope::Scope;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{error, metrics, middleware, openapi, page, routes};
use crate::config::ServerRole;
use crate::service::App;
use crate::service::limits::Limits;
use crate::web::Web;

/// The largest body that is taken, in bytes, unless a route says otherwise.
pub const BODY_LIMIT: usize = 64 * 1024;
/// The largest form with a file in it, in bytes: a little more than the file may have, so that it can be told what is wrong.
const UPLOAD_LIMIT: usize = 7 * 1024 * 1024;
/// How long running requests may take once the server is told to stop, in seconds.
const GRACE: u64 = 20;

/// Serves until `stop` is ready; then takes no new connections, and lets running requests end.
///
/// # Errors
/// When the listener cannot be used.
pub async fn serve(app: App, listener: TcpListener, stop: impl Future<Output = ()>) -> io::Result<()> {
    let upkeep = tokio::spawn(metrics::keep_small());
    let role = app.config.role;
    let document = document_of(role);
    let rendered = openapi::Rendered(web::Bytes::from(document.to_json().map_err(io::Error::other)?));
    let rendered = web::Data::new(rendered);
    let methods = web::Data::new(routes::Methods::of(&document));
    let limits = web::Data::new(Limits::of(&app.config.limits));
    let pages = web::Data::new(Web::start(&app.config.site).map_err(io::Error::other)?);
    let app = web::Data::new(app);
    let server = HttpServer::new(move || {
        let every = ActixApp::new().into_utoipa_app();
        let routed = match role {
            ServerRole::All => {
                // Neither is for programs, so neither is in the document of the API.
                let for_people = web::scope("")
                    .route("/api/docs", web::get().to(openapi::to_page))
                    .service(openapi::page())
                    .configure(page::configure);
                let others = Scope::from(for_people).configure(routes::others).wrap(Compress::default());
                every.configure(routes::hot).service(others)
            }
            ServerRole::Redirect => every.configure(routes::configure_redirect),
        };
        routed
            .into_app()
            .app_data(app.clone())
            .app_data(limits.clone())
            .app_data(pages.clone())
            .app_data(rendered.clone())
            .app_data(methods.clone())
            .app_data(web::PayloadConfig::new(BODY_LIMIT))
            .app_data(web::JsonConfig::default().limit(BODY_LIMIT).error_handler(error::json_error))
            .app_data(web::FormConfig::default().limit(BODY_LIMIT).error_handler(error::form_error))
            .app_data(MultipartFormConfig::default().total_limit(UPLOAD_LIMIT).memory_limit(UPLOAD_LIMIT))
            .app_data(web::QueryConfig::default().error_handler(error::query_error))
            .app_data(web::PathConfig::default().error_handler(error::path_error))
            .default_service(web::to(routes::nothing))
            .wrap(from_fn(middleware::around))
    });
    // What is sent in two parts would wait for the client's late acknowledgement of the first: 40 ms a page.
    let server = server.tcp_nodelay(true);
    let running = server.disable_signals().shutdown_timeout(GRACE).listen(listener)?.run();
    let handle = running.handle();
    tokio::pin!(running);
    tokio::select! {
        done = &mut running => return done,
        () = stop => tracing::info!("stopping: running requests may end"),
    }
    let ((), done) = tokio::join!(handle.stop(true), running);
    upkeep.abort();
    done
}

/// The OpenAPI document of all routes.
#[must_use]
pub fn document() -> OpenApi {
    document_of(ServerRole::All)
}

fn document_of(role: ServerRole) -> OpenApi {
    ActixApp::new().into_utoipa_app().openapi(openapi::base()).configure(routes_of(role)).split_for_parts().1
}

fn routes_of(role: ServerRole) -> fn(&mut ServiceConfig<'_>) {
    match role {
        ServerRole::All => routes::configure,
        ServerRole::Redirect => routes::configure_redirect,
    }
}

/// Ready when the process is told to stop: SIGINT (Ctrl-C) or SIGTERM.
pub async fn stop_signal() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminated) => tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            },
            Err(cause) => {
                tracing::warn!(%cause, "SIGTERM cannot be watched; only Ctrl-C stops the server gently");
                let _ = interrupted.await;
            }
        }
    }
    #[cfg(not(unix))]
    let _ = interrupted.await;
}
