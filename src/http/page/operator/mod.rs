//! Pages for those who run the service.

pub(super) mod calls;
pub(super) mod home;
pub(super) mod partners;
pub(super) mod payouts;
pub(super) mod sign_in;
