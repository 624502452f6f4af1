//! Amounts, rates and caps: what a shopkeeper would check by hand, and what must hold for every number.

use kopilka::domain::money::{Amount, Currency, MoneyError};
use kopilka::domain::rate::{CategoryRate, Promise, Rate, Terms};
use kopilka::domain::reason::Reason;
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::support::book::{promise, rub};

const RUB: Currency = Currency::RUB;

fn of(code: &str) -> Currency {
    code.parse().unwrap()
}

#[test]
fn texts_are_read_exactly_or_not_at_all() {
    let read = |text: &str, code: &str| Amount::parse(text, of(code)).map(Amount::minor);
    let good = [
        ("12.34", "RUB", 1234),
        ("12.3", "RUB", 1230),
        ("12", "RUB", 1200),
        ("12.340000", "RUB", 1234),
        ("-0.01", "RUB", -1),
        ("0", "RUB", 0),
        ("500", "JPY", 500),
        ("1.234", "KWD", 1234),
        ("0.1", "EUR", 10),
        ("92233720368547758.07", "RUB", i64::MAX),
        ("-92233720368547758.08", "RUB", i64::MIN),
    ];
    for (text, code, minor) in good {
        assert_eq!(read(text, code), Ok(minor), "{text} {code}");
    }
    let not_numbers =
        ["", " ", ".", "-", "1,5", "1e3", "1_000", "+1", "--1", "1-2", "1.2.3", "NaN", "inf", "0x10", " 1", "1 ", "١"];
    for text in not_numbers {
        assert!(matches!(read(text, "RUB"), Err(MoneyError::NotANumber(_))), "{text:?}");
    }
    for (text, code) in [("0.001", "RUB"), ("12.345", "EUR"), ("0.5", "JPY"), ("1.2345", "KWD"), ("-0.009", "RUB")] {
        assert!(matches!(read(text, code), Err(MoneyError::TooPrecise(..))), "{text} {code}");
    }
    for text in ["92233720368547758.08", "-92233720368547758.09", "79228162514264337593543950335"] {
        assert_eq!(read(text, "RUB"), Err(MoneyError::TooLarge), "{text}");
    }
    for code in ["rub", "RU", "XYZ", "", "₽"] {
        assert!(code.parse::<Currency>().is_err(), "{code:?}");
    }
}

#[test]
fn json_has_a_decimal_string_and_never_a_number() {
    assert_eq!(serde_json::to_string(&rub(120)).unwrap(), r#"{"amount":"1.20","currency":"RUB"}"#);
    let read = serde_json::from_str::<Amount>;
    assert_eq!(read(r#"{"amount":"1.2","currency":"RUB"}"#).unwrap(), rub(120));
    for bad in [
        r#"{"amount":1.2,"currency":"RUB"}"#,
        r#"{"amount":"1.234","currency":"RUB"}"#,
        r#"{"amount":"1.2"}"#,
        r#"{"amount":"1.2","currency":"RUB","scale":2}"#,
    ] {
        assert!(read(bad).is_err(), "{bad}");
    }
}

#[test]
fn sums_past_64_bits_and_over_two_currencies_are_errors() {
    assert_eq!(rub(i64::MAX).plus(rub(1)), Err(MoneyError::TooLarge));
    assert_eq!(rub(i64::MIN).minus(rub(1)), Err(MoneyError::TooLarge));
    assert_eq!(rub(i64::MAX).percent_floor(Decimal::from(200)), Err(MoneyError::TooLarge));
    let euros = Amount::new(1, Currency::EUR);
    assert_eq!(rub(1).plus(euros), Err(MoneyError::CurrencyMismatch(RUB, Currency::EUR)));
    assert_eq!(rub(1).min(euros), Err(MoneyError::CurrencyMismatch(RUB, Currency::EUR)));
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(minor: i64, code in prop::sample::select(vec!["RUB", "EUR", "JPY", "KWD", "CLF"])) {
        let amount = Amount::new(minor, of(code));
        let text = amount.major().to_string();
        prop_assert_eq!(Amount::parse(&text, of(code)), Ok(amount));
        let digits = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        prop_assert_eq!(digits, usize::try_from(of(code).exponent()).unwrap());
        let json = serde_json::to_string(&amount).unwrap();
        prop_assert_eq!(serde_json::from_str::<Amount>(&json).unwrap(), amount);
    }

    #[test]
    fn a_split_loses_nothing(minor in 0..=i64::MAX, percent_units in 0_i64..=100_000_000) {
        // Six digits after the point, as terms allow: compared with whole numbers of 128 bits.
        let share = rub(minor).percent_floor(Decimal::new(percent_units, 6)).unwrap();
        let exact = i128::from(minor) * i128::from(percent_units) / 100_000_000;
        prop_assert_eq!(i128::from(share.minor()), exact);
        let rest = rub(minor).minus(share).unwrap();
        prop_assert!(rest.minor() >= 0);
        prop_assert_eq!(share.plus(rest), Ok(rub(minor)));
    }

    #[test]
    fn cashback_is_never_negative_nor_above_a_cap_nor_above_an_unbudgeted_commission(
        commission in 0..=10_000_000_000_000_i64,
        order in 0..=10_000_000_000_000_i64,
        units in 0_i64..=100_000_000,
        kind in 0..3,
        cap in prop::option::of(1..1_000_000_i64),
        month in prop::option::of(0..1_000_000_i64),
        budget: bool,
    ) {
        let percent = Decimal::new(units, 6);
        let rate = match kind {
            0 => Rate::PercentOfOrder(percent),
            1 => Rate::ShareOfCommission(percent),
            _ => Rate::Fixed(rub(units)),
        };
        let exact = match kind {
            0 => i128::from(order) * i128::from(units) / 100_000_000,
            1 => i128::from(commission) * i128::from(units) / 100_000_000,
            _ => i128::from(units),
        };
        let (cap_per_order, month_left) = (cap.map(rub), month.map(rub));
        let budget_name = budget.then(|| "spring".to_owned());
        let p = Promise { rate, cap_per_order, month_left, budget: budget_name, ..promise() };
        let cashback = p.cashback(rub(commission), Some(rub(order))).unwrap().minor();
        prop_assert!(cashback >= 0);
        let mut expected = exact;
        for bound in [cap, month, (!budget).then_some(commission)].into_iter().flatten() {
            expected = expected.min(i128::from(bound));
        }
        prop_assert_eq!(i128::from(cashback), expected);
    }
}

fn terms() -> Terms {
    Terms {
        rate: Rate::PercentOfOrder(5.into()),
        categories: vec![CategoryRate {
            category: "books".to_owned(),
            rate: Rate::PercentOfOrder(Decimal::new(75, 1)),
        }],
        first_order: None,
        cap_per_order: None,
        cap_per_month: None,
        hold_days: 14,
        attribution_days: 30,
        budget: None,
        exclusions: Vec::new(),
    }
}

#[test]
fn a_shopkeeper_checks_by_hand() {
    let first = || Terms { first_order: Some(Rate::Fixed(rub(300_00))), ..terms() };
    let capped = || Terms { cap_per_order: Some(rub(50_00)), cap_per_month: Some(rub(120_00)), ..terms() };
    let share = |percent: i64| Terms { rate: Rate::ShareOfCommission(percent.into()), ..terms() };
    let budget = || Terms { budget: Some("spring".to_owned()), ..first() };
    type Line = (Terms, Option<&'static str>, bool, Option<i64>, i64, i64, i64);
    // terms, category, first order?, earned this month, commission, order => cashback; all in kopecks.
    let table: Vec<Line> = vec![
        (terms(), None, false, None, 100_00, 1000_00, 50_00),
        (terms(), Some("books"), false, None, 100_00, 1000_00, 75_00),
        (terms(), Some("Books"), false, None, 100_00, 1000_00, 50_00),
        (terms(), None, false, None, 100_00, 999_99, 49_99),
        (terms(), None, false, None, 30_00, 1000_00, 30_00),
        (first(), None, true, None, 400_00, 1000_00, 300_00),
        (first(), Some("books"), true, None, 400_00, 1000_00, 300_00),
        (first(), None, false, None, 400_00, 1000_00, 50_00),
        (first(), None, true, None, 100_00, 1000_00, 100_00),
        (budget(), None, true, None, 100_00, 1000_00, 300_00),
        (capped(), None, false, Some(0), 400_00, 5000_00, 50_00),
        (capped(), None, false, Some(100_00), 400_00, 5000_00, 20_00),
        (capped(), None, false, Some(120_00), 400_00, 5000_00, 0),
        (capped(), None, false, Some(500_00), 400_00, 5000_00, 0),
        (share(70), None, false, None, 33_33, 0, 23_33),
        (share(100), None, false, None, 33_33, 0, 33_33),
        (share(0), None, false, None, 33_33, 0, 0),
        (terms(), None, true, None, 0, 1000_00, 0),
    ];
    for (line, (terms, category, first, month, commission, order, expected)) in (1..).zip(table) {
        terms.check().unwrap();
        let promise = terms.promise(category, first, month.map(rub)).unwrap();
        let cashback = promise.cashback(rub(commission), Some(rub(order)));
        assert_eq!(cashback, Ok(rub(expected)), "line {line}");
    }
}

#[test]
fn a_promise_that_cannot_be_applied_says_why() {
    let percent = terms().promise(None, false, None).unwrap();
    assert_eq!(percent.cashback(rub(100), None), Err(Reason::NoOrderAmount));
    let euros = Some(Amount::new(1000, Currency::EUR));
    assert_eq!(percent.cashback(rub(100), euros), Err(Reason::CurrencyMismatch));
    for budget in [None, Some("spring".to_owned())] {
        let fixed = Promise { rate: Rate::Fixed(Amount::new(5, Currency::EUR)), budget, ..promise() };
        assert_eq!(fixed.cashback(rub(100), None), Err(Reason::CurrencyMismatch));
    }
    let capped = Promise { cap_per_order: Some(Amount::new(5, Currency::EUR)), ..promise() };
    assert_eq!(capped.cashback(rub(100), None), Err(Reason::CurrencyMismatch));
}

#[test]
fn terms_that_make_no_sense_are_named() {
    let key = |terms: Terms| terms.check().map_err(|bad| bad.key);
    assert_eq!(key(terms()), Ok(()));
    let rates = [
        Rate::PercentOfOrder(Decimal::new(-1, 2)),
        Rate::PercentOfOrder(Decimal::new(10001, 2)),
        Rate::ShareOfCommission(101.into()),
        Rate::Fixed(rub(-1)),
        // More digits than a whole number of kopecks can be computed with exactly.
        Rate::PercentOfOrder(Decimal::new(12_345_678, 7)),
    ];
    for rate in rates {
        assert_eq!(key(Terms { rate: rate.clone(), ..terms() }), Err("rate".to_owned()), "{rate:?}");
        assert_eq!(key(Terms { first_order: Some(rate.clone()), ..terms() }), Err("first_order".to_owned()));
        let categories = vec![CategoryRate { category: "books".to_owned(), rate }];
        assert_eq!(key(Terms { categories, ..terms() }), Err("categories.books".to_owned()));
    }
    assert_eq!(key(Terms { cap_per_order: Some(rub(0)), ..terms() }), Err("cap_per_order".to_owned()));
    assert_eq!(key(Terms { cap_per_month: Some(rub(-5)), ..terms() }), Err("cap_per_month".to_owned()));
    for name in ["", "spring sale", "a/b"] {
        assert_eq!(key(Terms { budget: Some(name.to_owned()), ..terms() }), Err("budget".to_owned()));
    }
}
