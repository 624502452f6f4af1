//! What those look at who run the service: sums, alarms, how much waits for a person. Nothing is decided here.

mod alarms;
mod check_ledger;
mod count_clicks;
mod figures;
mod waiting;

pub use alarms::{alarms, tell_metrics};
pub use check_ledger::{LastCheck, check_ledger, check_ledger_daily, last_check};
pub use count_clicks::{count_clicks, count_clicks_before};
pub use figures::{DaySum, Figures, KeptFigures, Owed, PartnerOwed, figures};
pub use waiting::{MOST, Waiting, waiting};
