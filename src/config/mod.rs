//! stub until shell lands
/// s
#[derive(Debug, Clone)]
pub struct Config {
    /// p
    pub public_url: url::Url,
    /// l
    pub limits: Limits,
}
/// l
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// r
    pub refused_kept_per_minute: u32,
}
