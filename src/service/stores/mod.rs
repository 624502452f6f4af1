//! Stores, their terms, and bringing many of them in from a file. One verb a file.

mod check;
mod doubts;
mod import_csv;
mod import_row;
mod store_add;
mod store_import;
mod store_update;
mod terms_add;
mod terms_preview;
mod terms_text;

pub use check::{check_name, check_site, check_slug};
pub use doubts::{DoubtfulStore, doubtful_stores, link_doubts};
pub use import_csv::{LARGEST_CSV, store_import_csv};
pub use import_row::{BadRow, ImportRow, Numbered, read_csv, read_toml};
pub use store_add::{NewStore, store_add};
pub use store_import::{ImportDone, ImportLine, Imported, store_import};
pub use store_update::{StoreChange, store_update};
pub use terms_add::terms_add;
pub use terms_preview::{TermsPreview, terms_newest, terms_preview};
pub use terms_text::{TermsDifference, TermsText};
