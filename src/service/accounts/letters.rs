//! The letters that accounts cause, in the reader's language.

use crate::base::Secret;
use crate::domain::email::Email;
use crate::domain::reason::Language;
use crate::service::outbox::Letter;

/// What a mailed code is good for; kept as the token's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Shows that the address is the shopper's.
    Confirm,
    /// Sets a new password.
    Reset,
}

impl Purpose {
    /// The word that is stored.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Reset => "reset",
        }
    }
}

/// Greets a new shopper and carries the code that confirms the address.
pub(super) fn welcome(to: Email, language: Language, site: &str, code: &Secret) -> Letter {
    let code = code.expose();
    let link = format!("{site}/confirm-email?code={code}");
    let (subject, text) = match language {
        Language::En => (
            "Confirm your e-mail address",
            format!(
                "Hello!\n\nSomebody, hopefully you, signed up at {site} with this address. Open this link within two \
                 days to confirm it:\n\n{link}\n\nOr enter this code where you signed up: {code}\n\nIf it was not you, leave this letter alone: without the link nobody \
                 can sign in.\n"
            ),
        ),
        Language::Ru => (
            "Подтвердите адрес почты",
            format!(
                "Здравствуйте!\n\nКто-то (надеемся, вы) зарегистрировался на {site} с этим адресом. Чтобы подтвердить \
                 его, откройте ссылку в течение двух дней:\n\n{link}\n\nКод из неё: {code}\n\nИли введите код там, где вы регистрировались: {code}\n\nЕсли это были не вы, ничего не делайте: без \
                 ссылки войти никто не сможет.\n"
            ),
        ),
    };
    Letter { to, subject: subject.to_owned(), text }
}

/// Tells the owner of a known address that somebody signed up with it again, and how to get in.
pub(super) fn already_known(to: Email, language: Language, site: &str, code: &Secret) -> Letter {
    let (link, code) = (reset_link(site, code), code.expose());
    let (subject, text) = match language {
        Language::En => (
            "You already have an account",
            format!(
                "Hello!\n\nSomebody tried to sign up at {site} with this address, but it already has an account; \
                 nothing was changed. If it was you and the password is forgotten, set a new one within two \
                 days:\n\n{link}\n\nThe code in it: {code}\n\nIf it was not you, nothing needs to be done.\n"
            ),
        ),
        Language::Ru => (
            "У вас уже есть аккаунт",
            format!(
                "Здравствуйте!\n\nКто-то пытался зарегистрироваться на {site} с этим адресом, но аккаунт с ним уже \
                 есть; ничего не изменилось. Если это были вы и пароль забыт, задайте новый в течение двух \
                 дней:\n\n{link}\n\nКод из неё: {code}\n\nЕсли это были не вы, ничего делать не нужно.\n"
            ),
        ),
    };
    Letter { to, subject: subject.to_owned(), text }
}

/// Carries the code that sets a new password.
pub(super) fn reset(to: Email, language: Language, site: &str, code: &Secret) -> Letter {
    let (link, code) = (reset_link(site, code), code.expose());
    let (subject, text) = match language {
        Language::En => (
            "Set a new password",
            format!(
                "Hello!\n\nA new password was asked for at {site}. Set it within two days:\n\n{link}\n\nThe code in it: {code}\n\nAll devices \
                 and programs will have to sign in again. If it was not you, nothing needs to be done: the old \
                 password stays.\n"
            ),
        ),
        Language::Ru => (
            "Новый пароль",
            format!(
                "Здравствуйте!\n\nНа {site} попросили задать новый пароль. Сделайте это в течение двух \
                 дней:\n\n{link}\n\nКод из неё: {code}\n\nНа всех устройствах и во всех программах придётся войти заново. Если это были не \
                 вы, ничего делать не нужно: прежний пароль остаётся.\n"
            ),
        ),
    };
    Letter { to, subject: subject.to_owned(), text }
}

fn reset_link(site: &str, code: &Secret) -> String {
    format!("{site}/new-password?code={}", code.expose())
}
