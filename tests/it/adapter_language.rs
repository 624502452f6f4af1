//! The language itself: mistakes, amounts, and its documentation.

use kopilka::base::{Secret, Timestamp};
use kopilka::domain::adapter::{Adapter, KEYS, RawCall, Reading, preset_names};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;

use crate::support::adapters::{adapter, expect, get, refused, s};

#[test]
fn mistakes_are_named_and_explained() {
    let base =
        "name = \"x\"\n[auth]\nkind = \"path\"\n[fields]\ntransaction_id = \"id\"\n[status]\nconstant = \"pending\"\n";
    adapter(base);
    let cases = [
        (
            base.replace("transaction_id", "transction_id"),
            "fields.transction_id: unknown key; did you mean \"transaction_id\"?",
        ),
        (base.replace("[auth]\nkind = \"path\"\n", ""), "auth: is missing"),
        (base.replace("\"path\"", "\"pth\""), "auth.kind: must be one of"),
        (base.replace("\"pending\"", "\"open\""), "status.constant: \"open\" is not a ReportStatus"),
        (base.replace("\"id\"", "\"jsn:/id\""), "fields.transaction_id: \"jsn\" is no place"),
        (base.replace("\"id\"", "\"json:id\""), "a JSON pointer begins with a slash"),
        (base.replace("\"id\"", "{ const = \"a\", from = \"b\" }"), "from and const at once"),
        (
            base.replace("\"id\"", "{ from = \"a\", regex = \"(\" }"),
            "fields.transaction_id.regex: is not a regular expression",
        ),
        (format!("{base}[time]\nformat = \"dd.mm\"\n"), "time.format: \"dd.mm\" is no format"),
        (format!("{base}[time]\nzone = \"Mars/Base\"\n"), "time.zone: \"Mars/Base\" is no time zone"),
        (format!("{base}[amounts]\nscale = \"cents\"\n"), "amounts.scale: must be a whole number"),
        (format!("{base}[answer]\nstatus = 500\n"), "answer.status: must be from 200 to 299"),
        (format!("{base}[answer.refused]\nstatus = 200\n"), "always answered 401"),
        (format!("{base}[currency.map]\n1 = \"USX\"\n"), "currency.map.1"),
        (base.replace("constant = \"pending\"", "field = \"st\""), "status.map"),
        (format!("extends = \"nothing\"\n{base}"), "no adapter is called \"nothing\""),
        (format!("{base}key = [\"transaction_id\"]\n"), "write key above the first [table]"),
        ("name = ".to_owned(), "is not TOML"),
    ];
    for (text, wanted) in cases {
        let told = refused(&text);
        assert!(told.contains(wanted), "{told}\nwanted: {wanted}");
    }
    let circle = Adapter::parse("name = \"a\"\nextends = \"a\"\n", &|_| Some("extends = \"a\"".to_owned()));
    assert!(circle.unwrap_err().to_string().contains("circle"));
}

fn amounts(decimal: &str, more: &str) -> Adapter {
    adapter(&format!(
        "name = \"a\"\n[auth]\nkind = \"path\"\n[fields]\ntransaction_id = \"id\"\ncommission = \"sum\"\n[status]\nconstant = \"pending\"\n\
         [amounts]\ndecimal = \"{decimal}\"\n{more}"
    ))
}

fn amount(adapter: &Adapter, text: &str) -> Result<Decimal, &'static str> {
    let query =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("id", "1").append_pair("sum", text).finish();
    match adapter.read(&get(&query)) {
        Reading::Reports(reports) => Ok(reports[0].commission.unwrap_or_default()),
        Reading::Unreadable { code, .. } => Err(code),
        Reading::Ignored { why } => panic!("{why}"),
    }
}

#[test]
fn amounts_as_networks_write_them() {
    let auto = amounts("auto", "");
    let point = amounts(".", "");
    let right = |adapter: &Adapter, text: &str, wanted: &str| {
        assert_eq!(amount(adapter, text), Ok(Decimal::from_str_exact(wanted).unwrap()), "{text}");
    };
    for (text, wanted) in [
        ("37,5", "37.5"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1,234,567", "1234567"),
        ("0,125", "0.125"),
        ("12.50", "12.50"),
        ("1 234,5", "1234.5"),
        ("-3", "-3"),
        ("+1.5", "1.5"),
        ("1234,567", "1234.567"),
        ("1.2345", "1.2345"),
    ] {
        right(&auto, text, wanted);
    }
    for text in ["1,234", "1.234", "-12,345"] {
        assert_eq!(amount(&auto, text), Err("amount_ambiguous"), "{text}");
    }
    right(&point, "1.234", "1.234");
    for text in ["1,5", "1e3", "0x10", "1.2.3", ".", "1.", ".5", "NaN", "--1", "1,2,3", "12 USD", "١"] {
        assert_eq!(amount(&point, text), Err("amount_not_a_number"), "{text}");
    }
    assert_eq!(amount(&point, &"9".repeat(40)), Err("amount_too_long"));
    right(&amounts(",", "grouping = \".\"\n"), "1.234.567,8", "1234567.8");
    assert_eq!(amount(&amounts(",", "grouping = \".\"\n"), "12.34"), Err("amount_not_a_number"));
    right(&amounts(".", "scale = 2\n"), "1250", "12.50");
    right(&amounts(".", "sign = \"negate\"\n"), "1250", "-1250");
}

#[test]
fn times_as_networks_write_them() {
    let times = |format: &str, more: &str| {
        adapter(&format!(
            "name = \"t\"\n[auth]\nkind = \"path\"\n[fields]\ntransaction_id = \"id\"\noccurred_at = \"at\"\n\
             [status]\nconstant = \"pending\"\n[time]\nformat = {format}\n{more}"
        ))
    };
    let utc = "2019-07-16T12:45:15Z";
    for (format, text) in [
        ("\"rfc3339\"", "2019-07-16T14:45:15+02:00"),
        ("\"rfc3339\"", "2019-07-16T14:45:15+0200"),
        ("\"rfc3339\"", "2019-07-16T14:45:15 02:00"),
        ("\"rfc2822\"", "Tue, 16 Jul 2019 12:45:15 GMT"),
        ("\"javascript\"", "Tue Jul 16 2019 14:45:15 GMT+0200 (CEST)"),
        ("\"%Y-%m-%dT%H:%M:%S%z\"", "2019-07-16T14:45:15+0200"),
        ("\"%Y-%m-%dT%H:%M:%S%z\"", "2019-07-16T14:45:15+02:00"),
        ("\"%Y-%m-%dT%H:%M:%S%z\"", "2019-07-16T12:45:15Z"),
        ("\"unix_s\"", "1563281115"),
        ("\"unix_ms\"", "1563281115000"),
        ("[\"%d/%m/%y %H:%M:%S\", \"unix_s\"]", "1563281115"),
    ] {
        let query = format!("id=1&at={}", text.replace('+', "%2B"));
        let call = get(&query);
        expect(&times(format, ""), &call, &json!({"occurred_at": {"utc": utc}}));
    }
    let naive = times("\"%m/%d/%Y %I:%M:%S %p\"", "zone = \"+02:00\"\n");
    expect(&naive, &get("id=1&at=07/16/2019+02:45:15+PM"), &json!({"occurred_at": {"utc": utc}}));
}

proptest! {
    #[test]
    fn amounts_round_trip(minor in -9_999_999_999_999_i64..9_999_999_999_999, digits in 0_u32..6) {
        let number = Decimal::new(minor, digits);
        let text = number.to_string();
        prop_assert_eq!(amount(&amounts(".", ""), &text), Ok(number));
        prop_assert_eq!(amount(&amounts(",", ""), &text.replace('.', ",")), Ok(number));
        match amount(&amounts("auto", ""), &text) {
            Ok(read) => prop_assert_eq!(read, number),
            Err(code) => prop_assert!(code == "amount_ambiguous" && digits == 3, "{} {}", text, code),
        }
    }

    #[test]
    fn amounts_never_panic(text in ".{0,60}") {
        for decimal in [".", ",", "auto"] {
            let _read = amount(&amounts(decimal, ""), &text);
        }
    }
}

const DOCS: &str = include_str!("../../docs/ADAPTERS.md");

#[test]
fn docs_mention_every_key_and_preset() {
    for (table, keys) in KEYS {
        for key in *keys {
            assert!(DOCS.contains(&format!("`{key}`")), "docs/ADAPTERS.md does not explain {key} of {table}");
        }
    }
    for name in preset_names() {
        assert!(DOCS.contains(&format!("`{name}`")), "docs/ADAPTERS.md does not list the preset {name}");
    }
}

/// Every TOML block that names an adapter is a whole one and must parse; the tutorial's reads its call.
#[test]
fn docs_examples_parse() {
    let blocks: Vec<&str> = DOCS.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let whole: Vec<&&str> =
        blocks.iter().filter(|block| block.contains("name = \"") && block.starts_with("name")).collect();
    assert!(whole.len() >= 4, "{} whole examples", whole.len());
    for block in &whole {
        adapter(block);
    }
    let tutorial = adapter(whole[0]);
    let call = DOCS
        .split("GET /postback/shopnet/")
        .nth(1)
        .and_then(|rest| rest.split(" HTTP").next())
        .expect("the tutorial's call");
    let (secret, query) = call.split_once('?').unwrap();
    let call = RawCall { path_secret: Some(Secret::new(secret)), ..get(query) };
    tutorial.authenticate(&call, &s(secret), Timestamp::EPOCH).unwrap();
    let wanted = json!({"key": "SN-20418", "status": "confirmed", "commission": "312.40", "currency": "RUB", "order_amount": "6248.00",
        "occurred_at": {"utc": "2024-03-05T08:30:00Z"}});
    expect(&tutorial, &call, &wanted);
}
