//! Pages for those who act for a partner.

pub(super) mod account;
pub(super) mod apply;
pub(super) mod bench;
pub(super) mod calls;
pub(super) mod changes;
pub(super) mod claims;
pub(super) mod home;
pub(super) mod orders;
pub(super) mod settings;
pub(super) mod sign_in;
pub(super) mod statement;

use std::sync::Arc;

use super::Visitor;
use crate::base::id::PartnerId;
use crate::domain::access::Actor;
use crate::http::HttpResult;
use crate::service::ServiceError;
use crate::service::catalogue::Partner;

/// The partner of whoever looks, and who that is. 401 to strangers, 403 to others.
fn own(visitor: &Visitor) -> HttpResult<(Arc<Partner>, Actor)> {
    let (id, actor) = visitor.partner()?;
    Ok((known(visitor, id)?, actor.clone()))
}

fn known(visitor: &Visitor, id: PartnerId) -> HttpResult<Arc<Partner>> {
    let snapshot = visitor.app.catalogue.snapshot();
    Ok(Arc::clone(snapshot.partner(id).ok_or(ServiceError::NotFound("partner"))?))
}
