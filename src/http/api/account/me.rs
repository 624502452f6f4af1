//! Who one is.

use actix_web::{get, web};
use serde::Serialize;

use crate::base::id::{OperatorId, PartnerId, PersonId, ShopperId};
use crate::domain::access::Role;
use crate::domain::reason::Language;
use crate::http::HttpResult;
use crate::http::caller::SignedIn;
use crate::service::App;
use crate::service::accounts::{self, Who};

/// The account behind a token.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Me {
    /// A shopper.
    Shopper {
        /// Its id.
        #[schema(value_type = String, format = "uuid")]
        id: ShopperId,
        /// A name for it that is safe to show. Tracking links do not carry it: they name the shopper by its `id` in short form.
        public_id: String,
        /// Its address.
        email: String,
        /// Whether the address was confirmed.
        email_confirmed: bool,
        /// The language of letters.
        language: Language,
    },
    /// A partner's program.
    Partner {
        /// The partner's id.
        #[schema(value_type = String, format = "uuid")]
        id: PartnerId,
    },
    /// Somebody who acts for a partner.
    Person {
        /// Its id.
        #[schema(value_type = String, format = "uuid")]
        id: PersonId,
        /// The partner's id.
        #[schema(value_type = String, format = "uuid")]
        partner: PartnerId,
        /// Its address.
        email: String,
        /// Its name.
        name: String,
    },
    /// An operator.
    Operator {
        /// Its id.
        #[schema(value_type = String, format = "uuid")]
        id: OperatorId,
        /// Its address.
        email: String,
        /// Its name.
        name: String,
        /// What it is trusted with.
        role: Role,
    },
}

impl From<Who> for Me {
    fn from(who: Who) -> Self {
        match who {
            Who::Shopper { id, public_id, email, email_confirmed, language } => {
                Self::Shopper { id, public_id, email, email_confirmed, language }
            }
            Who::Partner { id } => Self::Partner { id },
            Who::Person { id, partner, email, name, language: _ } => Self::Person { id, partner, email, name },
            Who::Operator { id, email, name, role } => Self::Operator { id, email, name, role },
        }
    }
}

/// Tells who the token belongs to.
#[utoipa::path(tag = "account", security(("bearer" = [])), responses((status = 200, body = Me)))]
#[get("/api/v1/me")]
pub(super) async fn me(app: web::Data<App>, caller: SignedIn) -> HttpResult<web::Json<Me>> {
    Ok(web::Json(accounts::whoami(&app, &caller.0.actor).await?.into()))
}
