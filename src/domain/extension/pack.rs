//! Stand-down packs: by what the extension knows a network's link, and for how long it is silent after one. One file a network,
//! data and not code. A later pack may only lengthen or broaden.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{BadField, MOST_PROMPTS};
use crate::domain::suffix::{is_public_suffix, own_label};

/// The packs in the binary.
const BUILT_IN: &[&str] = &[
    include_str!("../data/standdown/admitad.toml"),
    include_str!("../data/standdown/amazon.toml"),
    include_str!("../data/standdown/awin.toml"),
    include_str!("../data/standdown/cj.toml"),
    include_str!("../data/standdown/common.toml"),
    include_str!("../data/standdown/dub.toml"),
    include_str!("../data/standdown/ebay.toml"),
    include_str!("../data/standdown/gdeslon.toml"),
    include_str!("../data/standdown/impact.toml"),
    include_str!("../data/standdown/rakuten.toml"),
];

/// The least that holds whatever a network asks for: minutes since the link, and minutes without a page of the store.
const LEAST_MINUTES: u32 = 90;
const LEAST_IDLE: u32 = 60;
/// A month: what is longer is a slip.
const MOST_MINUTES: u32 = 43_200;
/// The most parameters or hosts.
const MOST_SIGNS: usize = 200;

/// A network's pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// Its name: 1 to 40 of a-z, 0-9 and `-`.
    pub id: String,
    /// Of when the facts are.
    #[schema(value_type = String, format = "date")]
    pub dated: NaiveDate,
    /// Where they are from.
    pub source: String,
    /// Query parameters of landings: `name` for any value, or `name=value`.
    #[serde(default)]
    pub params: Vec<String>,
    /// Hosts that the network's links run over, their subdomains included.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// How long to be silent after a link, at least 90.
    #[serde(default = "least_minutes")]
    pub min_minutes: u32,
    /// How long without a page of the store, at least 60.
    #[serde(default = "least_idle")]
    pub idle_minutes: u32,
    /// Silent for the whole session of the browser.
    #[serde(default)]
    pub whole_session: bool,
    /// Stores of this network are never activated.
    #[serde(default)]
    pub never_activate: bool,
    /// The most prompts in one session.
    #[serde(default)]
    pub max_prompts: Option<u8>,
    /// The network's own stores, by the label before the public suffix: `amazon` is amazon.com, amazon.de and so on.
    /// Known to the server alone: such stores never stand in the list.
    #[serde(default, skip_serializing)]
    pub stores: Vec<String>,
}

impl Pack {
    /// Whether a store of these domains is this network's own.
    #[must_use]
    pub fn owns(&self, domains: &[String]) -> bool {
        domains.iter().filter_map(|domain| own_label(domain)).any(|label| self.stores.iter().any(|own| own == label))
    }
}

const fn least_minutes() -> u32 {
    LEAST_MINUTES
}
const fn least_idle() -> u32 {
    LEAST_IDLE
}

/// The packs in the binary, by id.
///
/// # Errors
/// What is wrong in the program's own data.
pub fn built_in() -> Result<BTreeMap<String, Pack>, String> {
    let read = |text: &&str| {
        let pack: Pack = toml::from_str(text).map_err(|cause| format!("a stand-down pack: {cause}"))?;
        pack.check().map_err(|bad| format!("the stand-down pack {}: {bad}", pack.id))?;
        Ok((pack.id.clone(), pack))
    };
    BUILT_IN.iter().map(read).collect()
}

/// All packs: those in the binary, each with what the operator's own of the same id adds, and the operator's others.
#[must_use]
pub fn all(built_in: BTreeMap<String, Pack>, own: Vec<Pack>) -> BTreeMap<String, Pack> {
    let mut packs = built_in;
    for pack in own {
        let joined = match packs.remove(&pack.id) {
            Some(known) => known.joined(&pack),
            None => pack,
        };
        packs.insert(joined.id.clone(), joined);
    }
    packs
}

impl Pack {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// [`BadField`].
    pub fn check(&self) -> Result<(), BadField> {
        let slug = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !(1..=40).contains(&self.id.len()) || !self.id.bytes().all(slug) {
            return Err(BadField::new("id", "must be 1 to 40 characters of a-z, 0-9 and -"));
        }
        if !(1..=500).contains(&self.source.trim().chars().count()) || self.source.chars().any(char::is_control) {
            return Err(BadField::new("source", "say where the facts are from, in 1 to 500 characters on one line"));
        }
        if self.params.len() > MOST_SIGNS || self.hosts.len() > MOST_SIGNS {
            return Err(BadField::new("hosts", format!("{MOST_SIGNS} parameters and {MOST_SIGNS} hosts are the most")));
        }
        if self.params.is_empty() && self.hosts.is_empty() && !self.never_activate {
            return Err(BadField::new(
                "params",
                "name at least one parameter or host that the network's links are known by",
            ));
        }
        self.params.iter().try_for_each(|param| check_param(param))?;
        self.hosts.iter().try_for_each(|host| check_host(host))?;
        let within = |field, minutes: u32, least: u32| match (least..=MOST_MINUTES).contains(&minutes) {
            true => Ok(()),
            false => Err(BadField::new(field, format!("must be {least} to {MOST_MINUTES}"))),
        };
        within("min_minutes", self.min_minutes, LEAST_MINUTES)?;
        within("idle_minutes", self.idle_minutes, LEAST_IDLE)?;
        if self.max_prompts.is_some_and(|most| most > MOST_PROMPTS) {
            return Err(BadField::new("max_prompts", format!("{MOST_PROMPTS} are the most")));
        }
        Ok(())
    }

    /// Refuses a later pack that is silent for less time, or after fewer links, than this one.
    ///
    /// # Errors
    /// [`BadField`] names the first field that would be narrower.
    pub fn may_become(&self, later: &Self) -> Result<(), BadField> {
        let narrower = |field, what: String| {
            Err(BadField::new(field, format!("{what}; a later pack may only lengthen or broaden")))
        };
        if let Some(gone) = self.params.iter().find(|param| !later.params.contains(param)) {
            return narrower("params", format!("{gone} is missing"));
        }
        if let Some(gone) = self.hosts.iter().find(|host| !later.hosts.contains(host)) {
            return narrower("hosts", format!("{gone} is missing"));
        }
        if later.min_minutes < self.min_minutes {
            return narrower("min_minutes", format!("was {} and would be {}", self.min_minutes, later.min_minutes));
        }
        if later.idle_minutes < self.idle_minutes {
            return narrower("idle_minutes", format!("was {} and would be {}", self.idle_minutes, later.idle_minutes));
        }
        if self.whole_session && !later.whole_session {
            return narrower("whole_session", "was on and would be off".to_owned());
        }
        if self.never_activate && !later.never_activate {
            return narrower("never_activate", "was on and would be off".to_owned());
        }
        match (self.max_prompts, later.max_prompts) {
            (Some(most), None) => narrower("max_prompts", format!("was {most} and would be without a limit")),
            (Some(most), Some(now)) if now > most => narrower("max_prompts", format!("was {most} and would be {now}")),
            (None | Some(_), _) => Ok(()),
        }
    }

    /// Both together: silent whenever either of them is. The later one says where it is from.
    #[must_use]
    pub fn joined(&self, later: &Self) -> Self {
        let both = |one: &[String], other: &[String]| {
            let mut all = one.to_vec();
            all.extend(other.iter().filter(|word| !one.contains(word)).cloned());
            all
        };
        Self {
            id: self.id.clone(),
            dated: self.dated.max(later.dated),
            source: later.source.clone(),
            params: both(&self.params, &later.params),
            hosts: both(&self.hosts, &later.hosts),
            min_minutes: self.min_minutes.max(later.min_minutes),
            idle_minutes: self.idle_minutes.max(later.idle_minutes),
            whole_session: self.whole_session || later.whole_session,
            never_activate: self.never_activate || later.never_activate,
            max_prompts: [self.max_prompts, later.max_prompts].into_iter().flatten().min(),
            stores: both(&self.stores, &later.stores),
        }
    }
}

fn check_param(param: &str) -> Result<(), BadField> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '=');
    let (name, _value) = param.split_once('=').unwrap_or((param, ""));
    let fits = !name.is_empty() && param.len() <= 100 && param.chars().all(plain) && param.matches('=').count() <= 1;
    if fits { Ok(()) } else { Err(BadField::new("params", format!("{param:?} must be name, or name=value"))) }
}

fn check_host(host: &str) -> Result<(), BadField> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(plain);
    if host.len() > 253 || host.split('.').count() < 2 || !host.split('.').all(label) {
        return Err(BadField::new(
            "hosts",
            format!("{host:?} must be a host name in lower case, as in network.example"),
        ));
    }
    if is_public_suffix(host) {
        return Err(BadField::new(
            "hosts",
            format!("{host} is a public suffix: many sites that have nothing in common"),
        ));
    }
    Ok(())
}
