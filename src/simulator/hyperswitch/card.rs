//! Where a browser turns a test card into a token: the customer and the payout method that it was saved as.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::words::Problem;
use crate::base::id::KeyId;
use crate::domain::payout::MethodKind;
use crate::simulator::bank::Bank;
use crate::simulator::book::Destination;
use crate::simulator::commands::Caller;
use crate::simulator::fault::by_card;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    kind: MethodKind,
    number: String,
}

/// Gives a token for one of the test cards, and for no other number.
pub(super) async fn tokenise(
    request: HttpRequest,
    bank: web::Data<Bank>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    Caller::of(&request).ok_or_else(|| Problem::new(401, "IR_01", "API key not provided or invalid API key used"))?;
    let given: Body = serde_json::from_slice(&body).map_err(|cause| Problem::unreadable(cause.to_string()))?;
    let digits: String = given.number.chars().filter(|c| !c.is_whitespace()).collect();
    let known = by_card(&digits).filter(|_known| given.kind == MethodKind::Card);
    let code = known.ok_or_else(|| Problem::invalid("number"))?.code;
    let last4: String = digits.chars().skip(digits.len().saturating_sub(4)).collect();
    let (customer, card) = (KeyId::new().reference(), KeyId::new().reference());
    let (token, masked) = (format!("cus_{customer}/pm_{card}"), format!("•••• {last4}"));
    let answer = json!({"token": token, "kind": given.kind, "masked": masked});
    bank.book().add_destination(Destination { token, kind: MethodKind::Card, masked, code })?;
    Ok(HttpResponse::Created().insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")).json(answer))
}
