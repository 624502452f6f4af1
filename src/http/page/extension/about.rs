//! What the extension does and never does, and where to get it: files of a folder that the operator fills.

use std::path::PathBuf;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use minijinja::context;
use serde::Serialize;

use crate::domain::extension::sign::fingerprint;
use crate::http::page::{PageResult, Visitor, of};
use crate::service::extension::list_keys;
use crate::service::{App, ServiceError};

/// The largest file that is given out, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

/// A package of the extension.
#[derive(Serialize)]
struct Package {
    /// `chrome` or `firefox`.
    browser: &'static str,
    /// The file's name.
    name: String,
}

/// Whose package a file is, by its name: `kopilka-chrome-1.2.3.zip`. Nothing else in the folder is given out.
fn browser_of(name: &str) -> Option<&'static str> {
    let inner = name.strip_prefix("kopilka-")?.strip_suffix(".zip")?;
    let (browser, version) = inner.split_once('-')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    if version.is_empty() || version.len() > 40 || !version.chars().all(plain) {
        return None;
    }
    ["chrome", "firefox"].into_iter().find(|known| *known == browser)
}

/// The packages in the folder, by name. A folder that cannot be read has none.
fn packages(app: &App) -> Vec<Package> {
    let Some(folder) = &app.config.site.extension_folder else { return Vec::new() };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<Package> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            browser_of(&name).map(|browser| Package { browser, name })
        })
        .collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

/// The page.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    let key = list_keys(&visitor.app).await?.key.public();
    let origin = visitor.app.config.public_url.origin().ascii_serialization();
    let packages = packages(&visitor.app);
    visitor.page(
        "extension.html",
        context! { packages => of(packages), fingerprint => fingerprint(&key), origin => origin },
    )
}

/// One package.
pub(in crate::http::page) async fn file(visitor: Visitor, name: web::Path<String>) -> PageResult {
    let missing = || ServiceError::NotFound("file");
    browser_of(&name).ok_or_else(missing)?;
    let folder = visitor.app.config.site.extension_folder.as_ref().ok_or_else(missing)?;
    let body = web::block({
        let path: PathBuf = folder.join(name.as_str());
        move || {
            let fits = std::fs::metadata(&path).is_ok_and(|file| file.is_file() && file.len() <= LARGEST);
            fits.then(|| std::fs::read(&path).ok()).flatten()
        }
    });
    let body = body.await.map_err(ServiceError::internal)?.ok_or_else(missing)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/zip"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", name.as_str())))
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .body(body))
}
