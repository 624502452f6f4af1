//! The files: which there are, and where they are read from.

use std::borrow::Cow;
use std::path::PathBuf;

use crate::base::secret::sha256_hex;

/// The files of one folder, by name, as they were when the program was built.
macro_rules! folder {
    ($folder:literal: $($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!($folder, "/", $name)))),+]
    };
}

/// Every template.
pub const TEMPLATES: &[(&str, &str)] = folder!["templates":
    "account.html",
    "account_extension.html",
    "balance.html",
    "base.html",
    "claim.html",
    "claim_new.html",
    "claims.html",
    "clicks.html",
    "confirm.html",
    "error.html",
    "extension.html",
    "extension_connect.html",
    "extension_connected.html",
    "factor.html",
    "home.html",
    "leave.html",
    "letter.html",
    "leave_account.html",
    "macros.html",
    "methods.html",
    "new_password.html",
    "operator_account.html",
    "operator_adapter.html",
    "operator_adapters.html",
    "operator_adjustment.html",
    "operator_adjustment_new.html",
    "operator_adjustments.html",
    "operator_audit.html",
    "operator_call.html",
    "operator_calls.html",
    "operator_claim.html",
    "operator_claims.html",
    "operator_click.html",
    "operator_extension.html",
    "operator_home.html",
    "operator_inbox.html",
    "operator_jobs.html",
    "operator_ledger.html",
    "operator_macros.html",
    "operator_more.html",
    "operator_nav.html",
    "operator_operators.html",
    "operator_order.html",
    "operator_orders.html",
    "operator_pack.html",
    "operator_partner.html",
    "operator_partners.html",
    "operator_payout.html",
    "operator_payouts.html",
    "operator_search.html",
    "operator_shopper.html",
    "operator_shoppers.html",
    "operator_sign_in.html",
    "operator_store.html",
    "operator_store_edit.html",
    "operator_store_import.html",
    "operator_stores.html",
    "operator_terms.html",
    "order.html",
    "orders.html",
    "partner_account.html",
    "partner_apply.html",
    "partner_bench.html",
    "partner_bench_shared.html",
    "partner_call.html",
    "partner_calls.html",
    "partner_change.html",
    "partner_changes.html",
    "partner_claim.html",
    "partner_claims.html",
    "partner_clicks.html",
    "partner_forgot.html",
    "partner_home.html",
    "partner_macros.html",
    "partner_once.html",
    "partner_order.html",
    "partner_orders.html",
    "partner_settings.html",
    "partner_sign_in.html",
    "partner_statement.html",
    "payout.html",
    "payouts.html",
    "sign_in.html",
    "sign_in_code.html",
    "sign_up.html",
    "store.html",
    "stores.html",
    "story.html",
    "summary.html",
    "withdraw.html",
];

/// The texts.
const LOCALES: &[(&str, &str)] = folder!["locales":
    "en.ftl", "en-account.ftl", "en-extension.ftl", "en-letters.ftl", "en-operator.ftl", "en-partner.ftl",
    "ru.ftl", "ru-account.ftl", "ru-extension.ftl", "ru-letters.ftl", "ru-operator.ftl", "ru-partner.ftl",
];

/// What browsers load beside the pages.
const STATICS: &[(&str, &str)] = folder!["static":
    "adapter.js",
    "card.js",
    "extension.css",
    "favicon.svg",
    "file.js",
    "icons.svg",
    "operator.css",
    "partner.css",
    "search.js",
    "site.css",
    "zone.js",
];

/// A static file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticFile {
    /// Its media type.
    pub kind: &'static str,
    /// Its text.
    pub text: Cow<'static, str>,
}

/// Where files come from.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// The binary.
    BuiltIn,
    /// A folder like src/web.
    Folder(PathBuf),
}

impl Source {
    /// Whether a file may change while the program runs.
    pub(super) const fn is_live(&self) -> bool {
        matches!(self, Self::Folder(_))
    }

    /// A file's text by its path under src/web. Only what was there when the program was built is ever read.
    pub(super) fn text(&self, path: &str) -> Option<Cow<'static, str>> {
        let (folder, name) = path.split_once('/')?;
        let known = match folder {
            "templates" => TEMPLATES,
            "locales" => LOCALES,
            "static" => STATICS,
            _ => return None,
        };
        let built_in = known.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)?;
        match self {
            Self::BuiltIn => Some(Cow::Borrowed(built_in)),
            Self::Folder(folder) => {
                Some(std::fs::read_to_string(folder.join(path)).map_or(Cow::Borrowed(built_in), Cow::Owned))
            }
        }
    }

    /// A static file by name.
    pub(super) fn file(&self, name: &str) -> Option<StaticFile> {
        let kind = match name.rsplit_once('.')?.1 {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "svg" => "image/svg+xml",
            _ => return None,
        };
        Some(StaticFile { kind, text: self.text(&format!("static/{name}"))? })
    }

    /// A word that changes when a static file does.
    pub(super) fn version(&self) -> String {
        let all: String = STATICS.iter().map(|(_, text)| *text).collect();
        sha256_hex(all.as_bytes()).chars().take(12).collect()
    }
}
