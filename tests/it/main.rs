//! One test binary: every test file is a module here.

mod adapter;
mod adapter_language;
mod support;
