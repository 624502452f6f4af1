//! Letting a browser in: what is granted, and one button. The code goes back in the part of the address that no server sees,
//! and only the extension in that browser can use it.

use actix_web::web;
use minijinja::context;
use serde::Deserialize;

use crate::http::page::{Fields, PageResult, Visitor};
use crate::http::{HttpError, HttpResult};
use crate::service::ServiceError;
use crate::service::extension::{check_challenge, connect_allow};

const TEMPLATE: &str = "extension_connect.html";
/// The longest state, in characters.
const LONGEST_STATE: usize = 200;

/// What the extension's tab brings along.
#[derive(Deserialize)]
pub(in crate::http::page) struct Asked {
    /// Comes back as it is, so that the extension knows its own question.
    #[serde(default)]
    state: String,
    /// SHA-256, base64url, of what the extension alone knows.
    #[serde(default)]
    challenge: String,
}

impl Asked {
    /// Whether an extension asks, and not a mistyped address.
    fn check(&self) -> HttpResult<()> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !(1..=LONGEST_STATE).contains(&self.state.len()) || !self.state.chars().all(plain) {
            let problem = format!("must be 1 to {LONGEST_STATE} letters, digits, - and _");
            return Err(ServiceError::invalid("state", problem).into());
        }
        Ok(check_challenge(&self.challenge)?)
    }
}

/// What is granted, and the button.
pub(in crate::http::page) async fn ask(visitor: Visitor, asked: web::Query<Asked>) -> PageResult {
    visitor.shopper()?;
    let fits = asked.check().is_ok();
    let (state, challenge) = (asked.state.as_str(), asked.challenge.as_str());
    visitor.page(TEMPLATE, context! { fits => fits, state => state, challenge => challenge })
}

/// Makes the code and leads to where the extension reads it.
pub(in crate::http::page) async fn allow(visitor: Visitor, asked: web::Form<Asked>) -> PageResult {
    visitor.shopper()?;
    let made = async {
        asked.check()?;
        let made = connect_allow(&visitor.app, visitor.signed_in()?, &asked.challenge).await;
        made.map_err(HttpError::from)
    };
    match made.await {
        Ok(code) => {
            let to = format!("/extension/connected#code={}&state={}", code.expose(), asked.state);
            Ok(visitor.go(&to).finish())
        }
        Err(error) => {
            visitor.again(TEMPLATE, Fields::default(), error, context! { fits => false, state => "", challenge => "" })
        }
    }
}

/// The extension takes it from here.
pub(in crate::http::page) async fn done(visitor: Visitor) -> PageResult {
    visitor.page("extension_connected.html", context! {})
}
