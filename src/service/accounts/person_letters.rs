//! The letters that go to those who act for a partner, in the reader's language.

use crate::base::Secret;
use crate::domain::email::Email;
use crate::domain::reason::Language;
use crate::service::outbox::Letter;

/// Greets somebody who applied for a partner, and carries the code that confirms the address.
pub(super) fn applied(to: Email, language: Language, site: &str, code: &Secret) -> Letter {
    let code = code.expose();
    let link = format!("{site}/confirm-email?code={code}");
    let (subject, text) = match language {
        Language::En => (
            "Confirm your e-mail address",
            format!(
                "Hello!\n\nSomebody, hopefully you, applied at {site} to become a partner. Open this link within two days \
                 to confirm the address; the password that was chosen then is asked for:\n\n{link}\n\nThe code in it: \
                 {code}\n\nAfter that one of us looks at the application. You can sign in meanwhile and prepare the \
                 integration.\n\nIf it was not you, leave this letter alone.\n"
            ),
        ),
        Language::Ru => (
            "Подтвердите адрес почты",
            format!(
                "Здравствуйте!\n\nКто-то (надеемся, вы) подал на {site} заявку на партнёрство. Чтобы подтвердить адрес, \
                 откройте ссылку в течение двух дней; понадобится выбранный тогда пароль:\n\n{link}\n\nКод из неё: \
                 {code}\n\nПосле этого заявку посмотрит наш сотрудник. Войти и подготовить подключение можно уже \
                 сейчас.\n\nЕсли это были не вы, ничего не делайте.\n"
            ),
        ),
    };
    Letter { to, subject: subject.to_owned(), text }
}

/// Invites somebody to act for a partner; carries the code that sets the first password.
pub(super) fn invited(to: Email, language: Language, site: &str, partner: &str, code: &Secret) -> Letter {
    let code = code.expose();
    let link = format!("{site}/new-password?code={code}");
    let (subject, text) = match language {
        Language::En => (
            "You can act for a partner now",
            format!(
                "Hello!\n\nAt {site} you can act for {partner} from now on. Choose a password within two days; then sign in \
                 at {site}/partner/sign-in\n\n{link}\n\nThe code in it: {code}\n"
            ),
        ),
        Language::Ru => (
            "Вам открыт кабинет партнёра",
            format!(
                "Здравствуйте!\n\nТеперь на {site} вы можете действовать за партнёра {partner}. Выберите пароль в течение \
                 двух дней, затем войдите на {site}/partner/sign-in\n\n{link}\n\nКод из неё: {code}\n"
            ),
        ),
    };
    Letter { to, subject: subject.to_owned(), text }
}

/// Tells what was decided on an application.
pub(super) fn decided(to: Email, language: Language, site: &str, approved: bool, answer: &str) -> Letter {
    let said = if answer.is_empty() { String::new() } else { format!("\n\n{answer}") };
    let (subject, text) = match (language, approved) {
        (Language::En, true) => (
            "Your application was approved",
            format!(
                "Hello!\n\nYour application at {site} was approved: your calls are taken from now on.{said}\n\nHow to go on is told at {site}/partner\n"
            ),
        ),
        (Language::En, false) => {
            ("Your application was declined", format!("Hello!\n\nYour application at {site} was declined.{said}\n"))
        }
        (Language::Ru, true) => (
            "Ваша заявка одобрена",
            format!(
                "Здравствуйте!\n\nВаша заявка на {site} одобрена: теперь мы принимаем ваши вызовы.{said}\n\nЧто делать дальше, видно на {site}/partner\n"
            ),
        ),
        (Language::Ru, false) => {
            ("Ваша заявка отклонена", format!("Здравствуйте!\n\nВаша заявка на {site} отклонена.{said}\n"))
        }
    };
    Letter { to, subject: subject.to_owned(), text }
}
