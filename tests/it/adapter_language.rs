//! The adapter language, by adapters of networks nobody has seen: each written in TOML alone, as an operator would.

use base64::Engine as _;
use hmac::{Hmac, KeyInit, Mac};
use kopilka::base::Secret;
use kopilka::domain::adapter::{Adapter, KEYS, RawCall, Reading, Report, preset, preset_names};
use kopilka::domain::verdict::Verdict;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha512};

fn adapter(text: &str) -> Adapter {
    Adapter::parse(text, &|name| preset(name).map(str::to_owned)).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn refused(text: &str) -> String {
    Adapter::parse(text, &|name| preset(name).map(str::to_owned)).expect_err("must be refused").to_string()
}

fn get(query: &str) -> RawCall {
    RawCall {
        method: "GET".to_owned(),
        path_secret: None,
        query: query.to_owned(),
        body: Vec::new(),
        headers: Vec::new(),
        peer: Some("198.51.100.7".parse().unwrap()),
        public_url: format!("https://cashback.example/in/new?{query}"),
    }
}

fn post(body: &str) -> RawCall {
    RawCall { method: "POST".to_owned(), body: body.as_bytes().to_vec(), ..get("") }
}

fn with_header(call: RawCall, name: &str, value: &str) -> RawCall {
    RawCall { headers: vec![(name.to_owned(), value.to_owned())], ..call }
}

fn reports(adapter: &Adapter, call: &RawCall) -> Vec<Report> {
    match adapter.read(call) {
        Reading::Reports(reports) => reports,
        other => panic!("{}: {other:?}", adapter.name()),
    }
}

fn code(adapter: &Adapter, call: &RawCall) -> &'static str {
    match adapter.read(call) {
        Reading::Unreadable { code, .. } => code,
        other => panic!("{}: {other:?}", adapter.name()),
    }
}

/// Reads one report and compares the keys that `wanted` has.
fn expect(adapter: &Adapter, call: &RawCall, wanted: &Value) {
    let all = reports(adapter, call);
    assert_eq!(all.len(), 1, "{}", adapter.name());
    expect_report(adapter.name(), &all[0], wanted);
}

fn expect_report(name: &str, report: &Report, wanted: &Value) {
    let told = serde_json::to_value(report).unwrap();
    for (key, value) in wanted.as_object().unwrap() {
        assert_eq!(&told[key], value, "{name}: {key}");
    }
    let back: Report = serde_json::from_value(told).unwrap();
    assert_eq!(&back, report, "{name}: a stored report reads back the same");
}

fn s(text: &str) -> Vec<Secret> {
    vec![Secret::new(text)]
}

/// A message an item; the order id groups them; a negative amount takes back; amounts are differences.
#[test]
fn unseen_item_messages_with_deltas() {
    let adapter = adapter(
        r#"
        name = "item-messages"
        key = ["order_id", "sku_number"]
        [auth]
        kind = "basic"
        user = "network"
        [fields]
        order_id = "order_id"
        click_ref = "u1"
        order_amount = "sale"
        commission = "commissions"
        currency = "currency"
        occurred_at = { concat = ["transaction_date", "transaction_time"], separator = " " }
        [amounts]
        kind = "delta"
        grouping = ","
        [[status.rules]]
        when = { field = "sale", negative = true }
        status = "reversed"
        [[status.rules]]
        when = { field = "is_event", eq = "N" }
        status = "confirmed"
        [status]
        constant = "pending"
        [time]
        format = "%m/%d/%Y %H:%M"
        zone = "America/New_York"
        "#,
    );
    let query = "order_id=A/1&sku_number=7&u1=clk&sale=-1%2C234.50&commissions=-12.5&currency=usd&is_event=Y\
                 &transaction_date=07/16/2024&transaction_time=14:45";
    let header = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode("network:pw"));
    let call = with_header(get(query), "authorization", &header);
    adapter.authenticate(&call, &s("pw")).unwrap();
    assert_eq!(adapter.authenticate(&get(query), &s("pw")).unwrap_err().code, "secret_missing");
    let wanted = json!({"key": "A%2F1/7", "status": "reversed", "amounts": "delta", "order_amount": "-1234.50",
        "commission": "-12.5", "currency": "USD", "order_currency": "USD",
        "occurred_at": {"utc": "2024-07-16T18:45:00Z"}});
    expect(&adapter, &call, &wanted);
}

/// JSON with nested objects, lines, an offset in the time, a bearer token, locked states.
#[test]
fn unseen_json_with_lines() {
    let adapter = adapter(
        r#"
        name = "json-lines"
        must = ["click_ref"]
        [auth]
        kind = "bearer"
        [fields]
        transaction_id = "json:/Action/Id"
        order_id = "json:/Action/Oid"
        click_ref = "json:/Action/SubId1"
        order_amount = { add = ["json:/Action/Amount", "json:/Action/Shipping"] }
        commission = "json:/Action/Payout"
        currency = "json:/Action/Currency"
        occurred_at = "json:/Action/EventDate"
        locked = { when = { field = "json:/Action/LockingDate", present = true } }
        promo_code = "json:/Action/PromoCode"
        [status]
        field = "json:/Action/State"
        [status.map]
        PENDING = "pending"
        APPROVED = { status = "confirmed", payable = true }
        REVERSED = "reversed"
        [items]
        from = "json:/Action/Items"
        mode = "lines"
        [items.fields]
        sku = "item:/Sku"
        quantity = "item:/Quantity"
        amount = { mul = ["item:/Price", "item:/Quantity"] }
        [items.status]
        field = "item:/State"
        [items.status.map]
        OK = "confirmed"
        RETURNED = "reversed"
        "#,
    );
    let body = r#"{"Action":{"Id":92233720368547758079,"Oid":"o","SubId1":"clk","Amount":19.90,"Shipping":"0.10","Payout":1.2345,
        "Currency":"GBP","EventDate":"2024-05-01T10:00:00-07:00","LockingDate":"2024-06-01","PromoCode":null,"State":"approved",
        "Items":[{"Sku":"a","Quantity":3,"Price":"1.10","State":"OK"},{"Sku":"b","Quantity":"1","Price":5,"State":"RETURNED"}]}}"#;
    let call = with_header(post(body), "authorization", "Bearer t0ken");
    adapter.authenticate(&call, &s("t0ken")).unwrap();
    let wanted = json!({"key": "92233720368547758079", "order_amount": "20.00", "commission": "1.2345", "locked": true,
        "payable": true, "promo_code": null, "occurred_at": {"utc": "2024-05-01T17:00:00Z"}});
    expect(&adapter, &call, &wanted);
    let items = &reports(&adapter, &call)[0].items;
    assert_eq!(items[0].amount, Some(Decimal::new(330, 2)));
    assert_eq!(items[1].status.map(|status| status.as_str()), Some("reversed"));
    assert_eq!(code(&adapter, &post(&body.replace("\"clk\"", "\"{subId1}\""))), "field_missing");
    assert_eq!(code(&adapter, &post("{\"Action\":")), "body_not_json");
    assert_eq!(code(&adapter, &post(&body.replace("\"o\"", "[1]"))), "field_not_scalar");
}

/// Minor units by currency, a signature with a prefix, test events to ignore.
#[test]
fn unseen_minor_units_by_currency() {
    let adapter = adapter(
        r#"
        name = "minor-units"
        [auth]
        kind = "hmac"
        algorithm = "sha256"
        over = "body"
        signature = "header:x-signature"
        prefix = "sha256="
        [[ignore]]
        when = { any = [{ field = "json:/test", eq = true }, { not = { field = "json:/type", prefix = "reward." } }] }
        why = "a test or another event"
        [fields]
        transaction_id = "json:/data/key"
        click_ref = "json:/data/sub_id"
        commission = "json:/data/amount"
        currency = "json:/data/currency"
        occurred_at = "json:/data/created_at"
        [amounts]
        scale = "currency"
        [time]
        format = "unix_ms"
        [status]
        field = "json:/type"
        [status.map]
        "reward.created" = "pending"
        "reward.voided" = { status = "declined", reason = "voided" }
        "#,
    );
    let body = r#"{"type":"reward.created","data":{"key":"r1","sub_id":"c","amount":1500,"currency":"jpy","created_at":1721141115123}}"#;
    let mut mac = Hmac::<Sha256>::new_from_slice(b"k").unwrap();
    mac.update(body.as_bytes());
    let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()).to_uppercase());
    adapter.authenticate(&with_header(post(body), "x-signature", &signature), &s("k")).unwrap();
    let spaced = with_header(post(&body.replace(':', ": ")), "x-signature", &signature);
    assert_eq!(adapter.authenticate(&spaced, &s("k")).unwrap_err().code, "signature_wrong");
    let wanted = json!({"commission": "1500", "currency": "JPY", "occurred_at": {"utc": "2024-07-16T14:45:15.123Z"}});
    expect(&adapter, &post(body), &wanted);
    let dinars = json!({"commission": "1.500", "currency": "KWD"});
    expect(&adapter, &post(&body.replace("jpy", "kwd")), &dinars);
    assert_eq!(code(&adapter, &post(&body.replace("1500", "15.5"))), "amount_not_minor_units");
    assert_eq!(code(&adapter, &post(&body.replace("1500", "1e3"))), "amount_not_a_number");
    assert_eq!(code(&adapter, &post(&body.replace("\"jpy\"", "null"))), "amount_scale_conflict");
    assert!(matches!(adapter.read(&post(r#"{"type":"link.created"}"#)), Reading::Ignored { .. }));
}

/// An array of payments, each with its status and key; one unknown word stops the whole call.
#[test]
fn unseen_batch_of_payments() {
    let adapter = adapter(
        r#"
        name = "batch"
        key = ["transaction_id"]
        [auth]
        kind = "field"
        field = "header:x-token"
        [fields]
        transaction_id = "item:/id"
        click_ref = "item:/clickref"
        commission = "item:/commission/value"
        currency = "item:/commission/currency"
        [status]
        field = "item:/status"
        [status.map]
        confirmed = "confirmed"
        delayed = { status = "pending", hold = true }
        cancelled = "declined"
        heartbeat = { ignore = "keep-alive" }
        [items]
        from = "json:"
        mode = "reports"
        "#,
    );
    let row = |id: u32, status: &str| {
        format!(
            r#"{{"id":{id},"clickref":"c{id}","commission":{{"value":"1.5","currency":"EUR"}},"status":"{status}"}}"#
        )
    };
    let body = format!("[{},{},{}]", row(1, "Confirmed"), row(2, "delayed"), row(3, "heartbeat"));
    adapter.authenticate(&with_header(post(&body), "x-token", "t"), &s("t")).unwrap();
    let all = reports(&adapter, &post(&body));
    assert_eq!(all.len(), 2);
    expect_report("batch", &all[1], &json!({"key": "2", "click_ref": "c2", "status": "pending", "hold": true}));
    assert_eq!(code(&adapter, &post(&format!("[{},{}]", row(1, "confirmed"), row(2, "odd")))), "status_unknown");
    assert!(matches!(adapter.read(&post("[]")), Reading::Ignored { .. }));
    assert_eq!(code(&adapter, &post("{\"id\":1}")), "items_not_a_list");
}

/// Localised words, comma decimals, day-first dates in a declared zone, the sum in a field that depends on the status.
#[test]
fn unseen_localised_form() {
    let adapter = adapter(
        r#"
        name = "localised"
        [auth]
        kind = "any"
        of = [{ kind = "path" }, { kind = "field", field = "form:token" }]
        [envelope]
        body = "form"
        absent = ["-", "нет"]
        [fields]
        transaction_id = "submission_id"
        click_ref = "subaccount"
        order_id = "order"
        commission = { by_status = { pending = "commission_open", confirmed = "commission_approved" }, else = "commission_cancelled" }
        currency = { from = "currency", map = { "руб." = "RUB", "€" = "EUR" } }
        occurred_at = "date"
        [amounts]
        decimal = ","
        grouping = " "
        [time]
        format = ["%d.%m.%Y %H:%M:%S", "%d.%m.%Y"]
        zone = "Europe/Moscow"
        [status]
        field = "status"
        [status.map]
        "Открытая" = "pending"
        Open = "pending"
        "Одобрена" = "confirmed"
        "Отклонена" = "declined"
        "#,
    );
    let form = |status: &str, date: &str| {
        let pairs = [
            ("submission_id", "1"),
            ("subaccount", "c"),
            ("order", "нет"),
            ("commission_open", "1 234,5"),
            ("commission_approved", "1\u{a0}000,25"),
            ("commission_cancelled", "0"),
            ("currency", "руб."),
            ("date", date),
            ("status", status),
            ("token", "t"),
        ];
        post(&url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
    };
    adapter.authenticate(&form("Open", "x"), &s("t")).unwrap();
    let wanted = json!({"commission": "1234.5", "currency": "RUB", "order_id": null, "occurred_at": {"utc": "2024-03-05T08:30:00Z"}});
    expect(&adapter, &form("открытая", "05.03.2024 11:30:00"), &wanted);
    let wanted =
        json!({"commission": "1000.25", "status": "confirmed", "occurred_at": {"utc": "2024-03-04T21:00:00Z"}});
    expect(&adapter, &form("ОДОБРЕНА", "05.03.2024"), &wanted);
    expect(&adapter, &form("Отклонена", "0000-00-00"), &json!({"commission": "0", "occurred_at": null}));
    assert_eq!(code(&adapter, &form("Open", "2024-03-05")), "time_unreadable");
}

/// A digest over all fields, sorted, each with the passphrase; events by name; the body OK.
#[test]
fn unseen_passphrase_over_all_fields() {
    let adapter = adapter(
        r#"
        name = "passphrase"
        key = ["order_id", "order_item_id"]
        [auth]
        kind = "digest"
        algorithm = "sha512"
        parts = [{ pairs = "{name}={value}{secret}", skip_empty = true }]
        signature = "form:sha_sign"
        [fields]
        order_id = "order_id"
        click_ref = { from = "custom", regex = "^click-([0-9a-z]+)" }
        commission = "amount_affiliate"
        currency = "currency"
        [status]
        field = "event"
        [status.map]
        on_payment = "confirmed"
        on_refund = "reversed"
        on_chargeback = { status = "reversed", last = true, reason = "chargeback" }
        connection_test = { ignore = "a connection test" }
        [answer]
        body = "OK"
        [answer.held]
        body = "OK {verdict} {id} {reason}"
        "#,
    );
    let fields = "amount_affiliate=5.00currency=EURcustom=click-abc9_xevent=on_chargebackorder_id=77order_item_id=2";
    let signed: String = [
        "amount_affiliate=5.00",
        "currency=EUR",
        "custom=click-abc9_x",
        "event=on_chargeback",
        "order_id=77",
        "order_item_id=2",
    ]
    .iter()
    .map(|pair| format!("{pair}pass"))
    .collect();
    assert_eq!(signed.replace("pass", ""), fields);
    let sign = hex::encode(Sha512::digest(signed)).to_uppercase();
    let call = post(&format!(
        "event=on_chargeback&order_id=77&order_item_id=2&empty=&custom=click-abc9_x&amount_affiliate=5.00&currency=EUR&sha_sign={sign}"
    ));
    adapter.authenticate(&call, &s("pass")).unwrap();
    let raised = RawCall {
        body: String::from_utf8(call.body.clone()).unwrap().replace("5.00", "9.00").into_bytes(),
        ..call.clone()
    };
    assert!(adapter.authenticate(&raised, &s("pass")).is_err());
    expect(&adapter, &call, &json!({"key": "77/2", "click_ref": "abc9", "weight": "last", "reason": "chargeback"}));
    assert!(
        matches!(adapter.read(&post("event=connection_test")), Reading::Ignored { why } if why == "a connection test")
    );
    let held = adapter.answer(Verdict::Held, "pb1", Some("unknown click"));
    assert_eq!(held.body.as_deref(), Some("OK held pb1 unknown click"));
    assert_eq!(adapter.answer(Verdict::Applied, "pb1", None).body.as_deref(), Some("OK"));
    assert_eq!(adapter.answer(Verdict::Refused, "pb1", None).body, None, "OK is not for strangers");
}

/// Addresses and a digest together; the older secret holds while it is rotated.
#[test]
fn unseen_addresses_and_digest() {
    let adapter = adapter(
        r#"
        name = "offerwall"
        [auth]
        kind = "all"
        of = [
          { kind = "ip", allow = ["198.51.100.0/24", "2001:db8::1"] },
          { kind = "digest", algorithm = "md5", parts = ["uid", "tid", "secret"], separator = ":", signature = "sig" },
        ]
        [fields]
        transaction_id = "tid"
        click_ref = "uid"
        commission = "payout"
        currency = { const = "USD" }
        [status]
        constant = "confirmed"
        [answer]
        body = ""
        status = 204
        "#,
    );
    let call = get(&format!("uid=u&tid=9&payout=0.5&sig={}", hex::encode(md5::Md5::digest("u:9:old"))));
    adapter.authenticate(&call, &[Secret::new("new"), Secret::new("old")]).unwrap();
    let away = RawCall { peer: Some("192.0.2.1".parse().unwrap()), ..call.clone() };
    assert_eq!(adapter.authenticate(&away, &s("old")).unwrap_err().code, "address_not_allowed");
    let mapped = RawCall { peer: Some("::ffff:198.51.100.9".parse().unwrap()), ..call.clone() };
    adapter.authenticate(&mapped, &s("old")).unwrap();
    assert_eq!(adapter.authenticate(&call, &[]).unwrap_err().code, "no_secret_configured");
    let answer = adapter.answer(Verdict::Applied, "x", None);
    assert_eq!((answer.status, answer.body.as_deref()), (204, Some("")));
}

/// Bracketed keys, an element a payment, sharing the order.
#[test]
fn unseen_bracketed_keys() {
    let adapter = adapter(
        r#"
        name = "brackets"
        [auth]
        kind = "path"
        [fields]
        order_id = "order"
        click_ref = "form:pubref"
        currency = "currency"
        transaction_id = "items[{n}][id]"
        order_amount = { mul = ["items[{n}][price]", "items[{n}][qty]"] }
        commission = "items[{n}][fee]"
        category = "items[{n}][cat]"
        [status]
        field = "items[{n}][status]"
        [status.map]
        a = "confirmed"
        r = { status = "declined" }
        [items]
        from = "form:items[{n}][id]"
        mode = "reports"
        "#,
    );
    let body = "order=o1&pubref=c&currency=EUR&items%5B0%5D%5Bid%5D=i0&items[0][price]=2.50&items[0][qty]=2&items[0][fee]=0.1\
                &items[0][status]=a&items[1][id]=i1&items[1][price]=1&items[1][qty]=1&items[1][fee]=0.2&items[1][status]=r&items[1][cat]=x";
    let call = RawCall { path_secret: Some(Secret::new("p")), ..post(body) };
    adapter.authenticate(&call, &s("p")).unwrap();
    let all = reports(&adapter, &call);
    expect_report(
        "brackets",
        &all[0],
        &json!({"key": "i0", "order_id": "o1", "order_amount": "5.00", "status": "confirmed"}),
    );
    expect_report("brackets", &all[1], &json!({"key": "i1", "status": "declined", "category": "x", "click_ref": "c"}));
    assert_eq!(code(&adapter, &post("order=o1")), "items_missing");
}

/// The currency in the field's name, ids of currencies, JavaScript dates, the earlier of two wall-clock times.
#[test]
fn unseen_currencies_and_dates() {
    let text = r#"
        name = "field-names"
        [auth]
        kind = "none"
        [fields]
        transaction_id = "id"
        commission = "payout@*"
        currency = { name_after = "payout@" }
        occurred_at = "when"
        [status]
        constant = "confirmed"
        [time]
        format = ["javascript", "%Y-%m-%d %H:%M:%S"]
        zone = "Europe/Berlin"
        "#;
    let named = adapter(text);
    let query = "id=1&payout%40USD=1.20&when=Tue+Jul+16+2019+14:45:15+GMT%2B0200+(Central+European+Summer+Time)";
    expect(
        &named,
        &get(query),
        &json!({"currency": "USD", "commission": "1.20", "occurred_at": {"utc": "2019-07-16T12:45:15Z"}}),
    );
    expect(
        &named,
        &get("id=1&when=2024-10-27+02:30:00"),
        &json!({"occurred_at": {"utc": "2024-10-27T00:30:00Z"}, "currency": null}),
    );
    assert_eq!(code(&named, &get("id=1&when=2024-03-31+02:30:00")), "time_nonexistent");
    assert_eq!(code(&named, &get("id=1&payout@USD=1&payout@EUR=2")), "field_repeated");
    let numbered = adapter(&format!(
        "{}[currency]\nnumeric = true\nmap = {{ \"7\" = \"KZT\" }}\n",
        text.replace("{ name_after = \"payout@\" }", "\"cur\"")
    ));
    expect(&numbered, &get("id=1&payout@=1&cur=643"), &json!({"currency": "RUB"}));
    expect(&numbered, &get("id=1&payout@=1&cur=7"), &json!({"currency": "KZT"}));
    assert_eq!(code(&numbered, &get("id=1&payout@=1&cur=8")), "currency_unknown");
    let open = adapter(&text.replace("zone = \"Europe/Berlin\"", ""));
    expect(&open, &get("id=1&when=2024-10-27+02:30:00"), &json!({"occurred_at": {"local": "2024-10-27T02:30:00"}}));
}

/// A signature header with a time in it, a base64 key, JSON inside JSON.
#[test]
fn unseen_signature_with_time() {
    let adapter = adapter(
        r#"
        name = "stamped"
        [auth]
        kind = "hmac"
        algorithm = "sha256"
        parts = [{ from = "header:x-sign", regex = "t=([0-9]+)" }, "body"]
        separator = "."
        signature = { from = "header:x-sign", regex = "v1=([A-Za-z0-9+/=]+)" }
        encoding = "base64"
        secret_encoding = "base64"
        secret_prefix = "whsec_"
        [fields]
        transaction_id = "json-json:/message:/tx/id"
        commission = "json-json:/message:/tx/fee"
        currency = "json-json:/message:/tx/cur"
        user_ref = "header:x-user"
        [status]
        field = "json-json:/message:/tx/state"
        [status.map]
        true = "confirmed"
        false = "declined"
        "#,
    );
    let body = r#"{"message":"{\"tx\":{\"id\":\"t\",\"fee\":\"2.5\",\"cur\":\"EUR\",\"state\":false}}"}"#;
    let mut mac = Hmac::<Sha256>::new_from_slice(b"raw key").unwrap();
    mac.update(format!("1700000000.{body}").as_bytes());
    let base64 = base64::engine::general_purpose::STANDARD;
    let header = format!("t=1700000000,v1={}", base64.encode(mac.finalize().into_bytes()));
    let secret = format!("whsec_{}", base64.encode("raw key"));
    adapter.authenticate(&with_header(post(body), "x-sign", &header), &s(&secret)).unwrap();
    let later = header.replace("1700000000", "1700000001");
    assert!(adapter.authenticate(&with_header(post(body), "x-sign", &later), &s(&secret)).is_err());
    let call = with_header(post(body), "x-user", "u7");
    expect(&adapter, &call, &json!({"key": "t", "status": "declined", "commission": "2.5", "user_ref": "u7"}));
}

/// Query and body mixed, part of a sub-id, alternatives of the key, a status told by the query of each URL.
#[test]
fn unseen_mixed_and_fallback_keys() {
    let adapter = adapter(
        r#"
        name = "mixed"
        key = [["transaction_id"], ["click_ref", "occurred_at"], [{ from = "legacy", upper = true }]]
        require = ["query:event", "json:/sum"]
        [auth]
        kind = "field"
        field = "json:/auth/token"
        [envelope]
        repeated = "last"
        [fields]
        transaction_id = { from = "json:/tx", strip_suffix = "-EU" }
        click_ref = { from = "query:sub", after = "_", before = "." }
        commission = ["json:/sum", "query:sum"]
        currency = { from = "json:/cur", default = "EUR" }
        occurred_at = "json:/ts"
        hold = "query:hold"
        kind = { case = [{ when = { field = "json:/sum", ge = "100" }, then = { const = "big" } }], else = { const = "small" } }
        [time]
        format = "unix_s"
        [status]
        field = "query:event"
        [status.map]
        created = "pending"
        accepted = "confirmed"
        [answer]
        body = '{"status":"ok"}'
        content_type = "application/json"
        "#,
    );
    let call = |query: &str, body: &str| RawCall { body: body.as_bytes().to_vec(), ..get(query) };
    let full = call(
        "event=created&event=accepted&sub=site_clk.9&hold=yes",
        r#"{"tx":"T-1-EU","sum":100,"ts":1700000000,"auth":{"token":"tk"}}"#,
    );
    adapter.authenticate(&full, &s("tk")).unwrap();
    let wanted = json!({"key": "T-1", "click_ref": "clk", "status": "confirmed", "hold": true, "kind": "big", "currency": "EUR"});
    expect(&adapter, &full, &wanted);
    let no_tx = call("event=accepted&sub=site_clk", r#"{"tx":"[[[tx]]]","sum":"1","ts":1700000000}"#);
    expect(&adapter, &no_tx, &json!({"key": "clk/2023-11-14T22:13:20Z", "transaction_id": null, "kind": "small"}));
    expect(&adapter, &call("event=accepted&legacy=ab", "{}"), &json!({"key": "AB", "commission": null}));
    assert_eq!(code(&adapter, &call("event=accepted", "{}")), "key_missing");
    assert_eq!(code(&adapter, &call("event=accepted&legacy=a&hold=maybe", "{}")), "flag_unknown");
    assert_eq!(code(&adapter, &call("event=accepted&legacy=a", r#"{"ts":1700000000000}"#)), "time_implausible");
    assert!(matches!(adapter.read(&get("")), Reading::Ignored { .. }));
    let shown = adapter.redact(&full, &s("tk"));
    assert!(!String::from_utf8(shown.body).unwrap().contains("tk"));
    assert_eq!(adapter.answer(Verdict::Unchanged, "x", None).content_type, "application/json");
}

/// A preset taken over and changed in a few lines.
#[test]
fn unseen_sister_network_extends_a_preset() {
    let reach = adapter(
        r#"
        name = "affise-reach"
        extends = "affise"
        unset = ["status.map.5", "fields.reason"]
        [names]
        tid = "conversion"
        [fields]
        currency = { const = "EUR" }
        [status.map]
        4 = { status = "pending", hold = true }
        [amounts.commission]
        scale = 4
        every_currency = true
        sign = "absolute"
        [answer]
        body = "done"
        "#,
    );
    let query = "conversion=c1&click=k&status=4&sum=-125000&osum=250&ocur=USD&ts=1709627400&comment=x";
    let wanted = json!({"key": "c1", "commission": "12.5000", "currency": "EUR", "order_amount": "250",
        "order_currency": "USD", "hold": true, "reason": null});
    expect(&reach, &get(query), &wanted);
    assert_eq!(code(&reach, &get(&query.replace("status=4", "status=5"))), "status_unknown");
    let constant = adapter(
        "name = \"t\"\nextends = \"tune\"\n[status]\nfield = \"st\"\ndefault = \"pending\"\n[status.map]\nok = \"confirmed\"\n",
    );
    expect(&constant, &get("transaction_id=1"), &json!({"status": "pending", "weight": "open"}));
}

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
    let call =
        DOCS.split("GET /in/shopnet/").nth(1).and_then(|rest| rest.split(" HTTP").next()).expect("the tutorial's call");
    let (secret, query) = call.split_once('?').unwrap();
    let call = RawCall { path_secret: Some(Secret::new(secret)), ..get(query) };
    tutorial.authenticate(&call, &s(secret)).unwrap();
    let wanted = json!({"key": "SN-20418", "status": "confirmed", "commission": "312.40", "currency": "RUB", "order_amount": "6248.00",
        "occurred_at": {"utc": "2024-03-05T08:30:00Z"}});
    expect(&tutorial, &call, &wanted);
}
