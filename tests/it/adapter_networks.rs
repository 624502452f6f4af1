//! Networks without a preset, as their integrations describe them, each said in TOML alone: words and codes that mean
//! different things, reporting rows, lists in lists.

use kopilka::domain::adapter::{Adapter, Meaning, Reading};
use kopilka::domain::verdict::Verdict;
use serde_json::{Value, json};

use crate::support::adapters::{adapter, code, expect, expect_report, get, post, refused, reports};

/// An adapter with a key, a click, a sum, and this status table.
fn with_status(name: &str, map: &str) -> Adapter {
    adapter(&format!(
        "name = \"{name}\"\n[auth]\nkind = \"path\"\n[fields]\ntransaction_id = \"id\"\ncommission = \"sum\"\n\
         currency = {{ const = \"RUB\" }}\n[status]\nfield = \"st\"\n[status.map]\n{map}\n"
    ))
}

/// Each network's words, and what each is: p(ending), c(onfirmed), d(eclined), r(eversed), h(eld pending), x (paid).
const WORDS: &[(&str, &[(&str, char)])] = &[
    ("advertstar", &[("0", 'p'), ("2", 'd')]),
    ("ctr", &[("0", 'p'), ("1", 'p'), ("3", 'c'), ("4", 'd')]),
    ("accesstrade-vn", &[("0", 'p'), ("1", 'c'), ("2", 'd')]),
    ("adoffers", &[("1", 'c'), ("2", 'd')]),
    ("greenbooklabs", &[("2", 'p'), ("3", 'd')]),
    ("affise-reach", &[("1", 'c'), ("2", 'p'), ("3", 'd'), ("4", 'h')]),
    ("gdeslon-api", &[("0", 'p'), ("1", 'd'), ("2", 'h'), ("3", 'c'), ("4", 'x')]),
    ("commission-factory", &[("pending", 'p'), ("locked", 'c'), ("approved", 'x'), ("void", 'd')]),
    ("webgains", &[("delayed", 'h'), ("confirmed", 'c'), ("cancelled", 'd')]),
    ("advertise", &[("processing", 'p'), ("approved", 'c')]),
    ("ad1", &[("waiting", 'p'), ("approved", 'c')]),
    ("adinfo", &[("new", 'p'), ("toconfirmed", 'p'), ("confirmed", 'c'), ("reject", 'd'), ("cancel", 'd')]),
    ("cpagetti", &[("pending", 'p'), ("approved", 'c'), ("trash", 'd')]),
    ("shakes", &[("approved", 'c'), ("invalid", 'd')]),
    ("everflow", &[("approved", 'c'), ("pending", 'p'), ("invalid", 'd')]),
    ("awin-api", &[("pending", 'p'), ("approved", 'c'), ("declined", 'd'), ("deleted", 'd')]),
    ("cityads", &[("Открытая", 'p'), ("Open", 'p'), ("Одобренная", 'c'), ("Отклоненная", 'd')]),
];

#[test]
fn the_same_sign_means_what_its_network_says() {
    let mut said = 0;
    for (name, words) in WORDS {
        let meaning = |sign: char| match sign {
            'p' => "\"pending\"",
            'c' => "\"confirmed\"",
            'd' => "\"declined\"",
            'h' => "{ status = \"pending\", hold = true }",
            _ => "{ status = \"confirmed\", paid = true }",
        };
        let map: Vec<String> = words.iter().map(|(word, sign)| format!("{word:?} = {}", meaning(*sign))).collect();
        let adapter = with_status(name, &map.join("\n"));
        for (word, sign) in *words {
            let encoded = url::form_urlencoded::Serializer::new(String::new()).append_pair("st", word).finish();
            let status = match sign {
                'c' | 'x' => "confirmed",
                'd' => "declined",
                _ => "pending",
            };
            let (hold, paid) = (*sign == 'h', *sign == 'x');
            let flag = |on: bool| if on { json!(true) } else { Value::Null };
            let wanted = json!({"key": "1", "status": status, "hold": flag(hold), "paid": flag(paid)});
            expect(&adapter, &get(&format!("id=1&sum=1.5&{encoded}")), &wanted);
            said += 1;
        }
        assert_eq!(code(&adapter, &get("id=1&st=9")), "status_unknown", "{name}: what is not listed is never guessed");
        assert_eq!(code(&adapter, &get("id=1")), "status_missing");
    }
    assert!(said > 45, "{said}");
}

/// Meanings that nobody published wait for a person, by the adapter's own word.
#[test]
fn meanings_that_are_left_to_a_person() {
    let adapter = with_status(
        "message-types",
        "1 = \"confirmed\"\n3 = \"wait\"\n4 = { wait = \"what type 4 means is not published\" }\n5 = \"ignore\"",
    );
    let detail = |query: &str| match adapter.read(&get(query)) {
        Reading::Unreadable { code, detail } => format!("{code}: {detail}"),
        other => panic!("{other:?}"),
    };
    assert_eq!(detail("id=1&st=4"), "left_to_a_person: what type 4 means is not published");
    assert!(detail("id=1&st=3").starts_with("left_to_a_person: \"3\""));
    assert!(matches!(adapter.read(&get("id=1&st=5")), Reading::Ignored { .. }));
    let told = refused(
        "name = \"x\"\n[auth]\nkind = \"path\"\n[fields]\ntransaction_id = \"id\"\n[[status.rules]]\nwhen = { field = \"a\", eq = \"1\" }\n",
    );
    assert!(told.contains("wait = \"why\""), "{told}");

    // A partial correction is another record: what is left of the first nobody can tell from it alone.
    let corrections = self::adapter(
        r#"
        name = "corrections"
        [auth]
        kind = "bearer"
        [fields]
        transaction_id = "json:/commissionId"
        commission = "json:/amount"
        reverses = { by_status = { reversed = "json:/originalActionId" } }
        [[status.rules]]
        when = { all = [{ field = "json:/original", eq = false }, { field = "json:/correctionReason", eq = "RETURNED_MERCHANDISE" }] }
        status = "reversed"
        [[status.rules]]
        when = { field = "json:/original", eq = false }
        wait = "a correction of another kind may be partial"
        [status]
        field = "json:/actionStatus"
        [status.map]
        new = "pending"
        closed = { status = "confirmed", payable = true }
        "#,
    );
    let record = |more: &str| {
        post(&format!(
            "{{\"commissionId\":2,\"originalActionId\":1,\"actionStatus\":\"closed\",\"amount\":\"-1\",{more}}}"
        ))
    };
    let returned = record("\"original\":false,\"correctionReason\":\"RETURNED_MERCHANDISE\"");
    expect(&corrections, &returned, &json!({"status": "reversed", "reverses": "1"}));
    assert_eq!(code(&corrections, &record("\"original\":false,\"correctionReason\":\"OTHER\"")), "left_to_a_person");
    expect(&corrections, &record("\"original\":true"), &json!({"status": "confirmed", "payable": true}));
}

/// Orders with items that are decided one by one; click and order stand in the order, a mixed order has no status.
#[test]
fn items_of_orders_of_a_list() {
    let partnerize = adapter(
        r#"
        name = "partnerize"
        [auth]
        kind = "bearer"
        [fields]
        transaction_id = "item:/conversion_item_id"
        order_id = "outer:/conversion_data/conversion_reference"
        click_ref = "outer:/conversion_data/publisher_reference"
        currency = "outer:/conversion_data/currency"
        occurred_at = "outer:/conversion_data/conversion_time"
        order_amount = "item:/item_value"
        commission = "item:/item_publisher_commission"
        reason = "item:/reject_reason"
        [status]
        field = "item:/item_status"
        [status.map]
        pending = "pending"
        approved = "confirmed"
        rejected = "declined"
        [time]
        format = "%Y-%m-%d %H:%M:%S"
        zone = "UTC"
        [items]
        from = "json:/conversions/*/conversion_data/conversion_items"
        mode = "reports"
        [outbound]
        example = "https://network.example/click/camref:x/pubref:{click}/destination:{deep_link}"
        click_param = "pubref"
        "#,
    );
    let body = json!({ "conversions": [
        { "conversion_data": { "conversion_reference": "A", "publisher_reference": "c1", "currency": "GBP",
            "conversion_time": "2024-05-01 10:00:00", "conversion_items": [
                { "conversion_item_id": 92_233_720_368_547_758_079_i128.to_string(), "item_value": "915.26",
                  "item_publisher_commission": "1830.5200", "item_status": "approved" },
                { "conversion_item_id": 12, "item_value": "1", "item_publisher_commission": "0.1",
                  "item_status": "rejected", "reject_reason": "returned" } ] } },
        { "conversion_data": { "conversion_reference": "B", "conversion_items": null } },
        { "conversion_data": { "conversion_reference": "C", "publisher_reference": "c3", "currency": "EUR", "conversion_items": [
                { "conversion_item_id": 13, "item_value": 2, "item_publisher_commission": 0.2, "item_status": "pending" } ] } },
    ] });
    let all = reports(&partnerize, &post(&body.to_string()));
    let told: Vec<_> = all.iter().map(|one| (one.key.as_deref().unwrap(), one.order_id.as_deref().unwrap())).collect();
    assert_eq!(told, [("92233720368547758079", "A"), ("12", "A"), ("13", "C")]);
    let first = json!({"click_ref": "c1", "commission": "1830.5200", "order_amount": "915.26", "currency": "GBP",
        "occurred_at": {"utc": "2024-05-01T10:00:00Z"}});
    expect_report("partnerize", &all[0], &first);
    expect_report("partnerize", &all[1], &json!({"click_ref": "c1", "status": "declined", "reason": "returned"}));
    expect_report("partnerize", &all[2], &json!({"click_ref": "c3", "status": "pending", "currency": "EUR"}));
    assert_eq!(
        code(&partnerize, &post(r#"{"conversions":[{"conversion_data":{"conversion_items":{}}}]}"#)),
        "items_not_a_list"
    );
    assert!(matches!(partnerize.read(&post(r#"{"conversions":[]}"#)), Reading::Ignored { .. }));
    let item = r#"{"conversion_item_id":1,"item_status":"pending"},"#.repeat(600);
    let order = format!("{{\"conversion_data\":{{\"conversion_items\":[{}]}}}}", item.trim_end_matches(','));
    assert_eq!(code(&partnerize, &post(&format!("{{\"conversions\":[{order},{order}]}}"))), "items_too_many");

    let xml = adapter(
        "name = \"nested\"\n[auth]\nkind = \"path\"\n[fields]\ntransaction_id = \"item:/@id\"\nclick_ref = \"outer:/@click\"\n\
         order_id = \"outer:/number\"\n[status]\nconstant = \"pending\"\n[items]\nfrom = \"xml:/orders/order/*/items/item\"\n\
         mode = \"reports\"\n",
    );
    let body = "<orders><order click='c1'><number>A</number><items><item id='1'/><item id='2'/></items></order>\
                <order click='c2'><number>B</number></order><order click='c3'><items><item id='3'/></items></order></orders>";
    let told: Vec<_> = reports(&xml, &post(body))
        .iter()
        .map(|one| (one.key.clone().unwrap(), one.click_ref.clone().unwrap()))
        .collect();
    let wanted = [("1", "c1"), ("2", "c1"), ("3", "c3")].map(|(key, click)| (key.to_owned(), click.to_owned()));
    assert_eq!(told, wanted);
    let text = "name = \"x\"\n[auth]\nkind = \"path\"\n[fields]\ntransaction_id = \"id\"\n[status]\nconstant = \"pending\"\n\
                [items]\nfrom = \"json:/a/*b\"\nmode = \"reports\"\n";
    assert!(refused(text).contains("stands alone between slashes"));
}

/// Rows of reporting APIs: currencies in names of fields, flags that turn back, two kinds of time in one payload.
#[test]
fn rows_of_reporting_interfaces() {
    let tune = adapter(
        r#"
        name = "tune-rows"
        [auth]
        kind = "bearer"
        [fields]
        transaction_id = "item:/Stat/id"
        click_ref = "item:/Stat/affiliate_info1"
        commission = "item:/Stat/payout@*"
        currency = { name_after = "item:/Stat/payout@" }
        occurred_at = ["item:/Stat/session_unix", "item:/Stat/datetime"]
        [status]
        field = "item:/Stat/conversion_status"
        [status.map]
        approved = "confirmed"
        pending = "pending"
        rejected = "declined"
        [time]
        format = ["unix_s", "%Y-%m-%d %H:%M:%S"]
        zone = "America/New_York"
        [items]
        from = "json:/response/data/data"
        mode = "reports"
        "#,
    );
    let body = r#"{"response":{"data":{"data":[
        {"Stat":{"id":"1","affiliate_info1":"c","payout@USD":"1.20000","datetime":"2024-05-01 10:00:00","conversion_status":"approved"}},
        {"Stat":{"id":"2","affiliate_info1":"c","payout@EUR":"0.35","session_unix":1714557600,"conversion_status":"rejected"}}]}}}"#;
    let all = reports(&tune, &post(body));
    expect_report(
        "tune",
        &all[0],
        &json!({"currency": "USD", "commission": "1.20000", "occurred_at": {"utc": "2024-05-01T14:00:00Z"}}),
    );
    expect_report(
        "tune",
        &all[1],
        &json!({"currency": "EUR", "status": "declined", "occurred_at": {"utc": "2024-05-01T10:00:00Z"}}),
    );

    let admitad = adapter(
        r#"
        name = "admitad-rows"
        [auth]
        kind = "bearer"
        [fields]
        transaction_id = "item:/id"
        click_ref = "item:/subid4"
        order_amount = "item:/cart"
        commission = "item:/payment"
        currency = "item:/currency"
        occurred_at = "item:/action_date"
        paid = "item:/paid"
        [status]
        field = "item:/status"
        [status.map]
        pending = "pending"
        approved = "confirmed"
        declined = "declined"
        approved_but_stalled = { status = "pending", hold = true, reopens = true }
        [time]
        format = "%Y-%m-%d %H:%M:%S"
        [items]
        from = "json:/results"
        mode = "reports"
        "#,
    );
    let row = |status: &str, paid: u8| {
        format!(
            r#"{{"id":7,"status":"{status}","payment":12.5,"cart":null,"currency":"RUB","action_date":"2024-05-01 10:00:00","paid":{paid},"subid4":"c"}}"#
        )
    };
    let body =
        format!(r#"{{"results":[{},{},{}]}}"#, row("approved", 1), row("approved", 0), row("approved_but_stalled", 0));
    let all = reports(&admitad, &post(&body));
    expect_report(
        "admitad",
        &all[0],
        &json!({"paid": true, "order_amount": null, "occurred_at": {"local": "2024-05-01T10:00:00"}}),
    );
    expect_report("admitad", &all[1], &json!({"paid": false}));
    expect_report("admitad", &all[2], &json!({"status": "pending", "hold": true, "weight": "settled"}));
    // In a push the same word means that an approval was taken back.
    let push = Adapter::of_preset("admitad").unwrap().unwrap();
    expect(
        &push,
        &get("admitad_id=7&payment_status=pending"),
        &json!({"status": "pending", "hold": true, "weight": "settled"}),
    );
    assert!(matches!(push.pull_status("pending"), Some(Meaning::Stands(standing)) if standing.hold.is_none()));
    for not_a_sale in ["", "offer_status=active&offer_id=1", "partnership_status=denied"] {
        assert!(matches!(push.read(&get(not_a_sale)), Reading::Ignored { .. }), "{not_a_sale}");
    }
}

/// Three addresses, one for each status; one with an event that repeats for a click; numbers of currencies.
#[test]
fn statuses_of_addresses_and_events_of_clicks() {
    let three = adapter(
        r#"
        name = "three-addresses"
        key = ["transaction_id", "query:event_id"]
        [auth]
        kind = "path"
        [fields]
        transaction_id = { from = "query:click_id", before = "-" }
        click_ref = "query:sub1"
        commission = "query:amount"
        currency = { from = "query:cur", default = "643" }
        [currency]
        numeric = true
        [status]
        field = { from = "call:url", regex = "[?&]as=([a-z]+)" }
        [status.map]
        created = "pending"
        accepted = "confirmed"
        rejected = "declined"
        [answer]
        body = "1"
        [answer.ignored]
        body = ""
        [answer.because.unknown_click]
        body = "0 {reason}"
        [answer.because.repeated_delta]
        status = 202
        "#,
    );
    expect(
        &three,
        &get("as=accepted&click_id=k9-7&event_id=2&sub1=c&amount=0.12345"),
        &json!({"key": "k9/2", "currency": "RUB", "commission": "0.12345"}),
    );
    expect(
        &three,
        &get("as=rejected&click_id=k9-8&event_id=3&cur=978"),
        &json!({"key": "k9/3", "currency": "EUR", "status": "declined"}),
    );
    assert_eq!(code(&three, &get("as=rejected&click_id={click_id}&event_id=3")), "key_missing");

    let answer = |verdict: Verdict, reason: Option<&str>| {
        let answer = three.answer(verdict, "pb1", reason);
        (answer.status, answer.body.unwrap_or_else(|| "our own".to_owned()))
    };
    assert_eq!(answer(Verdict::Held, Some("unknown_click")), (200, "0 unknown_click".to_owned()));
    assert_eq!(answer(Verdict::Held, Some("status_unknown")), (200, "1".to_owned()));
    assert_eq!(answer(Verdict::Superseded, Some("repeated_delta")), (202, "1".to_owned()));
    assert_eq!(answer(Verdict::Ignored, None), (200, String::new()));
    assert_eq!(answer(Verdict::Refused, Some("unknown_click")), (401, "our own".to_owned()), "strangers learn nothing");
    let base =
        "name = \"x\"\n[auth]\nkind = \"path\"\n[fields]\ntransaction_id = \"id\"\n[status]\nconstant = \"pending\"\n";
    for (table, wanted) in [
        ("[answer.because.unknown_clik]\nbody = \"\"\n", "did you mean \"unknown_click\"?"),
        ("[answer.because.not_authentic]\nstatus = 200\n", "answer.because.not_authentic: unknown key"),
        ("[answer.because.no_click]\nstatus = 500\n", "must be from 200 to 299"),
    ] {
        let told = refused(&format!("{base}{table}"));
        assert!(told.contains(wanted), "{told}");
    }
}
