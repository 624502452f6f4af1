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
    /// Gives an account another address.
    Change,
}

impl Purpose {
    /// The word that is stored.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Reset => "reset",
            Self::Change => "change",
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
                 days to confirm it; the password that was chosen then is asked for:\n\n{link}\n\nThe code in it: \
                 {code}\n\nIf it was not you, leave this letter alone: without the link nobody can sign in.\n"
            ),
        ),
        Language::Ru => (
            "Подтвердите адрес почты",
            format!(
                "Здравствуйте!\n\nКто-то (надеемся, вы) зарегистрировался на {site} с этим адресом. Чтобы подтвердить \
                 его, откройте ссылку в течение двух дней; понадобится пароль, выбранный при \
                 регистрации:\n\n{link}\n\nКод из неё: {code}\n\nЕсли это были не вы, ничего не делайте: без ссылки \
                 войти никто не сможет.\n"
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

/// Tells that the password is another one now.
pub(super) fn password_changed(to: Email, language: Language, site: &str) -> Letter {
    let (subject, text) = match language {
        Language::En => (
            "Your password was changed",
            format!(
                "Hello!\n\nThe password of your account at {site} was changed by somebody who was signed in and knew the \
                 old one. All other devices have to sign in again.\n\nIf it was not you, ask for a new password at once: \
                 that ends this one and all sessions.\n"
            ),
        ),
        Language::Ru => (
            "Ваш пароль изменён",
            format!(
                "Здравствуйте!\n\nПароль вашего аккаунта на {site} изменил кто-то, кто вошёл в него и знал прежний \
                 пароль. На всех других устройствах придётся войти заново.\n\nЕсли это были не вы, сразу запросите новый \
                 пароль: этот перестанет действовать, и все сеансы закончатся.\n"
            ),
        ),
    };
    Letter { to, subject: subject.to_owned(), text }
}

/// Warns the address that an account has: another one was asked for.
pub(super) fn address_asked(to: Email, language: Language, site: &str, new: &Email) -> Letter {
    let (subject, text) = match language {
        Language::En => (
            "Another e-mail address was asked for",
            format!(
                "Hello!\n\nSomebody who was signed in to your account at {site} and knew its password asked to move it \
                 to the address {new}. Nothing has changed yet: a code that went there has to come back first.\n\nIf it \
                 was not you, ask for a new password at once: that ends the old one, all sessions and that code.\n"
            ),
        ),
        Language::Ru => (
            "Запрошена смена адреса почты",
            format!(
                "Здравствуйте!\n\nКто-то, кто вошёл в ваш аккаунт на {site} и знает его пароль, попросил перевести его \
                 на адрес {new}. Пока ничего не изменилось: сначала нужно ввести код, отправленный туда.\n\nЕсли это \
                 были не вы, сразу запросите новый пароль: прежний пароль, все сеансы и этот код перестанут \
                 действовать.\n"
            ),
        ),
    };
    Letter { to, subject: subject.to_owned(), text }
}

/// Carries the code that makes an address the account's.
pub(super) fn new_address(to: Email, language: Language, site: &str, code: &Secret) -> Letter {
    let code = code.expose();
    let link = format!("{site}/confirm-email?code={code}");
    let (subject, text) = match language {
        Language::En => (
            "Confirm your new e-mail address",
            format!(
                "Hello!\n\nAn account at {site} is to move to this address. Open this link within two days to confirm \
                 it; the password of the account is asked for:\n\n{link}\n\nThe code in it: {code}\n\nIf it was not \
                 you, nothing needs to be done.\n"
            ),
        ),
        Language::Ru => (
            "Подтвердите новый адрес почты",
            format!(
                "Здравствуйте!\n\nАккаунт на {site} переводят на этот адрес. Чтобы подтвердить его, откройте ссылку в \
                 течение двух дней; понадобится пароль аккаунта:\n\n{link}\n\nКод из неё: {code}\n\nЕсли это были не \
                 вы, ничего делать не нужно.\n"
            ),
        ),
    };
    Letter { to, subject: subject.to_owned(), text }
}

/// Tells the owner of a known address that another account was to move to it.
pub(super) fn address_taken(to: Email, language: Language, site: &str) -> Letter {
    let (subject, text) = match language {
        Language::En => (
            "This address has an account already",
            format!(
                "Hello!\n\nSomebody wanted to move another account at {site} to this address, but it has an account of \
                 its own; nothing was changed, and nothing needs to be done.\n"
            ),
        ),
        Language::Ru => (
            "У этого адреса уже есть аккаунт",
            format!(
                "Здравствуйте!\n\nКто-то хотел перевести другой аккаунт на {site} на этот адрес, но у адреса уже есть \
                 свой аккаунт; ничего не изменилось, и ничего делать не нужно.\n"
            ),
        ),
    };
    Letter { to, subject: subject.to_owned(), text }
}

/// Tells the address that an account had that it is another one now.
pub(super) fn address_changed(to: Email, language: Language, site: &str, new: &Email) -> Letter {
    let (subject, text) = match language {
        Language::En => (
            "Your e-mail address was changed",
            format!(
                "Hello!\n\nYour account at {site} has the address {new} from now on; letters go there.\n\nIf it was \
                 not you, write to support: this address cannot open the account any more.\n"
            ),
        ),
        Language::Ru => (
            "Адрес вашей почты изменён",
            format!(
                "Здравствуйте!\n\nТеперь адрес вашего аккаунта на {site} — {new}; письма будут приходить туда.\n\nЕсли \
                 это были не вы, напишите в поддержку: с этого адреса войти в аккаунт больше нельзя.\n"
            ),
        ),
    };
    Letter { to, subject: subject.to_owned(), text }
}

/// Tells that signing in asks for codes now.
pub(super) fn factor_on(to: Email, language: Language, site: &str) -> Letter {
    let (subject, text) = match language {
        Language::En => (
            "Codes are asked for when you sign in",
            format!(
                "Hello!\n\nFrom now on, signing in to your account at {site} takes a code from your phone beside the \
                 password. All other devices have to sign in again. Keep the recovery codes in a safe place: with one of \
                 them you get in without the phone.\n\nIf it was not you, write to support at once.\n"
            ),
        ),
        Language::Ru => (
            "При входе теперь нужен код",
            format!(
                "Здравствуйте!\n\nТеперь для входа в ваш аккаунт на {site} кроме пароля нужен код из телефона. На всех \
                 других устройствах придётся войти заново. Храните запасные коды в надёжном месте: с любым из них можно \
                 войти без телефона.\n\nЕсли это были не вы, сразу напишите в поддержку.\n"
            ),
        ),
    };
    Letter { to, subject: subject.to_owned(), text }
}

/// Tells that signing in takes the password alone again.
pub(super) fn factor_off(to: Email, language: Language, site: &str) -> Letter {
    let (subject, text) = match language {
        Language::En => (
            "Codes are not asked for any more",
            format!(
                "Hello!\n\nSigning in to your account at {site} takes the password alone from now on: somebody who knew \
                 it and had a code turned the codes off.\n\nIf it was not you, set a new password at once and write to \
                 support.\n"
            ),
        ),
        Language::Ru => (
            "Код при входе больше не нужен",
            format!(
                "Здравствуйте!\n\nТеперь для входа в ваш аккаунт на {site} достаточно пароля: коды отключил кто-то, кто \
                 знает пароль и ввёл код.\n\nЕсли это были не вы, сразу задайте новый пароль и напишите в поддержку.\n"
            ),
        ),
    };
    Letter { to, subject: subject.to_owned(), text }
}

/// Says goodbye.
pub(super) fn erased(to: Email, language: Language, site: &str) -> Letter {
    let (subject, text) = match language {
        Language::En => (
            "Your account was erased",
            format!(
                "Hello!\n\nYour account at {site} was erased, as you asked. This address, the password, the destinations \
                 and all that told who you were are gone; the books keep sums without a name.\n\nThis is the last \
                 letter. If it was not you, write to support.\n"
            ),
        ),
        Language::Ru => (
            "Ваш аккаунт удалён",
            format!(
                "Здравствуйте!\n\nВаш аккаунт на {site} удалён, как вы просили. Этого адреса, пароля, реквизитов и всего, \
                 что говорило, кто вы, больше нет; в учёте остались суммы без имени.\n\nЭто последнее письмо. Если это \
                 были не вы, напишите в поддержку.\n"
            ),
        ),
    };
    Letter { to, subject: subject.to_owned(), text }
}

fn reset_link(site: &str, code: &Secret) -> String {
    format!("{site}/new-password?code={}", code.expose())
}
