//! Real partners' calls (tests/data/postbacks) with the preset and the secret that go with each.
//! The same messages are read by the adapter tests and sent through the real endpoint.

use kopilka::base::Secret;
use kopilka::domain::adapter::RawCall;
use serde_json::Value;

/// The secret of partners whose network signs nothing: it stands in the path.
pub const PATH_SECRET: &str = "p4th-S3cret_0123456789";

/// What must become of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// A report, equal to `means`.
    Ingest,
    /// Not a sale.
    Ignore,
    /// Stored, needs a person.
    Quarantine,
    /// The signature is wrong.
    RejectAuth,
    /// The network does not document it: needs a person.
    Undetermined,
}

/// One message of a fixture file.
#[derive(Debug, Clone)]
pub struct Case {
    /// File name without `.json`.
    pub file: &'static str,
    /// Position in `push`.
    pub index: usize,
    /// The preset that reads it.
    pub preset: &'static str,
    /// The partner's secret.
    pub secret: &'static str,
    /// The secret in the path, where it stands there.
    pub path_secret: Option<&'static str>,
    pub method: String,
    pub query: String,
    pub body: Vec<u8>,
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
    pub expect: Expect,
    /// The normalised outcome, in the fixture's words ("approved" is our "confirmed").
    pub means: Value,
}

impl Case {
    /// The call as the adapter gets it.
    pub fn call(&self) -> RawCall {
        let path = self.path_secret.map(|secret| format!("/{secret}")).unwrap_or_default();
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        RawCall {
            method: self.method.clone(),
            path_secret: self.path_secret.map(Secret::new),
            query: self.query.clone(),
            body: self.body.clone(),
            headers: self.headers.clone(),
            peer: Some("203.0.113.9".parse().unwrap()),
            public_url: format!("https://cashback.example/postback/{}{path}{query}", self.preset),
        }
    }

    pub fn secrets(&self) -> Vec<Secret> {
        vec![Secret::new(self.secret)]
    }
}

/// Fixture files that push, the preset of each, its secret, and whether the secret stands in the path.
const FILES: &[(&str, &str, &str, bool, &str)] = &[
    ("7offers", "7offers", PATH_SECRET, true, include_str!("../../data/postbacks/7offers.json")),
    ("actionpay", "actionpay", PATH_SECRET, true, include_str!("../../data/postbacks/actionpay.json")),
    ("admitad", "admitad", PATH_SECRET, true, include_str!("../../data/postbacks/admitad.json")),
    ("adtraction", "adtraction", PATH_SECRET, true, include_str!("../../data/postbacks/adtraction.json")),
    ("affise", "affise", PATH_SECRET, true, include_str!("../../data/postbacks/affise.json")),
    ("awin", "awin", PATH_SECRET, true, include_str!("../../data/postbacks/awin.json")),
    (
        "ayet-studios",
        "ayet-studios",
        "9f2228fea0d8e7ce10b2ac36053db14c",
        false,
        include_str!("../../data/postbacks/ayet-studios.json"),
    ),
    ("dub", "dub", "pbsec_0123456789abcdef", false, include_str!("../../data/postbacks/dub.json")),
    ("gdeslon", "gdeslon", PATH_SECRET, true, include_str!("../../data/postbacks/gdeslon.json")),
    ("tradedoubler", "tradedoubler", "k3yInUrl", false, include_str!("../../data/postbacks/tradedoubler.json")),
    ("tune", "tune", PATH_SECRET, true, include_str!("../../data/postbacks/tune.json")),
];

/// Messages that need another preset, or carry another secret, than their file: (file, index, preset, secret, in path).
const SPECIAL: &[(&str, usize, &str, &str, bool)] =
    &[("admitad", 6, "admitad-advanced", PATH_SECRET, true), ("awin", 2, "awin-get", "k3yInUrl", false)];

/// Every pushed message of every fixture file.
pub fn cases() -> Vec<Case> {
    FILES.iter().flat_map(cases_of_file).collect()
}

/// The pushed messages of one file.
pub fn cases_of(file: &str) -> Vec<Case> {
    FILES.iter().filter(|(name, ..)| *name == file).flat_map(cases_of_file).collect()
}

/// A whole fixture file.
pub fn document(file: &str) -> Value {
    let text = match file {
        "cj" => include_str!("../../data/postbacks/cj.json"),
        "leads-su" => include_str!("../../data/postbacks/leads-su.json"),
        "offerwall-signatures" => include_str!("../../data/postbacks/offerwall-signatures.json"),
        pushed => FILES.iter().find(|(name, ..)| *name == pushed).expect("a fixture file").4,
    };
    serde_json::from_str(text).expect("fixtures are JSON")
}

fn cases_of_file(row: &(&'static str, &'static str, &'static str, bool, &'static str)) -> Vec<Case> {
    let (file, preset, secret, in_path, text) = *row;
    let document: Value = serde_json::from_str(text).expect("fixtures are JSON");
    let messages = document["push"].as_array().expect("push is a list").clone();
    let one = |(index, message): (usize, Value)| {
        let special = SPECIAL.iter().find(|(name, at, ..)| *name == file && *at == index);
        let (preset, secret, in_path) = special.map_or((preset, secret, in_path), |(_, _, p, s, i)| (*p, *s, *i));
        let headers = message["headers"].as_object().expect("headers is an object").iter();
        let text = |key: &str| message[key].as_str().unwrap_or_default().to_owned();
        Case {
            file,
            index,
            preset,
            secret,
            path_secret: in_path.then_some(secret),
            method: text("method"),
            query: text("raw_query"),
            body: text("raw_body").into_bytes(),
            headers: headers.map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap().to_owned())).collect(),
            expect: match message["expect"].as_str() {
                Some("ingest") => Expect::Ingest,
                Some("ignore") => Expect::Ignore,
                Some("quarantine") => Expect::Quarantine,
                Some("reject_auth") => Expect::RejectAuth,
                Some("undetermined") => Expect::Undetermined,
                other => panic!("{file}[{index}]: unknown expectation {other:?}"),
            },
            means: message["means"].clone(),
        }
    };
    messages.into_iter().enumerate().map(one).collect()
}
