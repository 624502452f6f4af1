//! How those are called who did something: `operator/{id}` as the trail has it, and the operator's name for people.

use std::collections::BTreeMap;

use crate::base::id::OperatorId;
use crate::db::operators::operator_find;
use crate::http::page::Visitor;
use crate::http::{HttpError, HttpResult};

/// The names of these actors, by what stands for them. Who is no operator has none.
pub(super) async fn of_actors<'a>(
    visitor: &Visitor,
    actors: impl IntoIterator<Item = Option<&'a String>>,
) -> HttpResult<BTreeMap<String, String>> {
    let operator = |actor: &String| actor.strip_prefix("operator/").and_then(|id| id.parse::<OperatorId>().ok());
    let mut ids: Vec<OperatorId> = actors.into_iter().flatten().filter_map(operator).collect();
    ids.sort_unstable();
    ids.dedup();
    let read = visitor.app.db.read(move |conn| {
        let mut names = BTreeMap::new();
        for id in ids {
            if let Some(row) = operator_find(conn, id)? {
                names.insert(format!("operator/{id}"), row.name);
            }
        }
        Ok::<_, HttpError>(names)
    });
    read.await
}
