//! One test binary: every test file is a module here.

mod adapter;
mod adapter_language;
mod adapter_schemes;
mod adapter_shapes;
mod support;
