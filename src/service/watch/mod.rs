//! What those look at who run the service: sums, alarms, how much waits for a person. Nothing is decided here.

mod alarms;
mod check_ledger;
mod count_clicks;
mod disks;
mod figures;
mod tell_operators;
mod waiting;

pub use alarms::{alarms, note_backup, tell_metrics, tell_oldest_job};
pub use check_ledger::{LastCheck, check_ledger, check_ledger_daily, last_check};
pub use count_clicks::{count_clicks, count_clicks_before};
pub use figures::{DaySum, Figures, KeptFigures, Owed, PartnerOwed, figures};
pub use tell_operators::{alarm_letters, alarm_letters_set, tell_operators};
pub use waiting::{MOST, Waiting, waiting};
