//! Signatures of outgoing webhooks, held against the independent libraries of Standard Webhooks in three languages: what we sign is
//! believed, and what was changed on the way is not.

use std::io::Write as _;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kopilka::base::{Clock, Secret};
use kopilka::domain::hook::{message_id, secret_of, signature};
use reqwest::header::HeaderMap;
use serde_json::json;

use crate::support::db::long;
use crate::support::dice::Dice;

/// A message with its headers.
#[derive(Debug, Clone, PartialEq)]
struct Message {
    secret: String,
    id: String,
    timestamp: String,
    signature: String,
    body: String,
}

impl Message {
    fn made(dice: &mut Dice) -> Self {
        let key: Vec<u8> = (0..32).map(|_| u8::try_from(dice.below(256)).unwrap()).collect();
        let secret = secret_of(&key);
        let id = message_id(&kopilka::base::id::HookMessageId::new().reference());
        let seconds = Clock::System.now().seconds();
        let words = ["ключ", "a.b", "\u{1f4b0}", "\\\"", "0.10", "\u{2028}"];
        let body =
            json!({ "type": "conversion.confirmed", "data": { "n": dice.below(1 << 40), "w": dice.pick(&words) } });
        let body = body.to_string();
        let signature = signature(std::slice::from_ref(&secret), &id, seconds, &body).unwrap();
        Self { secret: secret.expose().to_owned(), id, timestamp: seconds.to_string(), signature, body }
    }

    /// The same with one thing changed, whatever it is.
    fn changed(&self, dice: &mut Dice) -> Self {
        let mut other = self.clone();
        match dice.below(7) {
            0 => other.id = flipped(&self.id, dice),
            1 => {
                let by = i64::try_from(dice.below(100)).unwrap() + 1;
                other.timestamp = (self.timestamp.parse::<i64>().unwrap() - by).to_string();
            }
            2 | 3 => other.body = flipped(&self.body, dice),
            4 => other.body.push(' '),
            5 => other.signature = resigned(&self.signature, dice),
            _ => {
                let mut key = STANDARD.decode(self.secret.trim_start_matches("whsec_")).unwrap();
                let at = dice.index(key.len());
                key[at] ^= 1 << dice.below(8);
                other.secret = secret_of(&key).expose().to_owned();
            }
        }
        other
    }

    fn is_believed(&self) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", self.id.parse().unwrap());
        headers.insert("webhook-timestamp", self.timestamp.parse().unwrap());
        headers.insert("webhook-signature", self.signature.parse().unwrap());
        let library = standardwebhooks::Webhook::new(&self.secret).unwrap();
        library.verify(self.body.as_bytes(), &headers).is_ok()
    }

    fn line(&self, good: bool) -> String {
        let Self { secret, id, timestamp, signature, body } = self;
        json!({ "secret": secret, "id": id, "timestamp": timestamp, "signature": signature, "body": body, "good": good })
            .to_string()
    }
}

/// One letter of an ASCII place is another letter.
fn flipped(text: &str, dice: &mut Dice) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let at = dice.index(letters.len());
    letters[at] = if letters[at] == 'x' { 'y' } else { 'x' };
    letters.into_iter().collect()
}

/// One bit of the signature itself is another.
fn resigned(text: &str, dice: &mut Dice) -> String {
    let mut raw = STANDARD.decode(text.trim_start_matches("v1,")).unwrap();
    let at = dice.index(raw.len());
    raw[at] ^= 1 << dice.below(8);
    format!("v1,{}", STANDARD.encode(raw))
}

#[test]
fn the_published_example_is_signed_as_published() {
    // From the specification's reference libraries.
    let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let signed = signature(&[secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
    assert_eq!(signed.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    assert!(signature(&[Secret::new("MfKQ")], "msg_a", 1, "{}").is_err());
}

#[test]
fn a_changed_message_is_never_believed() {
    let mut dice = Dice::told();
    let count = if long() { 100_000 } else { 2_000 };
    for _ in 0..count {
        let message = Message::made(&mut dice);
        assert!(message.is_believed(), "{message:?}");
        let changed = message.changed(&mut dice);
        assert_ne!(message, changed);
        assert!(!changed.is_believed(), "{message:?} as {changed:?}");
    }
    println!("{count} messages believed by the Rust library, {count} changed ones refused");
}

#[test]
fn the_libraries_in_python_and_javascript_agree() {
    let mut dice = Dice::told();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("messages.jsonl");
    let mut file = std::fs::File::create(&path).unwrap();
    let count = if long() { 100_000 } else { 2_000 };
    for _ in 0..count {
        let message = Message::made(&mut dice);
        writeln!(file, "{}", message.line(true)).unwrap();
        writeln!(file, "{}", message.changed(&mut dice).line(false)).unwrap();
    }
    drop(file);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/check-webhooks");
    let done = Command::new(script).arg(&path).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    println!("{said}");
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    for language in ["python", "javascript"] {
        let believed = format!("{language}: {count} believed, {count} refused");
        assert!(said.contains(&believed) || said.contains(&format!("NOT TESTED: {language}")), "{said}");
    }
}
