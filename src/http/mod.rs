//! Floor 4: the outside world calling in. `routes` is the one table of routes; `error` is the only place
//! that knows status codes.

pub mod api;
pub mod caller;
mod cors;
pub mod error;
pub mod extract;
pub mod health;
pub mod metrics;
mod middleware;
pub mod notice;
pub mod openapi;
mod page;
pub mod postback;
pub mod redirect;
pub mod routes;
pub mod server;
mod webhook;

pub use caller::{Anyone, Operator, PartnerActor, PartnerPerson, Shopper, SignedIn};
pub use error::{HttpError, HttpResult};
pub use extract::{ClientIp, Page, PageOf};
pub use server::serve;
