//! The second factor: codes of six digits that a program makes from a secret and the time (RFC 6238), and recovery codes for
//! whoever lost that program. Each code is taken once.

use fast_qr::convert::Builder as _;
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::qr::QRBuilder;
use totp_rs::{Builder, Totp};

use super::by_letter::{letter_job, read};
use super::{Caller, account_of, digest, letters, owner_of, require, with_password};
use crate::base::secret::random_bytes;
use crate::base::{Secret, Timestamp};
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::jobs::job_enqueue;
use crate::db::second_factors::{
    FactorRow, factor_delete, factor_find, factor_put, factor_take_step, recovery_count, recovery_put, recovery_take,
};
use crate::db::tokens::{Owner, token_revoke_other_sessions};
use crate::db::{Conn, DbError, Lane};
use crate::domain::access::{Actor, Permission};
use crate::service::limits::Limits;
use crate::service::{App, Outcome, ServiceError};

/// How many bytes a secret has (RFC 4226, section 4: 160 bits).
const SECRET: usize = 20;
/// How many recovery codes there are.
const CODES: usize = 10;
/// How many bytes each has: enough that its plain hash tells nothing.
const CODE: usize = 10;

/// What there is of a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactorState {
    /// Whether codes are asked for.
    pub on: bool,
    /// How many recovery codes are left.
    pub recovery_codes: i64,
}

/// A secret that waits for its first code. Shown to its owner alone.
#[derive(Debug)]
pub struct FactorOffer {
    /// In base32, to type in.
    pub secret: Secret,
    /// The same as an `otpauth://` address.
    pub uri: Secret,
    /// The same as a picture to take with the program: SVG.
    pub picture: Secret,
}

/// Whether the asker has a second factor.
///
/// # Errors
/// The database's failures.
pub async fn factor_state(app: &App, actor: &Actor) -> Outcome<FactorState> {
    let owner = owner_of(actor)?;
    let read = move |conn: &mut Conn| {
        let on = factor_find(conn, owner)?.is_some_and(|row| row.confirmed_at.is_some());
        Ok::<_, DbError>(FactorState { on, recovery_codes: recovery_count(conn, owner)? })
    };
    Ok(app.db.read(read).await?)
}

/// Makes a secret for the asker, who has to know the password. Nothing is asked for before [`factor_confirm`].
///
/// # Errors
/// [`ServiceError::Forbidden`] without a session; `wrong_password`; `factor_on`; [`ServiceError::TooMany`].
pub async fn factor_begin(app: &App, limits: &Limits, caller: &Caller, password: &Secret) -> Outcome<FactorOffer> {
    let account = with_password(limits, account_of(app, caller).await?, password).await?;
    let owner = account.owner;
    let secret = random_bytes(SECRET).map_err(ServiceError::internal)?;
    let sealed = app.master.seal(&owner.to_string(), &hex::encode(&secret)).map_err(ServiceError::internal)?;
    let row = FactorRow::new(owner, sealed, app.clock.now());
    if !app.db.write(Lane::House, move |conn| factor_put(conn, &row)).await? {
        return Err(ServiceError::conflict("factor_on", "codes are asked for already; turn that off first"));
    }
    offer(app, secret, &account.email)
}

/// The secret that waits for its first code, once more; `None` when none does.
///
/// # Errors
/// The database's failures.
pub async fn factor_offer(app: &App, caller: &Caller) -> Outcome<Option<FactorOffer>> {
    let account = account_of(app, caller).await?;
    let owner = account.owner;
    let found = app.db.read(move |conn| factor_find(conn, owner)).await?;
    let Some(row) = found.filter(|row| row.confirmed_at.is_none()) else { return Ok(None) };
    offer(app, open(app, owner, &row)?, &account.email).map(Some)
}

/// Turns the second factor on with the first code; gives the recovery codes, this once. All other sessions end, and a letter tells
/// the address.
///
/// # Errors
/// [`ServiceError::Refused`] `wrong_code`; [`ServiceError::NotFound`] when none was begun.
pub async fn factor_confirm(app: &App, limits: &Limits, caller: &Caller, code: &str) -> Outcome<Vec<Secret>> {
    let account = account_of(app, caller).await?;
    let (owner, session, now) = (account.owner, caller.token, app.clock.now());
    limits.factor.check(&owner.to_string())?;
    let found = app.db.read(move |conn| factor_find(conn, owner)).await?;
    let row = found.filter(|row| row.confirmed_at.is_none()).ok_or(ServiceError::NotFound("second factor"))?;
    let step = step_of(&open(app, owner, &row)?, code, now)?.ok_or_else(wrong_code)?;
    let codes = recovery_codes()?;
    let digests: Vec<String> = codes.iter().map(|code| recovery_digest(code.expose())).collect();
    let letter = letter_job(app, &letters::factor_on(read(&account.email)?, account.language, &app.public_url("")))?;
    let audit = audited(&caller.actor, "factor.on", owner, now);
    app.db
        .write(Lane::House, move |conn| {
            if !factor_take_step(conn, owner, step, Some((now, &row)))? {
                return Err(wrong_code());
            }
            recovery_put(conn, owner, &digests)?;
            token_revoke_other_sessions(conn, owner, session, now)?;
            audit.iter().try_for_each(|entry| audit_insert_in_tx(conn, entry))?;
            job_enqueue(conn, &letter).map_err(ServiceError::from)
        })
        .await?;
    Ok(codes)
}

/// Turns the asker's second factor off; the password and a code are needed. A letter tells the address.
///
/// # Errors
/// `wrong_password`, `wrong_code`; [`ServiceError::TooMany`]; [`ServiceError::NotFound`] when there is none.
pub async fn factor_off(app: &App, limits: &Limits, caller: &Caller, password: &Secret, code: &str) -> Outcome<()> {
    let account = with_password(limits, account_of(app, caller).await?, password).await?;
    let (owner, now) = (account.owner, app.clock.now());
    let taken = check(app, limits, owner, code).await?;
    let letter = letter_job(app, &letters::factor_off(read(&account.email)?, account.language, &app.public_url("")))?;
    let audit = audited(&caller.actor, "factor.off", owner, now);
    app.db
        .write(Lane::House, move |conn| {
            taken.take(conn)?;
            factor_delete(conn, owner)?;
            audit.iter().try_for_each(|entry| audit_insert_in_tx(conn, entry))?;
            job_enqueue(conn, &letter).map_err(ServiceError::from)
        })
        .await
}

/// Takes away the second factor of somebody who lost it, whatever its state.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `staff`; [`ServiceError::NotFound`] when there is none.
pub async fn factor_remove(app: &App, actor: &Actor, owner: Owner) -> Outcome<()> {
    require(actor, Permission::Staff)?;
    let audit = AuditRow::new(app.clock.now(), actor, "factor.remove", owner, &serde_json::json!({}));
    app.db
        .write(Lane::House, move |conn| {
            if !factor_delete(conn, owner)? {
                return Err(ServiceError::NotFound("second factor"));
            }
            audit_insert_in_tx(conn, &audit).map_err(ServiceError::from)
        })
        .await
}

/// A code that fits, to be used up in the transaction that it allows.
#[derive(Debug, Clone)]
pub(in crate::service) enum Taken {
    Step(Owner, i64),
    Recovery(Owner, String),
}

impl Taken {
    /// Uses the code up.
    pub(in crate::service) fn take(&self, conn: &mut Conn) -> Outcome<()> {
        let fresh = match self {
            Self::Step(owner, step) => factor_take_step(conn, *owner, *step, None)?,
            Self::Recovery(owner, digest) => recovery_take(conn, *owner, digest)?,
        };
        if fresh { Ok(()) } else { Err(wrong_code()) }
    }
}

/// The code that an owner gave for something that takes one where there is a second factor; `None` where there is none.
///
/// # Errors
/// `code_needed` for an empty one; as [`check`].
pub(in crate::service) async fn asked_code(
    app: &App,
    limits: &Limits,
    owner: Owner,
    code: &str,
) -> Outcome<Option<Taken>> {
    let found = app.db.read(move |conn| factor_find(conn, owner)).await?;
    if found.is_none_or(|row| row.confirmed_at.is_none()) {
        return Ok(None);
    }
    if code.trim().is_empty() {
        return Err(ServiceError::refused(
            "code_needed",
            "this account has a second factor: send a code of it, as `code`",
        ));
    }
    check(app, limits, owner, code).await.map(Some)
}

/// Looks whether a code fits an owner's second factor, which must be on.
///
/// # Errors
/// `wrong_code`; [`ServiceError::TooMany`] after a few tries; [`ServiceError::NotFound`].
pub(in crate::service) async fn check(app: &App, limits: &Limits, owner: Owner, code: &str) -> Outcome<Taken> {
    limits.factor.check(&owner.to_string())?;
    let found = app.db.read(move |conn| factor_find(conn, owner)).await?;
    let row = found.filter(|row| row.confirmed_at.is_some()).ok_or(ServiceError::NotFound("second factor"))?;
    match step_of(&open(app, owner, &row)?, code, app.clock.now())? {
        Some(step) if step > row.last_step => Ok(Taken::Step(owner, step)),
        Some(_used) => Err(wrong_code()),
        None => Ok(Taken::Recovery(owner, recovery_digest(code))),
    }
}

fn wrong_code() -> ServiceError {
    ServiceError::refused("wrong_code", "this is not the code of now; each code can be used once")
}

fn audited(actor: &Actor, action: &'static str, owner: Owner, now: Timestamp) -> Option<AuditRow> {
    matches!(actor, Actor::Operator(..)).then(|| AuditRow::new(now, actor, action, owner, &serde_json::json!({})))
}

fn open(app: &App, owner: Owner, row: &FactorRow) -> Outcome<Vec<u8>> {
    let plain = app.master.open(&owner.to_string(), &row.sealed).map_err(ServiceError::internal)?;
    hex::decode(plain.expose()).map_err(|_cause| ServiceError::internal("a second factor's secret cannot be read"))
}

fn program(secret: Vec<u8>) -> Builder {
    Builder::new().with_secret(secret)
}

fn built(program: Builder) -> Outcome<Totp> {
    program.build().map_err(ServiceError::internal)
}

/// The step of time that a code belongs to: this one, or the one before or after it.
fn step_of(secret: &[u8], code: &str, now: Timestamp) -> Outcome<Option<i64>> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() != 6 || !digits.bytes().all(|c| c.is_ascii_digit()) {
        return Ok(None);
    }
    let seconds = u64::try_from(now.seconds()).unwrap_or_default();
    let step = built(program(secret.to_vec()))?.check(&digits, seconds);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

fn offer(app: &App, secret: Vec<u8>, email: &str) -> Outcome<FactorOffer> {
    let host = app.config.public_url.host_str().unwrap_or("kopilka").replace(':', " ");
    let program = built(program(secret.clone()).with_account_name(email).with_issuer(Some(format!("Kopilka {host}"))))?;
    let uri = program.to_url().map_err(ServiceError::internal)?;
    let code = QRBuilder::new(uri.as_str()).build().map_err(|_too_long| ServiceError::internal("no picture fits"))?;
    let picture = SvgBuilder::default().margin(2).to_str(&code);
    let secret = totp_rs::Secret::new(secret.into_boxed_slice()).to_base32();
    Ok(FactorOffer { secret: Secret::new(secret), uri: Secret::new(uri), picture: Secret::new(picture) })
}

/// Fresh recovery codes: `xxxx-xxxx-xxxx-xxxx` in base32.
fn recovery_codes() -> Outcome<Vec<Secret>> {
    let one = || {
        let bytes = random_bytes(CODE).map_err(ServiceError::internal)?;
        let text = totp_rs::Secret::new(bytes.into_boxed_slice()).to_base32().to_lowercase();
        let letters: Vec<char> = text.chars().collect();
        let parts: Vec<String> = letters.chunks(4).map(|part| part.iter().collect()).collect();
        Ok(Secret::new(parts.join("-")))
    };
    (0..CODES).map(|_| one()).collect()
}

/// People leave out what does not matter.
fn recovery_digest(code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    digest(&plain.to_lowercase())
}
