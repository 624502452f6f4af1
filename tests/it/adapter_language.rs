//! The language itself.
