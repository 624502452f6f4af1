//! All tests, in one program. One file a subject.
#![cfg(test)]
#![expect(clippy::string_slice, reason = "a test that cuts a text in the wrong place fails, which is what it is for")]

mod support;
mod test_databases;
mod tidy;
