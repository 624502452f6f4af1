//! Networks nobody has seen, each adapter in TOML alone: shapes of messages.

use base64::Engine as _;
use kopilka::base::{Secret, Timestamp};
use kopilka::domain::adapter::{RawCall, Reading};
use rust_decimal::Decimal;
use serde_json::json;

use crate::support::adapters::{adapter, code, expect, expect_report, get, post, reports, s, with_header};

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
    adapter.authenticate(&call, &s("pw"), Timestamp::EPOCH).unwrap();
    assert_eq!(adapter.authenticate(&get(query), &s("pw"), Timestamp::EPOCH).unwrap_err().code, "secret_missing");
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
    adapter.authenticate(&call, &s("t0ken"), Timestamp::EPOCH).unwrap();
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
    adapter.authenticate(&with_header(post(&body), "x-token", "t"), &s("t"), Timestamp::EPOCH).unwrap();
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
    adapter.authenticate(&form("Open", "x"), &s("t"), Timestamp::EPOCH).unwrap();
    let wanted = json!({"commission": "1234.5", "currency": "RUB", "order_id": null, "occurred_at": {"utc": "2024-03-05T08:30:00Z"}});
    expect(&adapter, &form("открытая", "05.03.2024 11:30:00"), &wanted);
    let wanted =
        json!({"commission": "1000.25", "status": "confirmed", "occurred_at": {"utc": "2024-03-04T21:00:00Z"}});
    expect(&adapter, &form("ОДОБРЕНА", "05.03.2024"), &wanted);
    expect(&adapter, &form("Отклонена", "0000-00-00"), &json!({"commission": "0", "occurred_at": null}));
    assert_eq!(code(&adapter, &form("Open", "2024-03-05")), "time_unreadable");
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
    adapter.authenticate(&call, &s("p"), Timestamp::EPOCH).unwrap();
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

/// Lines in minor units take the order's currency.
#[test]
fn lines_in_minor_units() {
    let adapter = adapter(
        r#"
        name = "minor-lines"
        [auth]
        kind = "path"
        [fields]
        transaction_id = "id"
        commission = "fee"
        currency = "cur"
        [amounts]
        scale = "currency"
        [status]
        constant = "pending"
        [items]
        from = "json:/lines"
        mode = "lines"
        [items.fields]
        quantity = "item:/n"
        unit_price = "item:/price"
        "#,
    );
    let all = reports(&adapter, &post(r#"{"id":1,"fee":250,"cur":"eur","lines":[{"n":2,"price":999}]}"#));
    assert_eq!(all[0].items[0].unit_price, Some(Decimal::new(999, 2)));
    assert_eq!(all[0].items[0].quantity, Some(Decimal::TWO));
}
