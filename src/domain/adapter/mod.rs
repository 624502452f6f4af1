//! stub
mod report;
use super::verdict::Verdict;
use crate::base::Secret;
pub use report::*;
#[derive(Debug, Clone, PartialEq, Eq)]
/// s
pub struct RawCall {
    pub method: String,
    pub path_secret: Option<Secret>,
    pub query: String,
    pub body: Vec<u8>,
    pub headers: Vec<(String, String)>,
    pub peer: Option<std::net::IpAddr>,
    pub public_url: String,
}
#[derive(Debug, Clone)]
pub struct Adapter;
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct AdapterError(String);
#[derive(Debug, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct AuthFailure {
    pub code: &'static str,
    pub detail: String,
}
pub enum Reading {
    Reports(Vec<Report>),
    Ignored { why: String },
    Unreadable { code: &'static str, detail: String },
}
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub body: Option<String>,
}
impl Adapter {
    pub fn parse(_t: &str, _p: &dyn Fn(&str) -> Option<String>) -> Result<Self, AdapterError> {
        Ok(Self)
    }
    pub fn name(&self) -> &str {
        ""
    }
    pub fn authenticate(&self, _c: &RawCall, _s: &[Secret]) -> Result<(), AuthFailure> {
        Ok(())
    }
    pub fn read(&self, _c: &RawCall) -> Reading {
        Reading::Ignored { why: String::new() }
    }
    pub fn redact(&self, c: &RawCall, _s: &[Secret]) -> RawCall {
        c.clone()
    }
    pub fn answer(&self, _v: Verdict, _i: &str, _r: Option<&str>) -> Answer {
        Answer { status: 200, content_type: String::new(), body: None }
    }
}
pub fn preset(_n: &str) -> Option<&'static str> {
    None
}
pub fn preset_names() -> impl Iterator<Item = &'static str> {
    std::iter::empty()
}
