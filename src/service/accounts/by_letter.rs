//! What is answered by letter only, since the answer tells whether an address is known. Whoever asks waits for one row,
//! a job, which is the same for every address; all else happens after the answer. The letter is another job, made by the
//! transaction that it tells about.
//!
//! Both hold what opens an account (a password's hash, a code), so they are sealed.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::account::Door;
use super::letters::Purpose;
use super::{CODE_HOURS, apply, change_email, digest, fresh_token, password_reset, sign_up};
use crate::base::id::{JobId, OperatorId, ShopperId};
use crate::base::{Secret, Timestamp};
use crate::db::Lane;
use crate::db::applications::{ApplicationRow, application_insert};
use crate::db::jobs::{JobKind, JobRow, job_enqueue, job_finish};
use crate::db::people::{PersonRow, person_insert};
use crate::db::shoppers::{ShopperRow, shopper_insert};
use crate::db::tokens::{Owner, TokenRow, token_insert};
use crate::domain::access::TokenKind;
use crate::domain::email::Email;
use crate::domain::reason::Language;
use crate::service::outbox::Letter;
use crate::service::{App, Outcome, ServiceError};

/// What somebody asked for an address.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Asked {
    /// An account.
    SignUp {
        /// The address.
        email: String,
        /// The hash of the password that was chosen.
        password_hash: String,
        /// The language to write in.
        language: Language,
    },
    /// A new password.
    Reset {
        /// The address.
        email: String,
        /// Whose account it is.
        #[serde(default)]
        door: Door,
    },
    /// To become a partner.
    Apply(apply::Applied),
    /// The address in place of the one that a shopper has.
    Change {
        /// The account.
        shopper: ShopperId,
        /// The address.
        email: String,
    },
    /// The address in place of the one that an operator has.
    ChangeOperator {
        /// The account.
        operator: OperatorId,
        /// The address.
        email: String,
    },
}

/// What a question leads to.
#[derive(Default)]
pub(super) struct Answer {
    /// An account that is made.
    pub shopper: Option<ShopperRow>,
    /// Somebody who applied for a partner.
    pub person: Option<(PersonRow, ApplicationRow)>,
    /// A code that goes out.
    pub code: Option<TokenRow>,
    /// The letters.
    pub letters: Vec<Letter>,
}

/// A letter as it is sealed.
#[derive(Serialize, Deserialize)]
struct Sealed {
    to: String,
    subject: String,
    text: String,
}

/// Puts a question into the queue: the only thing that its answer over HTTP waits for.
pub(super) async fn ask(app: &App, asked: &Asked) -> Outcome<()> {
    let job = sealed_job(app, JobKind::AnswerByLetter, asked)?;
    Ok(app.db.write(Lane::House, move |conn| job_enqueue(conn, &job)).await?)
}

/// Answers a question: account, code, letters and the end of the job are one transaction.
///
/// # Errors
/// [`ServiceError`]; the job then runs again.
pub async fn answer_by_letter(app: &App, job: &JobRow) -> Outcome<()> {
    let answer = match open(app, job)? {
        Asked::SignUp { email, password_hash, language } => {
            sign_up::answer(app, read(&email)?, password_hash, language).await?
        }
        Asked::Reset { email, door } => password_reset::answer(app, door, read(&email)?).await?,
        Asked::Apply(applied) => apply::answer(app, applied).await?,
        Asked::Change { shopper, email } => change_email::answer(app, Owner::Shopper(shopper), read(&email)?).await?,
        Asked::ChangeOperator { operator, email } => {
            change_email::answer(app, Owner::Operator(operator), read(&email)?).await?
        }
    };
    let letters = answer.letters.iter().map(|letter| letter_job(app, letter)).collect::<Outcome<Vec<_>>>()?;
    let Answer { shopper, person, code, letters: _ } = answer;
    let done = job.id;
    app.db
        .write(Lane::House, move |conn| {
            if let Some(shopper) = &shopper {
                shopper_insert(conn, shopper)?;
            }
            if let Some((person, applied)) = &person {
                person_insert(conn, person)?;
                application_insert(conn, applied)?;
            }
            if let Some(code) = &code {
                token_insert(conn, code)?;
            }
            for letter in &letters {
                job_enqueue(conn, letter)?;
            }
            Ok::<_, ServiceError>(job_finish(conn, done)?)
        })
        .await
}

/// Sends a letter under the job's id: a second run takes the place of the first.
///
/// # Errors
/// [`ServiceError::Internal`] when the letter is not taken; the job then runs again.
pub async fn post_letter(app: &App, job: &JobRow) -> Outcome<()> {
    let Sealed { to, subject, text } = open(app, job)?;
    let letter = Letter { to: read(&to)?, subject, text };
    app.outbox.post(&letter, job.id.to_string(), app.clock.now()).await?;
    Ok(app.done_jobs.write(Lane::House, job.id).await?)
}

/// The job that posts a letter; enqueue it in the transaction that the letter tells about.
pub(in crate::service) fn letter_job(app: &App, letter: &Letter) -> Outcome<JobRow> {
    let Letter { to, subject, text } = letter.clone();
    sealed_job(app, JobKind::PostLetter, &Sealed { to: to.as_str().to_owned(), subject, text })
}

/// A fresh code for an account, and the row that it is known by.
pub(super) fn code(owner: Owner, purpose: Purpose, now: Timestamp) -> Outcome<(Secret, TokenRow)> {
    let code = fresh_token("")?;
    let row = TokenRow::new(digest(code.expose()), TokenKind::EmailConfirm, owner, purpose.as_str().to_owned(), now);
    Ok((code, row.until(Some(now.plus_seconds(CODE_HOURS * 3600)))))
}

fn sealed_job(app: &App, kind: JobKind, payload: &impl Serialize) -> Outcome<JobRow> {
    let id = JobId::new();
    let key = format!("{}/{id}", kind.as_str());
    let plain = serde_json::to_string(payload).map_err(ServiceError::internal)?;
    let sealed = app.master.seal(&key, &plain).map_err(ServiceError::internal)?;
    Ok(JobRow::new(id, kind, key, sealed, app.clock.now()))
}

fn open<T: DeserializeOwned>(app: &App, job: &JobRow) -> Outcome<T> {
    let plain = app.master.open(&job.key, &job.payload).map_err(ServiceError::internal)?;
    // The cause could quote what is inside.
    serde_json::from_str(plain.expose()).map_err(|_cause| ServiceError::internal("a job's payload cannot be read"))
}

pub(super) fn read(email: &str) -> Outcome<Email> {
    Email::parse(email).map_err(ServiceError::internal)
}
