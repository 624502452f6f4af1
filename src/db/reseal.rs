//! Everything that is sealed with the master key, for putting another key in its place.

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::extension::list_key_context;
use super::hooks::hook_context;
use super::jobs::JobKind;
use super::partners::partner_secret_context;
use super::payout_files::file_context;
use super::protection::past_address_context;
use super::schema::{
    hooks, jobs, list_keys, partner_secrets, past_addresses, payout_files, payout_methods, postbacks, provider_events,
    second_factors, signing_keys,
};
use super::tokens::{AnyOwner, Owner};
use crate::base::id::{HookId, Id, JobId, KeyId, MethodId, PartnerId, PayoutFileId, PostbackId, ShopperId};
use crate::db::methods::method_context;
use crate::domain::payout::bank_file::Form;
use crate::text_enum;

text_enum! {
    /// What is sealed.
    pub enum SealedKind {
        /// What partners' calls carry.
        PartnerSecrets = "partner_secrets",
        /// What tracking links are signed with.
        SigningKeys = "signing_keys",
        /// Destinations of payouts.
        Methods = "payout_methods",
        /// Calls that carry a secret.
        Calls = "postbacks",
        /// Providers' messages.
        ProviderEvents = "provider_events",
        /// Second factors.
        Factors = "second_factors",
        /// Letters and what is answered by them.
        Jobs = "jobs",
        /// Addresses that accounts had.
        PastAddresses = "past_addresses",
        /// What the extension's list is signed with.
        ListKeys = "list_keys",
        /// What webhooks are signed with.
        Hooks = "hooks",
        /// What they were signed with before, while both count.
        OldHooks = "old_hooks",
        /// Files of payouts for a bank, as tables.
        PayoutTables = "payout_tables",
        /// The same as pain.001.
        PayoutOrders = "payout_orders",
    }
}

/// Where a sealed value stands.
#[derive(Debug, Clone)]
pub enum SealedAt {
    /// A partner's secret.
    PartnerSecret(KeyId, PartnerId),
    /// A signing key.
    SigningKey(String),
    /// A destination and whose it is.
    Method(MethodId, ShopperId),
    /// A call, its partner and its digest.
    Call(PostbackId, PartnerId, String),
    /// A provider's message.
    ProviderEvent(String, String),
    /// A second factor.
    Factor(Id<AnyOwner>),
    /// A job and its key.
    Job(JobId, String),
    /// An address.
    PastAddress(KeyId),
    /// A key of the extension's list.
    ListKey(String),
    /// The secret of an endpoint of webhooks.
    Hook(HookId),
    /// The one before.
    OldHook(HookId),
    /// A file for a bank, as a table.
    PayoutTable(PayoutFileId),
    /// As pain.001.
    PayoutOrder(PayoutFileId),
}

impl SealedAt {
    /// What it may be bound to; `None` where services say so.
    #[must_use]
    pub fn contexts(&self) -> Option<Vec<String>> {
        match self {
            Self::PartnerSecret(_, partner) => Some(vec![partner_secret_context(*partner)]),
            Self::Method(id, _) => Some(vec![method_context(*id)]),
            // Which kind of owner it is stands nowhere: one of them opens it.
            Self::Factor(id) => Some(Owner::each(*id).map(|owner| owner.to_string()).to_vec()),
            Self::Job(_, key) => Some(vec![key.clone()]),
            Self::PastAddress(id) => Some(vec![past_address_context(*id)]),
            Self::ListKey(id) => Some(vec![list_key_context(id)]),
            Self::Hook(id) | Self::OldHook(id) => Some(vec![hook_context(*id)]),
            Self::PayoutTable(id) => Some(vec![file_context(*id, Form::Csv.as_str())]),
            Self::PayoutOrder(id) => Some(vec![file_context(*id, Form::Pain.as_str())]),
            Self::SigningKey(_) | Self::Call(..) | Self::ProviderEvent(..) => None,
        }
    }
}

/// The kinds of jobs whose payload is sealed.
const SEALED_JOBS: [JobKind; 2] = [JobKind::AnswerByLetter, JobKind::PostLetter];

/// Values of one kind that another key than the one of this id sealed, at most `limit`.
///
/// # Errors
/// [`DbError`].
pub fn sealed_list(
    conn: &mut Conn,
    kind: SealedKind,
    key_id: &str,
    limit: i64,
) -> Result<Vec<(SealedAt, String)>, DbError> {
    let ours = format!("{key_id}.%");
    Ok(match kind {
        SealedKind::PartnerSecrets => {
            use partner_secrets as of;
            let others = of::table.filter(of::sealed.not_like(ours)).limit(limit);
            let rows: Vec<(KeyId, PartnerId, String)> =
                others.select((of::id, of::partner_id, of::sealed)).load(conn)?;
            rows.into_iter().map(|(at, partner, text)| (SealedAt::PartnerSecret(at, partner), text)).collect()
        }
        SealedKind::SigningKeys => {
            use signing_keys as of;
            let others = of::table.filter(of::sealed.not_like(ours)).limit(limit);
            let rows: Vec<(String, String)> = others.select((of::id, of::sealed)).load(conn)?;
            rows.into_iter().map(|(at, text)| (SealedAt::SigningKey(at), text)).collect()
        }
        SealedKind::Methods => methods(conn, ours, limit)?,
        SealedKind::Calls => calls(conn, ours, limit)?,
        SealedKind::ProviderEvents => {
            use provider_events as of;
            let others = of::table.filter(of::body.not_like(ours)).limit(limit);
            let rows: Vec<(String, String, String)> =
                others.select((of::provider, of::event_id, of::body)).load(conn)?;
            rows.into_iter().map(|(who, event, text)| (SealedAt::ProviderEvent(who, event), text)).collect()
        }
        SealedKind::Factors => {
            use second_factors as of;
            let others = of::table.filter(of::sealed.not_like(ours)).limit(limit);
            let rows: Vec<(Id<AnyOwner>, String)> = others.select((of::owner_id, of::sealed)).load(conn)?;
            rows.into_iter().map(|(at, text)| (SealedAt::Factor(at), text)).collect()
        }
        SealedKind::Jobs => {
            use jobs as of;
            let others = of::table.filter(of::payload.not_like(ours)).filter(of::kind.eq_any(SEALED_JOBS));
            let rows: Vec<(JobId, String, String)> =
                others.limit(limit).select((of::id, of::key, of::payload)).load(conn)?;
            rows.into_iter().map(|(at, key, text)| (SealedAt::Job(at, key), text)).collect()
        }
        SealedKind::PastAddresses => {
            use past_addresses as of;
            let others = of::table.filter(of::sealed.not_like(ours)).limit(limit);
            let rows: Vec<(KeyId, String)> = others.select((of::id, of::sealed)).load(conn)?;
            rows.into_iter().map(|(at, text)| (SealedAt::PastAddress(at), text)).collect()
        }
        SealedKind::ListKeys => keys_of_list(conn, ours, limit)?,
        SealedKind::Hooks => webhooks(conn, ours, limit)?,
        SealedKind::OldHooks => old_webhooks(conn, ours, limit)?,
        SealedKind::PayoutTables => {
            use payout_files as of;
            let others = of::table.filter(of::csv.not_like(ours)).limit(limit).select((of::id, of::csv));
            let rows: Vec<(PayoutFileId, String)> = others.load(conn)?;
            rows.into_iter().map(|(at, text)| (SealedAt::PayoutTable(at), text)).collect()
        }
        SealedKind::PayoutOrders => {
            use payout_files as of;
            let others = of::table.filter(of::pain.not_like(ours)).limit(limit).select((of::id, of::pain));
            let rows: Vec<(PayoutFileId, String)> = others.load(conn)?;
            rows.into_iter().map(|(at, text)| (SealedAt::PayoutOrder(at), text)).collect()
        }
    })
}

fn keys_of_list(conn: &mut Conn, ours: String, limit: i64) -> Result<Vec<(SealedAt, String)>, DbError> {
    use list_keys as of;
    let rows: Vec<(String, String)> =
        of::table.filter(of::sealed.not_like(ours)).limit(limit).select((of::id, of::sealed)).load(conn)?;
    Ok(rows.into_iter().map(|(at, text)| (SealedAt::ListKey(at), text)).collect())
}

fn webhooks(conn: &mut Conn, ours: String, limit: i64) -> Result<Vec<(SealedAt, String)>, DbError> {
    use hooks as of;
    let rows: Vec<(HookId, String)> =
        of::table.filter(of::sealed.not_like(ours)).limit(limit).select((of::id, of::sealed)).load(conn)?;
    Ok(rows.into_iter().map(|(at, text)| (SealedAt::Hook(at), text)).collect())
}

fn old_webhooks(conn: &mut Conn, ours: String, limit: i64) -> Result<Vec<(SealedAt, String)>, DbError> {
    use hooks as of;
    let rows: Vec<(HookId, Option<String>)> =
        of::table.filter(of::old_sealed.not_like(ours)).limit(limit).select((of::id, of::old_sealed)).load(conn)?;
    Ok(rows.into_iter().filter_map(|(at, text)| Some((SealedAt::OldHook(at), text?))).collect())
}

fn methods(conn: &mut Conn, ours: String, limit: i64) -> Result<Vec<(SealedAt, String)>, DbError> {
    use payout_methods as of;
    // Those of accounts that are gone are empty.
    let others = of::table.filter(of::sealed.not_like(ours)).filter(of::sealed.ne("")).limit(limit);
    let rows: Vec<(MethodId, ShopperId, String)> = others.select((of::id, of::shopper_id, of::sealed)).load(conn)?;
    Ok(rows.into_iter().map(|(at, shopper, text)| (SealedAt::Method(at, shopper), text)).collect())
}

fn calls(conn: &mut Conn, ours: String, limit: i64) -> Result<Vec<(SealedAt, String)>, DbError> {
    use postbacks as of;
    let others = of::table.filter(of::sealed.not_like(ours)).limit(limit);
    let rows: Vec<(PostbackId, PartnerId, String, Option<String>)> =
        others.select((of::id, of::partner_id, of::digest, of::sealed)).load(conn)?;
    let one = |(at, partner, digest, text): (PostbackId, PartnerId, String, Option<String>)| {
        Some((SealedAt::Call(at, partner, digest), text?))
    };
    Ok(rows.into_iter().filter_map(one).collect())
}

/// Puts a value in the place of the one that was read; says whether it did: it may have changed or gone meanwhile.
///
/// # Errors
/// [`DbError`].
pub fn sealed_put(conn: &mut Conn, at: &SealedAt, old: &str, new: &str) -> Result<bool, DbError> {
    let changed = match at {
        SealedAt::PartnerSecret(id, _) => {
            let row = partner_secrets::table.find(id).filter(partner_secrets::sealed.eq(old));
            diesel::update(row).set(partner_secrets::sealed.eq(new)).execute(conn)?
        }
        SealedAt::SigningKey(id) => {
            let row = signing_keys::table.find(id).filter(signing_keys::sealed.eq(old));
            diesel::update(row).set(signing_keys::sealed.eq(new)).execute(conn)?
        }
        SealedAt::Method(id, _) => {
            let row = payout_methods::table.find(id).filter(payout_methods::sealed.eq(old));
            diesel::update(row).set(payout_methods::sealed.eq(new)).execute(conn)?
        }
        SealedAt::Call(id, ..) => {
            let row = postbacks::table.find(id).filter(postbacks::sealed.eq(old));
            diesel::update(row).set(postbacks::sealed.eq(new)).execute(conn)?
        }
        SealedAt::ProviderEvent(provider, event) => {
            let row = provider_events::table.find((provider, event)).filter(provider_events::body.eq(old));
            diesel::update(row).set(provider_events::body.eq(new)).execute(conn)?
        }
        SealedAt::Factor(id) => {
            let row = second_factors::table.find(id).filter(second_factors::sealed.eq(old));
            diesel::update(row).set(second_factors::sealed.eq(new)).execute(conn)?
        }
        SealedAt::Job(id, _) => {
            let row = jobs::table.find(id).filter(jobs::payload.eq(old));
            diesel::update(row).set(jobs::payload.eq(new)).execute(conn)?
        }
        SealedAt::PastAddress(id) => {
            let row = past_addresses::table.find(id).filter(past_addresses::sealed.eq(old));
            diesel::update(row).set(past_addresses::sealed.eq(new)).execute(conn)?
        }
        SealedAt::ListKey(id) => {
            let row = list_keys::table.find(id).filter(list_keys::sealed.eq(old));
            diesel::update(row).set(list_keys::sealed.eq(new)).execute(conn)?
        }
        SealedAt::Hook(id) => {
            let row = hooks::table.find(id).filter(hooks::sealed.eq(old));
            diesel::update(row).set(hooks::sealed.eq(new)).execute(conn)?
        }
        SealedAt::OldHook(id) => {
            let row = hooks::table.find(id).filter(hooks::old_sealed.eq(old));
            diesel::update(row).set(hooks::old_sealed.eq(new)).execute(conn)?
        }
        SealedAt::PayoutTable(id) => {
            let row = payout_files::table.find(id).filter(payout_files::csv.eq(old));
            diesel::update(row).set(payout_files::csv.eq(new)).execute(conn)?
        }
        SealedAt::PayoutOrder(id) => {
            let row = payout_files::table.find(id).filter(payout_files::pain.eq(old));
            diesel::update(row).set(payout_files::pain.eq(new)).execute(conn)?
        }
    };
    Ok(changed == 1)
}
