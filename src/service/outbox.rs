//! Mail on its way out: a folder in the manner of a maildir, `tmp` while a letter is written and `new` once it is
//! whole. Whatever delivers mail on the machine takes the `.eml` files from there.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::task::spawn_blocking;

use super::App;
use super::error::{Outcome, ServiceError};
use crate::base::Timestamp;
use crate::domain::email::Email;

/// Where letters are laid down, and how they are signed.
#[derive(Debug, Clone)]
pub struct Outbox {
    /// The folder; made when it is not there.
    pub folder: PathBuf,
    /// What stands in `From`.
    pub from: String,
    /// Where people reach us, without a slash at the end; links in letters begin with it.
    pub public_url: String,
}

/// One letter of plain text.
#[derive(Clone)]
pub struct Letter {
    /// To whom.
    pub to: Email,
    /// The subject, in the receiver's language.
    pub subject: String,
    /// The text, lines ended with `\n`.
    pub text: String,
}

impl Outbox {
    /// As the configuration says. Letters come from `kopilka@` and the host of the public URL.
    #[must_use]
    pub fn of(app: &App) -> Self {
        let url = &app.config.public_url;
        Self {
            folder: app.config.mail.outbox.clone(),
            from: format!("Kopilka <kopilka@{}>", url.host_str().unwrap_or("localhost")),
            public_url: url.as_str().trim_end_matches('/').to_owned(),
        }
    }

    /// Lays a letter down under `name`. It is on the disk when this returns. The same name again takes the place of the
    /// letter, as long as nobody has fetched it.
    ///
    /// # Errors
    /// [`ServiceError::Internal`] when the folder cannot be written to.
    pub async fn post(&self, letter: &Letter, name: String, now: Timestamp) -> Outcome<()> {
        let body = self.format(letter, &name, now);
        let folder = self.folder.clone();
        let done = spawn_blocking(move || write_whole(&folder, &name, &body));
        done.await.map_err(ServiceError::internal)?.map_err(|cause| ServiceError::Internal(format!("outbox: {cause}")))
    }

    /// RFC 5322 with UTF-8 parts encoded (RFC 2047 for the subject, base64 for the text).
    fn format(&self, letter: &Letter, name: &str, now: Timestamp) -> String {
        let host = self.from.rsplit('@').next().unwrap_or("localhost").trim_end_matches('>');
        let text = STANDARD.encode(letter.text.replace('\n', "\r\n"));
        let date = now.datetime().to_rfc2822();
        let mut out = format!(
            "From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {date}\r\nMessage-ID: <{name}@{host}>\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\
             Auto-Submitted: auto-generated\r\n\r\n",
            self.from,
            letter.to,
            encoded_words(&letter.subject),
        );
        let letters: Vec<char> = text.chars().collect();
        for line in letters.chunks(76) {
            out.extend(line);
            out.push_str("\r\n");
        }
        out
    }
}

/// RFC 2047 words of at most 75 characters, folded over lines.
fn encoded_words(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let words =
        chars.chunks(10).map(|part| format!("=?utf-8?B?{}?=", STANDARD.encode(part.iter().collect::<String>())));
    words.collect::<Vec<_>>().join("\r\n ")
}

fn write_whole(folder: &std::path::Path, name: &str, body: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let (tmp, new) = (folder.join("tmp"), folder.join("new"));
    // Letters carry codes that open accounts: only the owner of the service may read them.
    let mut folders = std::fs::DirBuilder::new();
    folders.recursive(true);
    let mut private = std::fs::File::options();
    private.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        std::os::unix::fs::DirBuilderExt::mode(&mut folders, 0o700);
        std::os::unix::fs::OpenOptionsExt::mode(&mut private, 0o600);
    }
    folders.create(&tmp)?;
    folders.create(&new)?;
    let draft = tmp.join(name);
    let mut file = private.open(&draft)?;
    file.write_all(body.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&draft, new.join(format!("{name}.eml")))
}
