//! The site's words: the same keys in both languages, each of them used, each that is used there.

use std::collections::{BTreeMap, BTreeSet};

use kopilka::domain::access::{AccountStatus, Role};
use kopilka::domain::adjustment::AdjustmentState;
use kopilka::domain::alarm::Rule;
use kopilka::domain::changes::{Action, Column, Problem};
use kopilka::domain::claim::ClaimState;
use kopilka::domain::conversion::State;
use kopilka::domain::hook::{EventKind, HookState, MessageState};
use kopilka::domain::ledger::{Bucket, TransactionKind};
use kopilka::domain::money::{Amount, Currency};
use kopilka::domain::notice::NoticeKind;
use kopilka::domain::partner::Status;
use kopilka::domain::payout::{MethodKind, PayoutState, PersonWhy, ReviewRule, ReviewTopic};
use kopilka::domain::reason::Language;
use kopilka::domain::reconcile::Class;
use kopilka::domain::verdict::Verdict;
use kopilka::service::desk::checklist::Step;
use kopilka::service::stores::ImportDone;
use kopilka::web;

use crate::tidy::report;

const EN: &str = concat!(
    include_str!("../../src/web/locales/en.ftl"),
    include_str!("../../src/web/locales/en-account.ftl"),
    include_str!("../../src/web/locales/en-alarms.ftl"),
    include_str!("../../src/web/locales/en-books.ftl"),
    include_str!("../../src/web/locales/en-extension.ftl"),
    include_str!("../../src/web/locales/en-hooks.ftl"),
    include_str!("../../src/web/locales/en-letters.ftl"),
    include_str!("../../src/web/locales/en-operator.ftl"),
    include_str!("../../src/web/locales/en-partner.ftl"),
    include_str!("../../src/web/locales/en-protect.ftl"),
    include_str!("../../src/web/locales/en-rails.ftl")
);
const RU: &str = concat!(
    include_str!("../../src/web/locales/ru.ftl"),
    include_str!("../../src/web/locales/ru-account.ftl"),
    include_str!("../../src/web/locales/ru-alarms.ftl"),
    include_str!("../../src/web/locales/ru-books.ftl"),
    include_str!("../../src/web/locales/ru-extension.ftl"),
    include_str!("../../src/web/locales/ru-hooks.ftl"),
    include_str!("../../src/web/locales/ru-letters.ftl"),
    include_str!("../../src/web/locales/ru-operator.ftl"),
    include_str!("../../src/web/locales/ru-partner.ftl"),
    include_str!("../../src/web/locales/ru-protect.ftl"),
    include_str!("../../src/web/locales/ru-rails.ftl")
);

/// Where texts are named beside templates.
const SPEAKING: [&str; 5] =
    ["src/http/api/account/", "src/http/page/", "src/service/notices/", "src/service/watch/", "src/web/"];

/// What a search finds.
const KINDS: [&str; 11] = [
    "order",
    "click",
    "call",
    "payout",
    "claim",
    "adjustment",
    "shopper",
    "operator",
    "store",
    "partner",
    "transaction",
];

/// The fields of stores and of their terms.
const FIELDS: [&str; 16] = [
    "name",
    "home_url",
    "domains",
    "landing_url",
    "deep_link_url",
    "categories",
    "extension",
    "rate",
    "first_order",
    "cap_per_order",
    "cap_per_month",
    "hold_days",
    "attribution_days",
    "budget",
    "exclusions",
    "valid_from",
];

/// Words that are the same in both languages.
const SAME: [&str; 0] = [];

/// Keys that are put together: what they begin with, and the ends that must be there. Where no ends are named the words
/// are operators' or partners' own, and a missing text is replaced by the word itself.
fn families() -> Vec<(&'static str, Vec<String>)> {
    let words = |all: Vec<&'static str>| all.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let with_text = |all: Vec<&'static str>| {
        all.into_iter().flat_map(|word| [word.to_owned(), format!("{word}-text")]).collect::<Vec<_>>()
    };
    let mut states = words(State::ALL.iter().map(|state| state.as_str()).collect());
    states.extend(["on-hold".to_owned(), "held".to_owned()]);
    let error_kinds = ["not-found", "forbidden", "method", "too-many", "unavailable", "request", "internal"];
    let errors = error_kinds.iter().flat_map(|kind| [format!("{kind}-title"), format!("{kind}-text")]).collect();
    let accounts =
        ["pending", "confirmed", "available", "in-payout", "debt", "partner-expected", "partner-owed", "shopper"];
    let accounts = accounts.into_iter().chain(["bank", "fees", "house"]).collect();
    vec![
        ("state-", states),
        ("error-", errors),
        ("verdict-", with_text(Verdict::ALL.iter().map(|verdict| verdict.as_str()).collect())),
        ("story-report-", words(State::ALL.iter().map(|state| state.as_str()).collect())),
        ("posting-", words(TransactionKind::ALL.iter().map(|kind| kind.as_str()).collect())),
        ("account-", words(accounts)),
        ("payout-state-", with_text(PayoutState::ALL.iter().map(|state| state.as_str()).collect())),
        ("claim-state-", with_text(ClaimState::ALL.iter().map(|state| state.as_str()).collect())),
        ("kind-", words(MethodKind::ALL.iter().map(|kind| kind.as_str()).collect())),
        ("op-payouts-", words(vec!["review", "attention", "all"])),
        ("looked-at-", words(ReviewTopic::ALL.iter().map(|topic| topic.as_str()).collect())),
        ("op-rule-", words(ReviewRule::ALL.iter().map(|rule| rule.as_str()).collect())),
        ("op-rules-", words(vec!["from", "above", "seconds", "accounts", "days"])),
        ("letter-destination-", destination_letters()),
        ("op-why-", words(PersonWhy::ALL.iter().map(|why| why.as_str()).collect())),
        ("notice-", words(NoticeKind::ALL.iter().map(|kind| kind.as_str()).collect())),
        (
            "letter-",
            words(vec!["reported", "changed", "confirmed", "declined", "reversed", "available", "debt", "correction"]),
        ),
        ("letter-payout-", words(vec!["reserved", "paid", "released", "returned"])),
        ("alarm-", with_text(Rule::ALL.iter().map(|rule| rule.as_str()).collect())),
        ("op-letters-", words(vec!["en", "ru", "none"])),
        ("op-chart-", words(vec!["clicks", "orders", "commission", "cashback"])),
        ("op-bucket-", words(Bucket::ALL.iter().map(|bucket| bucket.as_str()).collect())),
        ("op-kind-", words(KINDS.to_vec())),
        ("op-click-", words(vec!["referrer", "browser", "address", "fetch"])),
        ("op-status-", words(AccountStatus::ALL.iter().map(|status| status.as_str()).collect())),
        ("op-adjustment-state-", words(AdjustmentState::ALL.iter().map(|state| state.as_str()).collect())),
        ("op-store-", words(vec!["active", "paused"])),
        ("op-field-", words(FIELDS.to_vec())),
        ("op-terms-", words(vec!["categories", "exclusions"])),
        ("op-import-line-", words(ImportDone::ALL.iter().map(|done| done.as_str()).collect())),
        ("op-role-", with_text(Role::ALL.iter().map(|role| role.as_str()).collect())),
        ("op-action-", Vec::new()),
        ("op-account-", Vec::new()),
        ("op-partner-", words(Status::ALL.iter().map(|status| status.as_str()).collect())),
        ("op-partner-run-", words(Status::ALL.iter().map(|status| status.as_str()).collect())),
        ("pt-action-", words(Action::ALL.iter().map(|action| action.as_str()).collect())),
        ("pt-column-", words(Column::ALL.iter().map(|column| column.as_str()).collect())),
        ("pt-fault-", words(Problem::ALL.iter().map(|problem| problem.as_str()).chain(["in"]).collect())),
        ("pt-once-", words(vec!["secret", "token"])),
        ("pt-step-", steps()),
        ("case-class-", with_text(Class::ALL.iter().map(|class| class.as_str()).collect())),
        ("payment-problem-", words(vec!["no_bill", "key_reused", "amount", "bank"])),
        ("hook-event-", words(chosen_events())),
        ("hook-state-", words(HookState::ALL.iter().map(|state| state.as_str()).collect())),
        ("hook-reason-", words(vec!["gone", "unreached"])),
        ("hook-message-", words(MessageState::ALL.iter().map(|state| state.as_str()).collect())),
        ("payout-reason-", Vec::new()),
        ("category-", Vec::new()),
        ("refused-", Vec::new()),
        ("invalid-", Vec::new()),
        ("flash-", Vec::new()),
    ]
}

fn chosen_events() -> Vec<&'static str> {
    EventKind::ALL.iter().map(|kind| &*kind.as_str().replace('.', "-").leak()).collect()
}

fn destination_letters() -> Vec<String> {
    let whole = ["added", "removed", "frozen", "unfrozen"];
    let parts = whole.into_iter().flat_map(|told| [format!("{told}-subject"), format!("{told}-text")]);
    parts.chain(["freeze", "unfreeze"].map(str::to_owned)).collect()
}

fn steps() -> Vec<String> {
    let words = Step::ALL.iter().map(|step| step.as_str());
    words.flat_map(|word| [word.to_owned(), format!("{word}-todo")]).collect()
}

/// Each key with its text, the lines that go on included.
fn texts(file: &str) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut last = String::new();
    for line in file.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        match line.split_once(" = ").filter(|_| line.starts_with(|c: char| c.is_ascii_lowercase())) {
            Some((key, text)) => {
                assert!(found.insert(key.to_owned(), text.to_owned()).is_none(), "{key} stands there twice");
                last = key.to_owned();
            }
            None => found.get_mut(&last).expect("a key before its text").push_str(line),
        }
    }
    found
}

/// What stands in quotes after `mark`, and whether the key goes on after it.
fn quoted(text: &str, mark: &str) -> Vec<(String, bool)> {
    text.match_indices(mark)
        .filter(|(at, _)| !text[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        .filter_map(|(at, _)| {
            let rest = &text[at + mark.len()..];
            let quote = rest.chars().next().filter(|c| *c == '"' || *c == '\'')?;
            let (key, after) = rest[1..].split_once(quote)?;
            Some((key.to_owned(), after.trim_start().starts_with('~')))
        })
        .collect()
}

/// The keys that templates and pages name, and the beginnings of those that they put together.
fn named() -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut whole, mut begun) = (BTreeSet::new(), BTreeSet::new());
    for (_, text) in web::TEMPLATES {
        for (key, goes_on) in quoted(text, "t(") {
            if goes_on {
                begun.insert(key)
            } else {
                whole.insert(key)
            };
        }
    }
    for file in crate::tidy::rust_under("src/").iter().filter(|file| file.is_under(&SPEAKING)) {
        for (key, _) in quoted(&file.text, "text(").into_iter().chain(quoted(&file.text, "language, ")) {
            whole.insert(key);
        }
    }
    (whole, begun)
}

#[test]
fn both_languages_say_the_same_things() {
    let (en, ru) = (texts(EN), texts(RU));
    let mut broken: Vec<String> = Vec::new();
    broken.extend(en.keys().filter(|key| !ru.contains_key(*key)).map(|key| format!("ru.ftl lacks {key}")));
    broken.extend(ru.keys().filter(|key| !en.contains_key(*key)).map(|key| format!("en.ftl lacks {key}")));
    for (key, text) in &ru {
        let of_place = |word: &&str| word.starts_with(['$', '[', '*']);
        let spoken: String = text.split_whitespace().filter(|word| !of_place(word)).collect();
        let words = spoken.chars().any(char::is_alphabetic);
        let cyrillic = spoken.chars().any(|c| ('а'..='я').contains(&c.to_lowercase().next().unwrap_or(c)));
        if words && !cyrillic && !SAME.contains(&key.as_str()) {
            broken.push(format!("{key} is not in Russian: {text}"));
        }
        let places = |text: &str| {
            text.match_indices('$')
                .map(|(at, _)| text[at..].split([' ', '}']).next().unwrap_or_default().to_owned())
                .collect::<BTreeSet<_>>()
        };
        if en.get(key).is_some_and(|en| places(en) != places(text)) {
            broken.push(format!("{key} has other places in the two languages"));
        }
        let plural = |text: &str| text.contains("->");
        if en.get(key).is_some_and(|en| plural(en)) && !(text.contains("[few]") && text.contains("*[many]")) {
            broken.push(format!("{key} lacks the Russian plurals"));
        }
    }
    report("texts that differ", &broken);
}

#[test]
fn every_text_is_used_and_every_used_one_is_there() {
    let (en, families, (whole, begun)) = (texts(EN), families(), named());
    let mut broken: Vec<String> = Vec::new();
    broken.extend(whole.iter().filter(|key| !en.contains_key(*key)).map(|key| format!("{key} is used and not there")));
    for beginning in &begun {
        if !families.iter().any(|(family, _)| family == beginning) {
            broken.push(format!("{beginning} is no family of keys"));
        }
    }
    for (family, ends) in &families {
        let wanted = ends.iter().map(|end| format!("{family}{end}"));
        broken.extend(wanted.filter(|key| !en.contains_key(key)).map(|key| format!("{key} is not there")));
    }
    for key in en.keys().filter(|key| !whole.contains(*key)) {
        let made = families.iter().any(|(family, ends)| {
            key.strip_prefix(family).is_some_and(|end| ends.is_empty() || ends.iter().any(|known| known == end))
        });
        if !made {
            broken.push(format!("{key} is there and not used"));
        }
    }
    report("texts that are missing or idle", &broken);
}

#[test]
fn money_is_written_as_people_write_it() {
    let rub = |minor| Amount::new(minor, Currency::RUB);
    let both = |amount| (web::money(amount, Language::En), web::money(amount, Language::Ru));
    let told = |en: &str, ru: &str| (en.to_owned(), ru.to_owned());
    assert_eq!(both(rub(0)), told("RUB\u{a0}0.00", "0,00\u{a0}₽"));
    assert_eq!(both(rub(123_456)), told("RUB\u{a0}1,234.56", "1\u{a0}234,56\u{a0}₽"));
    assert_eq!(both(rub(-100_000_007)), told("−RUB\u{a0}1,000,000.07", "−1\u{a0}000\u{a0}000,07\u{a0}₽"));
    assert_eq!(both(Amount::new(99_900, Currency::EUR)), told("€999.00", "999,00\u{a0}€"));
    let yen = Amount::new(1_234_567, "JPY".parse().unwrap());
    assert_eq!(both(yen), told("JPY\u{a0}1,234,567", "1\u{a0}234\u{a0}567\u{a0}JPY"));
}

#[test]
fn sums_are_read_as_people_type_them() {
    for (typed, read) in
        [("1234.56", "1234.56"), ("1 234,5", "1234.5"), ("1\u{a0}234", "1234"), ("1,234.56", "1234.56"), ("x", "x")]
    {
        assert_eq!(web::amount_input(typed), read, "{typed}");
    }
}
