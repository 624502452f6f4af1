//! Conditions of partial indexes. A plan that is made without the values, as those are that PostgreSQL keeps, finds such an index
//! only when the condition stands in the statement in the index's own words; and SQLite, for anything but a comparison with one word.
//! Such a comparison with a bound value SQLite plans anew each time that the value is bound, whatever index it then uses.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::Bool;

/// `conversions_to_release`.
pub(super) const TO_RELEASE: Indexed = Indexed("conversions.state = 'confirmed' AND NOT conversions.released");
/// `postbacks_waiting`.
pub(super) const WAITING_CALLS: Indexed =
    Indexed("postbacks.verdict IN ('held', 'refused') AND postbacks.resolved_by IS NULL");
/// `jobs_due`.
pub(super) const JOBS_GOING_ON: Indexed = Indexed("NOT jobs.dead");
/// `provider_events_waiting`.
pub(super) const WAITING_EVENTS: Indexed = Indexed("NOT provider_events.applied");
/// `hook_messages_waiting`.
pub(super) const WAITING_MESSAGES: Indexed = Indexed("hook_messages.state = 'waiting'");
/// `adjustments_open`.
pub(super) const OPEN_ADJUSTMENTS: Indexed = Indexed("adjustments.state = 'open'");
/// `claims_open`.
pub(super) const OPEN_CLAIMS: Indexed = Indexed("claims.state = 'open'");
/// `partner_applications_waiting`.
pub(super) const WAITING_APPLICATIONS: Indexed = Indexed("partner_applications.state = 'waiting'");
/// `shoppers_unconfirmed`.
pub(super) const UNCONFIRMED_SHOPPERS: Indexed =
    Indexed("shoppers.email_confirmed_at IS NULL AND shoppers.status = 'active'");
/// `partner_people_unconfirmed`.
pub(super) const UNCONFIRMED_PEOPLE: Indexed =
    Indexed("partner_people.email_confirmed_at IS NULL AND partner_people.status = 'active'");

/// The condition of a partial index, in its words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Indexed(&'static str);

impl Expression for Indexed {
    type SqlType = Bool;
}

impl<DB: Backend> QueryFragment<DB> for Indexed {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("(");
        out.push_sql(self.0);
        out.push_sql(")");
        Ok(())
    }
}

/// Known by its text.
impl QueryId for Indexed {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<From: ?Sized> AppearsOnTable<From> for Indexed {}
impl<From: ?Sized> SelectableExpression<From> for Indexed {}
impl<Group> ValidGrouping<Group> for Indexed {
    type IsAggregate = is_aggregate::Never;
}
