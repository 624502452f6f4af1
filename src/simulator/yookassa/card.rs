//! A form for cards like the widget's: it stands in the page of whoever loads its script, and gives a token.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::words::Problem;
use crate::base::id::KeyId;
use crate::domain::payout::MethodKind;
use crate::simulator::bank::Bank;
use crate::simulator::book::Destination;
use crate::simulator::fault::by_card;

/// The card of the provider's own example, which is paid to.
const EXAMPLE: &str = "5555555555554477";

const SCRIPT: &str = r#"window.PayoutsData = class {
  constructor(settings) {
    this.settings = settings;
    this.origin = new URL(document.currentScript?.src ?? window.PayoutsData.src).origin;
  }
  render(id) {
    const form = document.createElement("form");
    const number = Object.assign(document.createElement("input"), { inputMode: "numeric", required: true, ariaLabel: "Card" });
    const send = Object.assign(document.createElement("button"), { textContent: "OK" });
    form.append(number, send);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const body = JSON.stringify({ account_id: this.settings.account_id, number: number.value.replace(/\s/g, "") });
      const answer = await fetch(`${this.origin}/payouts-data/tokens`, { method: "POST", body });
      if (answer.ok) this.settings.success_callback(await answer.json());
      else this.settings.error_callback("card_number_invalid");
    });
    document.getElementById(id).append(form);
  }
};
window.PayoutsData.src = document.currentScript.src;
"#;

pub(super) async fn script() -> HttpResponse {
    HttpResponse::Ok().content_type("text/javascript; charset=utf-8").body(SCRIPT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    account_id: String,
    number: String,
}

/// Gives a token for one of the test cards, and for no other number.
pub(super) async fn tokenise(bank: web::Data<Bank>, body: web::Bytes) -> Result<HttpResponse, Problem> {
    let given: Body = serde_json::from_slice(&body).map_err(|cause| Problem::invalid("body", cause.to_string()))?;
    if given.account_id != bank.config.public_key {
        return Err(Problem::invalid("account_id", "There is no such gateway"));
    }
    let code = if given.number == EXAMPLE { Some(0) } else { by_card(&given.number).map(|known| known.code) };
    let code = code.ok_or_else(|| Problem::invalid("number", "Only the documented test numbers are taken"))?;
    let last4: String = given.number.chars().skip(given.number.len().saturating_sub(4)).collect();
    let first6: String = given.number.chars().take(6).collect();
    let token = format!("{}.SC.001.202101", KeyId::new().reference());
    let answer = json!({"payout_token": token, "first6": first6, "last4": last4, "card_type": "Mir"});
    let masked = format!("•••• {last4}");
    bank.book().add_destination(Destination { token, kind: MethodKind::Card, masked, code })?;
    Ok(HttpResponse::Ok().insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")).json(answer))
}

pub(super) async fn preflight() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "POST"))
        .finish()
}
