//! Closing the books: what providers and banks say of our money is held against payouts, partners' debts and the ledger. Each
//! difference is a case that stays until it is explained; money that a provider moved and nothing explains stops its sending.

mod cases;
mod heard;
mod list;
mod payments;
mod provider;
mod statements;

pub use cases::{case_ask, case_close, case_get, cases, provider_is_stopped, stopped};
pub use heard::{case_keep, case_of};
pub use list::{reconcile_daily, reconcile_list, reconciled};
pub use payments::{Booked, Payment};
pub use provider::Compared;
pub use statements::{Looked, NewStatement, mapping_of, statement_apply, statement_get, statement_look, statement_put};
