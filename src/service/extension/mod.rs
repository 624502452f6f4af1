//! The browser extension: its signed list, the keys of it, stand-down packs, browsers that are connected, links that shoppers ask
//! for through it. One verb a file.

mod activate;
mod connect;
mod list;
mod list_key;
mod pack_put;
mod summary;

pub use activate::{Activated, activate, activation_find, activations_purge};
pub use connect::{
    Connected, browser_disconnect, browser_list, check_challenge, connect_allow, connect_exchange,
    extension_authenticate,
};
pub use list::{KeptList, SignedList, signed_list};
pub use list_key::{ListKeys, list_key_rotate, list_keys};
pub use pack_put::pack_put;
pub use summary::{Summary, summary};
