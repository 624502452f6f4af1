//! The letters about an operator's own account, in the language of the service. Nobody gets back into one by letter, so these
//! name who can help.

use crate::domain::email::Email;
use crate::domain::reason::Language;
use crate::service::outbox::Letter;

/// Warns the address that an operator has: another one was asked for.
pub(super) fn address_asked(to: Email, language: Language, site: &str, new: &Email) -> Letter {
    let (subject, text) = match language {
        Language::En => (
            "Another e-mail address was asked for",
            format!(
                "Hello!\n\nSomebody who was signed in to your operator's account at {site} and knew its password asked to \
                 move it to the address {new}. Nothing has changed yet: a code that went there has to come back first.\n\nIf it \
                 was not you, set another password at once at {site}/operator/account, or ask an admin to block the account.\n"
            ),
        ),
        Language::Ru => (
            "Запрошена смена адреса почты",
            format!(
                "Здравствуйте!\n\nКто-то, кто вошёл в ваш аккаунт оператора на {site} и знает его пароль, попросил перевести \
                 его на адрес {new}. Пока ничего не изменилось: сначала нужно ввести код, отправленный туда.\n\nЕсли это были \
                 не вы, сразу смените пароль на {site}/operator/account или попросите администратора заблокировать аккаунт.\n"
            ),
        ),
    };
    Letter { to, subject: subject.to_owned(), text }
}

/// Tells the address that an operator had that it is another one now.
pub(super) fn address_changed(to: Email, language: Language, site: &str, new: &Email) -> Letter {
    let (subject, text) = match language {
        Language::En => (
            "Your e-mail address was changed",
            format!(
                "Hello!\n\nYour operator's account at {site} has the address {new} from now on; letters go there.\n\nIf it was \
                 not you, ask an admin to block the account at once: this address cannot open it any more.\n"
            ),
        ),
        Language::Ru => (
            "Адрес вашей почты изменён",
            format!(
                "Здравствуйте!\n\nТеперь адрес вашего аккаунта оператора на {site} — {new}; письма будут приходить туда.\n\nЕсли \
                 это были не вы, сразу попросите администратора заблокировать аккаунт: с этого адреса войти в него больше \
                 нельзя.\n"
            ),
        ),
    };
    Letter { to, subject: subject.to_owned(), text }
}
