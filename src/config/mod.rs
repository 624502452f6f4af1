//! The configuration: one typed value, made in `main` and passed down.

/// Everything that an operator can set.
#[derive(Debug, Clone, Default)]
pub struct Config {}
