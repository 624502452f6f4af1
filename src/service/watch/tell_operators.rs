//! Letters to operators about alarms: each is told when it begins, and what is wrong again every day while it lasts.

use super::alarms::alarms;
use crate::base::id::OperatorId;
use crate::db::jobs::job_enqueue_all;
use crate::db::marks::{MarkRow, mark_find, mark_set};
use crate::db::operators::{OperatorRow, operator_find, operator_list_told, operator_set_letters};
use crate::db::{Conn, Lane};
use crate::domain::access::Actor;
use crate::domain::alarm::{Alarm, Told, to_tell};
use crate::domain::email::Email;
use crate::domain::reason::Language;
use crate::service::accounts::letter_job;
use crate::service::outbox::Letter;
use crate::service::{App, Outcome, ServiceError};

/// The mark that holds what was told.
const MARK: &str = "alarms_told";
/// How many operators are written to at most.
const MOST: i64 = 500;

/// Writes to operators about the alarms that are news; gives how many were.
///
/// # Errors
/// The database's failures.
pub async fn tell_operators(app: &App) -> Outcome<usize> {
    let (now, alarms) = (app.clock.now(), alarms(app).await?);
    let (before, operators) =
        app.db.read(|conn| Ok::<_, ServiceError>((told(conn)?, operator_list_told(conn, MOST)?))).await?;
    let (fresh, kept) = to_tell(&before, &alarms, now);
    if kept == before {
        return Ok(0);
    }
    let mut letters = Vec::new();
    for operator in operators.iter().filter(|_| !fresh.is_empty()) {
        if let Some(letter) = letter(app, operator, &fresh) {
            letters.push(letter_job(app, &letter)?);
        }
    }
    let (count, body) = (fresh.len(), serde_json::to_string(&kept).map_err(ServiceError::internal)?);
    app.db
        // One lane for all nodes: whoever comes second sees that another has written the letters.
        .write(Lane::House, move |conn| {
            if told(conn)? != before {
                return Ok(0);
            }
            mark_set(conn, &MarkRow { name: MARK.to_owned(), at: now, body: body.clone() })?;
            job_enqueue_all(conn, &letters)?;
            Ok(count)
        })
        .await
}

fn told(conn: &mut Conn) -> Outcome<Vec<Told>> {
    let read = |row: MarkRow| serde_json::from_str(&row.body).map_err(ServiceError::internal);
    mark_find(conn, MARK)?.map_or(Ok(Vec::new()), read)
}

fn letter(app: &App, to: &OperatorRow, alarms: &[&Alarm]) -> Option<Letter> {
    let (language, address) = (to.letters?, Email::parse(&to.email).ok()?);
    let text = |key: &str| app.texts.text(language, key, &[]);
    let sentence = |alarm: &Alarm| {
        let args = [
            ("name", alarm.about.clone().unwrap_or_default().into()),
            ("count", alarm.count.into()),
            ("usual", alarm.usual.unwrap_or(0).into()),
        ];
        app.texts.text(language, &format!("alarm-{}", alarm.rule), &args)
    };
    let subject = match alarms {
        [only] => sentence(only),
        several => app.texts.text(language, "alarm-letter-subject", &[("count", several.len().into())]),
    };
    let mut body = String::new();
    for alarm in alarms {
        body.push_str(&format!("{}\n{}\n\n", sentence(alarm), text(&format!("alarm-{}-text", alarm.rule))));
    }
    let [home, account] = ["/operator", "/operator/account"].map(|path| app.public_url(path));
    body.push_str(&format!("{home}\n\n{}\n{account}\n", text("alarm-letter-foot")));
    Some(Letter { to: address, subject, text: body })
}

/// In which language the asker is written to about alarms; `None` for not at all.
///
/// # Errors
/// [`ServiceError::Forbidden`] to all but operators; the database's failures.
pub async fn alarm_letters(app: &App, actor: &Actor) -> Outcome<Option<Language>> {
    let id = operator(actor)?;
    let row = app.db.read(move |conn| operator_find(conn, id)).await?;
    Ok(row.ok_or(ServiceError::NotFound("operator"))?.letters)
}

/// Sets it.
///
/// # Errors
/// As [`alarm_letters`].
pub async fn alarm_letters_set(app: &App, actor: &Actor, letters: Option<Language>) -> Outcome<()> {
    let id = operator(actor)?;
    let done = app.db.write(Lane::House, move |conn| operator_set_letters(conn, id, letters)).await?;
    if done { Ok(()) } else { Err(ServiceError::NotFound("operator")) }
}

fn operator(actor: &Actor) -> Outcome<OperatorId> {
    if let Actor::Operator(id, _) = actor { Ok(*id) } else { Err(ServiceError::Forbidden) }
}
