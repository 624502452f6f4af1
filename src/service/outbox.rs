//! Mail on its way out: to a mail server by SMTP, or without one into a folder in the manner of a maildir, `tmp` while a
//! letter is written and `new` once it is whole, for whatever delivers mail on the machine.

use std::path::{Path, PathBuf};

use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use tokio::task::spawn_blocking;

use super::error::{Outcome, ServiceError};
use crate::base::Timestamp;
use crate::config::Config;
use crate::domain::email::Email;

/// Where letters go, and how they are signed. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Outbox {
    way: Way,
    /// What stands in `From`.
    from: String,
    /// Where people reach us, without a slash at the end; links in letters begin with it.
    pub public_url: String,
}

#[derive(Debug, Clone)]
enum Way {
    /// The folder; made when it is not there.
    Folder(PathBuf),
    Server(AsyncSmtpTransport<Tokio1Executor>),
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
    /// As the configuration says. Where it does not, letters come from `kopilka@` and the host of the public URL.
    ///
    /// # Errors
    /// [`ServiceError::Internal`] when `mail.smtp` is no address of a mail server.
    pub fn configured(config: &Config) -> Outcome<Self> {
        let way = match &config.mail.smtp {
            Some(server) => Way::Server(smtp(server.expose())?),
            None => Way::Folder(config.mail.outbox.clone()),
        };
        let url = &config.public_url;
        let own = || format!("Kopilka <kopilka@{}>", url.host_str().unwrap_or("localhost"));
        let from = config.mail.from.clone().unwrap_or_else(own);
        Ok(Self { way, from, public_url: url.as_str().trim_end_matches('/').to_owned() })
    }

    /// Sends a letter that is known by `name`: once this returns, the mail server has it, or it is on the disk. The same name
    /// again takes the place of the letter in the folder, as long as nobody has fetched it, and is the same `Message-ID`.
    ///
    /// # Errors
    /// [`ServiceError::Internal`] when the folder cannot be written to, or the mail server does not take it.
    pub async fn post(&self, letter: &Letter, name: String, now: Timestamp) -> Outcome<()> {
        let failed = |cause: &dyn std::fmt::Display| ServiceError::Internal(format!("mail: {cause}"));
        let message = self.message(letter, &name, now).map_err(|cause| failed(&cause))?;
        match &self.way {
            Way::Server(server) => server.send(message).await.map(drop).map_err(|cause| failed(&cause)),
            Way::Folder(folder) => {
                let folder = folder.clone();
                let written = spawn_blocking(move || write_whole(&folder, &name, &message.formatted())).await;
                written.map_err(ServiceError::internal)?.map_err(|cause| failed(&cause))
            }
        }
    }

    /// The folder that letters are laid into, where there is no mail server.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match &self.way {
            Way::Folder(folder) => Some(folder),
            Way::Server(_) => None,
        }
    }

    /// Whether the mail server answers and takes our name and password; the folder is always there.
    ///
    /// # Errors
    /// What it said.
    pub async fn try_out(&self) -> Result<(), String> {
        match &self.way {
            Way::Folder(_) => Ok(()),
            Way::Server(server) => match server.test_connection().await {
                Ok(true) => Ok(()),
                Ok(false) => Err("it hangs up".to_owned()),
                Err(cause) => Err(cause.to_string()),
            },
        }
    }

    fn message(&self, letter: &Letter, name: &str, now: Timestamp) -> Result<Message, Box<dyn std::error::Error>> {
        let host = self.from.rsplit('@').next().unwrap_or("localhost").trim_end_matches('>');
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        Ok(Message::builder()
            .from(self.from.parse()?)
            .to(letter.to.as_str().parse()?)
            .subject(letter.subject.clone())
            .date(now.datetime().into())
            .message_id(Some(format!("<{name}@{host}>")))
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .header(ContentTransferEncoding::Base64)
            .body(letter.text.clone())?)
    }
}

fn smtp(server: &str) -> Outcome<AsyncSmtpTransport<Tokio1Executor>> {
    // The cause could quote the password.
    let built = AsyncSmtpTransport::<Tokio1Executor>::from_url(server).map(|builder| builder.build());
    built.map_err(|_cause| {
        ServiceError::internal("mail.smtp is not an address such as smtps://user:password@mail.example")
    })
}

fn write_whole(folder: &Path, name: &str, body: &[u8]) -> std::io::Result<()> {
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
    file.write_all(body)?;
    file.sync_all()?;
    std::fs::rename(&draft, new.join(format!("{name}.eml")))
}
