//! Getting in: pages for those who have no session, and for ending one.

pub(super) mod confirm;
pub(super) mod leaving;
pub(super) mod new_password;
pub(super) mod own;
pub(super) mod second_factor;
pub(super) mod settings;
pub(super) mod sign_in;
pub(super) mod sign_up;
