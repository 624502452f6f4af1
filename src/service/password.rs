//! Passwords: Argon2id with 19 MiB, two passes, one lane (the OWASP cheat sheet's first choice), kept as PHC
//! strings. At most two are worked on at a time, since each takes 19 MiB and a core.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::error::{Outcome, ServiceError};
use crate::base::Secret;
use crate::domain::email::Email;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

static AT_WORK: Semaphore = Semaphore::const_new(2);

/// The shortest password, in characters.
pub const SHORTEST: usize = 10;
/// The longest password, in characters.
pub const LONGEST: usize = 128;

/// What is tried first by those who guess, among what is long enough. Compared without regard to case.
const COMMON: &[&str] = &include!("data/common_passwords.in");

/// Refuses passwords that would be guessed: too short, the address itself, the commonest. No other rules.
///
/// # Errors
/// [`ServiceError::Invalid`] for the field `password`, saying what to do.
pub fn check_rules(password: &Secret, email: &Email) -> Outcome<()> {
    let text = password.expose();
    let length = text.chars().count();
    if !(SHORTEST..=LONGEST).contains(&length) {
        let problem = format!("must have {SHORTEST} to {LONGEST} characters; several words make a good one");
        return Err(ServiceError::invalid("password", problem));
    }
    let lower = text.to_lowercase();
    if lower == email.as_str() || lower == email.local() {
        return Err(ServiceError::invalid("password", "must not be the e-mail address"));
    }
    if COMMON.contains(&lower.as_str()) || one_character(&lower) {
        return Err(ServiceError::invalid("password", "is among the first that are guessed; choose another"));
    }
    Ok(())
}

fn one_character(text: &str) -> bool {
    let mut chars = text.chars();
    let first = chars.next();
    chars.all(|c| Some(c) == first)
}

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Not the password, or nobody to compare with.
    Wrong,
    /// The password.
    Right,
    /// The password, hashed with other parameters than today's: hash it again.
    RightButOld,
}

fn hasher() -> Outcome<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(ServiceError::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// A hash that no password gives: unknown accounts cost the same work as known ones.
fn nobody() -> String {
    let (salt, hash) = ("bm9ib2R5LXNhbHQtMDAwMA", "bm9ib2R5IGhhcyBhIHBhc3N3b3JkIGxpa2UgdGhpcyE");
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}")
}

async fn at_work<T: Send + 'static>(job: impl FnOnce() -> Outcome<T> + Send + 'static) -> Outcome<T> {
    let turn = AT_WORK.acquire().await.map_err(ServiceError::internal)?;
    let done = spawn_blocking(move || {
        // Kept until the work is over, even when the asker has gone away.
        let _turn = turn;
        job()
    });
    done.await.map_err(ServiceError::internal)?
}

/// Hashes a password, with a salt of its own, to a PHC string.
///
/// # Errors
/// [`ServiceError::Internal`] when there are no random bytes or no memory.
pub async fn hash(password: &Secret) -> Outcome<String> {
    let password = password.clone();
    at_work(move || {
        let hash = hasher()?.hash_password(password.expose().as_bytes());
        hash.map(|hash| hash.to_string()).map_err(ServiceError::internal)
    })
    .await
}

/// Compares a password with a stored hash; `None` when there is no such account, which costs the same and is wrong.
///
/// # Errors
/// [`ServiceError::Internal`] when a stored hash cannot be read.
pub async fn check(password: &Secret, stored: Option<&str>) -> Outcome<Check> {
    let password = password.clone();
    let known = stored.is_some();
    let stored = stored.map_or_else(nobody, str::to_owned);
    at_work(move || {
        let parsed = PasswordHash::new(&stored).map_err(ServiceError::internal)?;
        let hasher = hasher()?;
        // A password longer than any we accept is not worth hashing, but counts as the same work.
        let right = hasher.verify_password(password.expose().as_bytes(), &parsed).is_ok();
        if !(right && known) {
            return Ok(Check::Wrong);
        }
        let params = Params::try_from(&parsed).map_err(ServiceError::internal)?;
        let today = hasher.params();
        let same = (params.m_cost(), params.t_cost(), params.p_cost())
            == (today.m_cost(), today.t_cost(), today.p_cost())
            && parsed.algorithm.as_str() == Algorithm::Argon2id.as_str();
        Ok(if same { Check::Right } else { Check::RightButOld })
    })
    .await
}
