//! One test binary: every test file is a module here.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests fail loudly, too"
)]

mod adapter;
mod adapter_language;
mod adapter_schemes;
mod adapter_shapes;
mod support;
