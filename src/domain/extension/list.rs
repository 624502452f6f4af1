//! What the list says, and when it gets a new version.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::StoreExtension;
use super::pack::Pack;
use crate::base::Timestamp;
use crate::base::secret::sha256_hex;
use crate::domain::rate::{Exclusion, Rate, Terms};
use crate::domain::score::Score;

/// The format that this program writes.
const FORMAT: u8 = 1;

/// The whole list, as it is signed.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Payload {
    /// 1.
    format: u8,
    /// Grows whenever the content changes, and never falls.
    version: i64,
    /// When this version was made.
    issued_at: Timestamp,
    /// Everything else.
    #[serde(flatten)]
    content: Content,
}

/// What the version counts.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Content {
    /// Whose list it is.
    pub service: ServiceLine,
    /// The stores that the extension may remind of, by slug.
    pub stores: Vec<StoreLine>,
    /// The stand-down packs, by id.
    pub packs: Vec<Pack>,
}

/// The service.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ServiceLine {
    /// Its name.
    pub name: String,
    /// Its origin.
    #[schema(example = "https://cashback.example")]
    pub origin: String,
    /// What the paths of tracking links begin with.
    pub go_prefix: String,
}

/// A store.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct StoreLine {
    slug: String,
    name: String,
    /// The hosts that it is recognised by, their subdomains included.
    domains: Vec<String>,
    /// The best rate that it has.
    rate: Rate,
    /// Not every order earns that much: other categories, or later orders, earn less.
    up_to: bool,
    /// What earns nothing.
    exclusions: Vec<Exclusion>,
    /// How its latest orders went; null where too few are known.
    score: Option<ScoreLine>,
    /// What the extension may do.
    flags: Flags,
    /// The id of its network's pack.
    network: Option<String>,
    /// Where paths of its cart begin.
    cart_paths: Vec<String>,
}

/// What the extension may do.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Flags {
    ext: bool,
    cart: bool,
    serp: bool,
    max_prompts: u8,
}

/// How a store's latest orders went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ScoreLine {
    /// From how many orders it is made.
    pub orders: usize,
    /// Of those that were decided, how many percent were declined or taken back.
    #[schema(example = "3")]
    pub declined_percent: String,
    /// Half of the confirmed ones took no more days than these.
    pub median_days: i64,
}

impl ScoreLine {
    /// What the list tells of a score; `None` before anything was decided.
    #[must_use]
    pub fn of(score: &Score) -> Option<Self> {
        let declined_percent = score.declined_percent?.to_string();
        Some(Self { orders: score.orders, declined_percent, median_days: score.median_days? })
    }
}

/// What a line is made from.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The store's name in URLs.
    pub slug: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its hosts.
    pub domains: &'a [String],
    /// The terms in force.
    pub terms: &'a Terms,
    /// What the extension may do.
    pub extension: &'a StoreExtension,
}

impl StoreLine {
    /// A store's line; `None` where the extension may not remind of it, which is the rule.
    #[must_use]
    pub fn of(shown: Shown<'_>, score: Option<ScoreLine>, packs: &BTreeMap<String, Pack>) -> Option<Self> {
        let Shown { slug, name, domains, terms, extension } = shown;
        if !extension.allows(domains, packs) {
            return None;
        }
        let most = extension.network.as_ref().and_then(|id| packs.get(id)?.max_prompts);
        let (rate, up_to) = headline(terms);
        Some(Self {
            slug: slug.to_owned(),
            name: name.to_owned(),
            domains: domains.to_vec(),
            rate,
            up_to,
            exclusions: terms.exclusions.clone(),
            score,
            flags: Flags {
                ext: true,
                cart: extension.cart,
                serp: extension.serp,
                max_prompts: most.map_or(extension.max_prompts, |most| most.min(extension.max_prompts)),
            },
            network: extension.network.clone(),
            cart_paths: extension.cart_paths.clone(),
        })
    }
}

/// The best of the rates that are of the default rate's kind, and whether there are lesser ones.
fn headline(terms: &Terms) -> (Rate, bool) {
    let others = terms.categories.iter().map(|entry| &entry.rate).chain(&terms.first_order);
    let best = others.clone().fold(&terms.rate, |best, rate| if beats(rate, best) { rate } else { best });
    (best.clone(), others.chain([&terms.rate]).any(|rate| rate != best))
}

fn beats(rate: &Rate, other: &Rate) -> bool {
    match (rate, other) {
        (Rate::PercentOfOrder(a), Rate::PercentOfOrder(b))
        | (Rate::ShareOfCommission(a), Rate::ShareOfCommission(b)) => a > b,
        (Rate::Fixed(a), Rate::Fixed(b)) => a.currency() == b.currency() && a.minor() > b.minor(),
        (Rate::PercentOfOrder(_) | Rate::ShareOfCommission(_) | Rate::Fixed(_), _) => false,
    }
}

/// A version of the list, as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// Its number.
    pub version: i64,
    /// SHA-256 of its content, hex.
    pub digest: String,
    /// When it was made.
    pub issued_at: Timestamp,
}

impl Content {
    /// SHA-256 of the content as JSON, hex.
    ///
    /// # Errors
    /// What the writer of JSON says.
    pub fn digest(&self) -> Result<String, serde_json::Error> {
        serde_json::to_vec(self).map(|json| sha256_hex(&json))
    }

    /// The bytes to sign. The same content in the same version gives the same bytes.
    ///
    /// # Errors
    /// What the writer of JSON says.
    pub fn payload(self, issue: &Issue) -> Result<Vec<u8>, serde_json::Error> {
        let Issue { version, issued_at, .. } = *issue;
        serde_json::to_vec(&Payload { format: FORMAT, version, issued_at, content: self })
    }
}

/// For how many days a version is told before the same content gets a new one: by its time browsers see that the list they
/// are given is of these days, and not an old one that somebody tells again and again.
const FRESH_DAYS: i64 = 7;

impl Issue {
    /// Whether it tells content of this digest, and is young enough.
    #[must_use]
    pub fn is_of(&self, digest: &str, now: Timestamp) -> bool {
        self.digest == digest && now.since(self.issued_at).num_days() < FRESH_DAYS
    }

    /// The version that content of this digest has. A new one is at least the time in seconds: after a database was brought
    /// back from a copy, browsers that saw later versions must not take the new ones for old.
    #[must_use]
    pub fn next(before: Option<&Self>, digest: &str, now: Timestamp) -> Self {
        match before {
            Some(issue) if issue.is_of(digest, now) => issue.clone(),
            Some(issue) => Self {
                version: issue.version.saturating_add(1).max(now.seconds()),
                digest: digest.to_owned(),
                issued_at: now,
            },
            None => Self { version: now.seconds(), digest: digest.to_owned(), issued_at: now },
        }
    }
}
