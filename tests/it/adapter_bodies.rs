//! Bodies that are neither a form nor JSON in UTF-8: other charsets, XML, multipart. Read by the adapter, and sent
//! through the real endpoint.

use kopilka::base::{Secret, Timestamp};
use kopilka::db::postbacks::{PostbackFilter, postback_list};
use kopilka::domain::adapter::{Adapter, RawCall, Reading};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::on_both;
use crate::support::adapters::{
    adapter, code, expect, expect_report, get, hmac_sha256, post, read_network_by, refused, reports, s, with_header,
};
use crate::support::app::TestApp;
use crate::support::db::TestDb;
use crate::support::market::{Market, SECRET};

on_both![money_follows_xml_in_windows_1251, money_follows_multipart, money_follows_a_query_in_koi8_r];

/// "принят" in windows-1251, koi8-r, iso-8859-5 and UTF-16 with the little end first.
const WINDOWS_1251: &[u8] = b"\xef\xf0\xe8\xed\xff\xf2";
const KOI8_R: &[u8] = b"\xd0\xd2\xc9\xce\xd1\xd4";
const ISO_8859_5: &[u8] = b"\xdf\xe0\xd8\xdd\xef\xe2";
const UTF_16LE: &[u8] = b"\x3f\x04\x40\x04\x38\x04\x3d\x04\x4f\x04\x42\x04";

fn body(bytes: &[u8], content_type: &str) -> RawCall {
    with_header(RawCall { body: bytes.to_vec(), ..post("") }, "content-type", content_type)
}

/// `prefix`, the word, `suffix`.
fn around(prefix: &str, word: &[u8], suffix: &str) -> Vec<u8> {
    [prefix.as_bytes(), word, suffix.as_bytes()].concat()
}

fn percent(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}

fn russian(envelope: &str) -> Adapter {
    adapter(&format!(
        "name = \"russian\"\nkey = [\"transaction_id\"]\n[auth]\nkind = \"path\"\n{envelope}\n[fields]\n\
         transaction_id = \"id\"\ncategory = \"state\"\n[status]\nfield = \"state\"\n[status.map]\n\
         \"принят\" = \"confirmed\"\n\"отклонён\" = \"declined\"\n"
    ))
}

#[test]
fn a_body_says_its_charset() {
    let plain = russian("");
    let accepted = json!({"key": "7", "status": "confirmed", "category": "принят"});
    let as_json = |word: &[u8]| around(r#"{"id":7,"state":""#, word, "\"}");
    for (word, label) in [(WINDOWS_1251, "windows-1251"), (KOI8_R, "KOI8-R"), (ISO_8859_5, "\"iso-8859-5\"")] {
        expect(&plain, &body(&as_json(word), &format!("application/json; charset={label}")), &accepted);
        let form = format!("application/x-www-form-urlencoded; boundary; charset={label}");
        expect(&plain, &body(format!("id=7&state={}", percent(word)).as_bytes(), &form), &accepted);
        expect(&plain, &body(&around("id=7&state=", word, ""), &form), &accepted);
        let xml = around("<sale><id>7</id><state>", word, "</state></sale>");
        expect(&plain, &body(&xml, &format!("text/xml; charset={label}")), &accepted);
        // The adapter's word goes before the header's.
        let declared = russian(&format!("[envelope]\ncharset = {}", label.trim_matches('"').to_owned().quoted()));
        expect(&declared, &body(&as_json(word), "application/json; charset=utf-8"), &accepted);
    }
    let declared = around(
        "<?xml version=\"1.0\" encoding='windows-1251'?>\n<sale><id>7</id><state>",
        WINDOWS_1251,
        "</state></sale>",
    );
    expect(&plain, &body(&declared, "application/xml"), &accepted);
    expect(&plain, &body("{\"id\":7,\"state\":\"принят\"}".as_bytes(), "application/json; charset=utf8mb4"), &accepted);
    let unknown = body(&as_json(WINDOWS_1251), "application/json; charset=cp-one");
    assert_eq!(code(&plain, &unknown), "charset_unknown");
    assert_eq!(code(&plain, &body(&as_json(WINDOWS_1251), "application/json")), "body_not_json");
    let told = refused("name = \"x\"\n[auth]\nkind = \"path\"\n[envelope]\ncharset = \"cp-one\"\n");
    assert!(told.contains("envelope.charset: \"cp-one\" is no charset"), "{told}");
}

trait Quoted {
    fn quoted(self) -> String;
}
impl Quoted for String {
    fn quoted(self) -> String {
        format!("{self:?}")
    }
}

#[test]
fn utf_16_with_a_mark_or_a_label() {
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let json = [wide(r#"{"id":7,"state":""#), UTF_16LE.to_vec(), wide("\"}")].concat();
    let accepted = json!({"key": "7", "status": "confirmed"});
    let marked = [b"\xff\xfe".to_vec(), json.clone()].concat();
    expect(&russian(""), &body(&marked, "application/json"), &accepted);
    expect(&russian(""), &body(&json, "application/json; charset=utf-16le"), &accepted);
    expect(&russian("[envelope]\ncharset = \"utf-16le\""), &body(&json, ""), &accepted);
    let big: Vec<u8> =
        "id=7&state=%D0%BF%D1%80%D0%B8%D0%BD%D1%8F%D1%82".encode_utf16().flat_map(u16::to_be_bytes).collect();
    expect(&russian(""), &body(&[b"\xfe\xff".to_vec(), big].concat(), "application/x-www-form-urlencoded"), &accepted);
    // A secret is not shown because its letters are two bytes wide.
    let secret = "s3cret-of-theirs";
    let call = body(
        &[b"\xff\xfe".to_vec(), wide(&format!("{{\"id\":7,\"token\":\"{secret}\"}}"))].concat(),
        "application/json",
    );
    let shown = russian("").redact(&call, &s(secret)).body;
    let shown = String::from_utf8(shown).unwrap();
    assert!(shown.contains("\"id\":7") && shown.contains("***") && !shown.contains(secret), "{shown}");
}

#[test]
fn a_query_in_another_charset() {
    let accepted = json!({"key": "7", "category": "принят"});
    let koi8 = get(&format!("id=7&state={}", percent(KOI8_R)));
    expect(&russian("[envelope]\ncharset = \"koi8-r\""), &koi8, &accepted);
    expect(&russian("[envelope]\nquery_charset = \"koi8-r\""), &koi8, &accepted);
    let mixed = RawCall { body: "{\"id\":7}".as_bytes().to_vec(), ..get(&format!("state={}", percent(KOI8_R))) };
    expect(&russian("[envelope]\nquery_charset = \"koi8-r\"\ncharset = \"utf-8\""), &mixed, &accepted);
    assert_eq!(code(&russian(""), &koi8), "status_unknown");
    let wide = get("id=7&state=%D0%BF%D1%80%D0%B8%D0%BD%D1%8F%D1%82");
    expect(&russian("[envelope]\ncharset = \"utf-16le\""), &wide, &accepted);
}

/// Two different numbers that both cannot be read must not become one payment.
#[test]
fn identifiers_in_an_undeclared_charset_wait() {
    let call = get(&format!("id={}&state=%D0%BF%D1%80%D0%B8%D0%BD%D1%8F%D1%82", percent(WINDOWS_1251)));
    assert_eq!(code(&russian(""), &call), "charset_wrong");
    let both = russian("[envelope]\ncharset = \"windows-1251\"");
    let call = get(&format!("id={}&state={}", percent(WINDOWS_1251), percent(WINDOWS_1251)));
    expect(&both, &call, &json!({"key": "принят"}));
}

/// Signatures are over the bytes that came, also where they are over values.
#[test]
fn signatures_are_over_the_bytes_that_came() {
    let signed = |auth: &str| {
        adapter(&format!(
            "name = \"signed\"\n[auth]\n{auth}\n[envelope]\ncharset = \"windows-1251\"\n[fields]\ntransaction_id = \"id\"\n\
             [status]\nconstant = \"confirmed\"\n"
        ))
    };
    let over_body = signed("kind = \"hmac\"\nalgorithm = \"sha256\"\nover = \"body\"\nsignature = \"header:x-sign\"");
    let bytes = around("id=7&state=", WINDOWS_1251, "");
    let call =
        with_header(RawCall { body: bytes.clone(), ..post("") }, "x-sign", &hex::encode(hmac_sha256(b"k", &bytes)));
    over_body.authenticate(&call, &s("k"), Timestamp::EPOCH).unwrap();

    let digest = |message: &[u8]| hex::encode(Sha256::digest(message));
    let over_values = signed(
        "kind = \"digest\"\nalgorithm = \"sha256\"\nparts = [\"query:id\", \"query:state\", \"secret\"]\nsignature = \"query:sign\"",
    );
    let call = get(&format!("id=7&state={}&sign={}", percent(WINDOWS_1251), digest(&around("7", WINDOWS_1251, "k"))));
    over_values.authenticate(&call, &s("k"), Timestamp::EPOCH).unwrap();
    let over_pairs = signed(
        "kind = \"digest\"\nalgorithm = \"sha256\"\nparts = [{ pairs = \"{name}={value};\" }, \"secret\"]\nsignature = \"form:sign\"",
    );
    let sign = digest(&around("id=7;state=", WINDOWS_1251, ";k"));
    let call = RawCall { body: around("id=7&state=", WINDOWS_1251, &format!("&sign={sign}")), ..post("") };
    over_pairs.authenticate(&call, &s("k"), Timestamp::EPOCH).unwrap();
    let over_query =
        signed("kind = \"hmac\"\nalgorithm = \"sha256\"\nover = \"sorted_query\"\nsignature = \"header:x-sign\"");
    let query = format!("id=7&state={}", percent(WINDOWS_1251));
    let sign = hex::encode(hmac_sha256(b"k", query.as_bytes()));
    let call = with_header(get(&format!("state={}&id=7", percent(WINDOWS_1251).to_lowercase())), "x-sign", &sign);
    over_query.authenticate(&call, &s("k"), Timestamp::EPOCH).unwrap();
    let shown = over_values.redact(&get("id=1&state=%EF&sign=00ff"), &s("k"));
    assert_eq!(shown.query, "id=1&state=%EF&sign=***");
}

const XML: &str = r#"
name = "xml"
key = ["transaction_id"]
[auth]
kind = "field"
field = "xml:/Envelope/Body/report/@token"
[fields]
transaction_id = "item:/id"
click_ref = "item:/@click"
order_id = "item:/order/number"
order_amount = { mul = ["item:/price", "item:/price/@count"] }
commission = "item:/fee[2]"
currency = "xml:/Envelope/Body/report/currency"
[amounts]
decimal = ","
[status]
field = "item:/state"
[status.map]
a = "confirmed"
r = "declined"
[items]
from = "xml:/Envelope/Body/report/sale"
mode = "reports"
"#;

const SALES: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!-- a SOAP call --><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
<report token="tk-0123456789" xmlns="urn:network"><currency> RUB </currency>
<sale click="c1"><id>1</id><order><number>N&amp;1</number></order><price count="3">10,50</price><fee>0</fee><fee>1,5</fee><state>a</state></sale>
<sale click="{click}"><id><![CDATA[2]]></id><price count="1">5</price><fee>1</fee><fee>0,25</fee><state>r</state></sale>
</report></s:Body></s:Envelope>"#;

#[test]
fn xml_is_read_by_paths() {
    let xml = adapter(XML);
    let call = body(SALES.as_bytes(), "text/xml");
    xml.authenticate(&call, &s("tk-0123456789"), Timestamp::EPOCH).unwrap();
    assert!(xml.authenticate(&call, &s("other"), Timestamp::EPOCH).is_err());
    let all = reports(&xml, &body(SALES.as_bytes(), ""));
    assert_eq!(all.len(), 2, "found by its first character as well");
    let wanted = json!({"key": "1", "click_ref": "c1", "order_id": "N&1", "order_amount": "31.50", "commission": "1.5",
        "currency": "RUB", "status": "confirmed"});
    expect_report("xml", &all[0], &wanted);
    expect_report("xml", &all[1], &json!({"key": "2", "click_ref": null, "commission": "0.25", "status": "declined"}));
    let none = SALES.replace("<sale ", "<other ").replace("</sale>", "</other>");
    assert!(matches!(xml.read(&body(none.as_bytes(), "")), Reading::Ignored { .. }), "an empty list");
    assert_eq!(code(&xml, &body(b"<ping/>", "")), "items_missing");
    let twice = SALES.replace("<id>1</id>", "<id>1</id><id>3</id>");
    assert_eq!(code(&xml, &body(twice.as_bytes(), "")), "field_repeated");

    let lines = adapter(
        "name = \"lines\"\n[auth]\nkind = \"path\"\n[fields]\ntransaction_id = \"id\"\ncommission = \"xml:/order/total/@fee\"\n\
         [status]\nconstant = \"pending\"\n[items]\nfrom = \"xml:/order/lines/line\"\nmode = \"lines\"\n[items.fields]\n\
         sku = \"item:/@sku\"\nname = \"item:\"\n",
    );
    let order = "<order><id>9</id><total fee='2.50'/><lines><line sku='a'>Чай</line><line sku='b'/></lines></order>";
    let report = reports(&lines, &body(order.as_bytes(), "application/vnd.network+xml")).remove(0);
    expect_report("lines", &report, &json!({"key": "9", "commission": "2.50"}));
    let told: Vec<_> = report.items.iter().map(|line| (line.sku.as_deref(), line.name.as_deref())).collect();
    assert_eq!(told, [(Some("a"), Some("Чай")), (Some("b"), None)]);
}

#[test]
fn xml_paths_are_checked() {
    let with = |path: &str| {
        format!(
            "name = \"x\"\n[auth]\nkind = \"path\"\n[fields]\ntransaction_id = \"{path}\"\n[status]\nconstant = \"pending\"\n"
        )
    };
    for good in ["xml:/a", "xml:/a/b[2]/c", "xml:/a/b/@c", "xml-json:/a/b:/c", "xml:/заказ/номер"] {
        adapter(&with(good));
    }
    for bad in
        ["xml:a", "xml:/", "xml:/a//b", "xml:/@a", "xml:/a/@b/c", "xml:/a[0]", "xml:/s:a", "xml:/a/*", "xml:/a/text()"]
    {
        let told = refused(&with(bad));
        assert!(told.contains("fields.transaction_id"), "{bad}: {told}");
    }
    let nested = adapter(&with("xml-json:/a/b:/c"));
    expect(&nested, &body(b"<a><b>{&quot;c&quot;: 12}</b></a>", ""), &json!({"key": "12"}));
    expect(&adapter(&with("xml:/a/b")), &body(b"<a><b>1</b><b>1</b></a>", ""), &json!({"key": "1"}));
}

/// Nothing is expanded, fetched, or nested without end.
#[test]
fn hostile_xml_is_unreadable() {
    let plain = adapter(
        "name = \"x\"\n[auth]\nkind = \"path\"\n[fields]\ntransaction_id = \"xml:/a/b\"\n[status]\nconstant = \"pending\"\n",
    );
    let laughs = "<!DOCTYPE a [<!ENTITY x \"ha\"><!ENTITY y \"&x;&x;&x;\">]><a><b>&y;</b></a>";
    let fetched = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><a><b>&x;</b></a>";
    let deep = format!("{}<b>1</b>{}", "<a>".repeat(10_000), "</a>".repeat(10_000));
    let many = format!("<a>{}<b>1</b></a>", "<c/>".repeat(20_000));
    for hostile in [
        laughs,
        fetched,
        &deep,
        &many,
        "<a><b>1</a>",
        "<a><b>1</b>",
        "<a><b>1</b></a><a/>",
        "<a><b>&nbsp;1</b></a>",
        "<",
    ] {
        assert_eq!(code(&plain, &body(hostile.as_bytes(), "text/xml")), "body_not_xml", "{:.60}", hostile);
    }
    expect(&plain, &body(b"<a><b>&#49;&lt;</b></a>", ""), &json!({"key": "1<"}));
    let zero = body(b"<a><b>1</b><c>\\u0000</c></a>", "");
    assert_eq!(code(&plain, &zero), "nul_character");
}

#[test]
fn xml_is_shown_without_secrets() {
    let (xml, secret) = (adapter(XML), "tk-0123456789");
    let shown =
        |text: &str| String::from_utf8(xml.redact(&body(text.as_bytes(), "text/xml"), &s(secret)).body).unwrap();
    let plain = shown(SALES);
    assert!(plain.contains("token=\"***\"") && plain.contains("<id>1</id>") && !plain.contains(secret), "{plain}");
    // Another value where the secret should be is not shown either; written with a reference, it hides the whole.
    let wrong = shown(&SALES.replace(secret, "guess"));
    assert!(wrong.contains("token=\"***\""), "{wrong}");
    assert_eq!(shown(&SALES.replace(secret, "tk&#45;0123456789")), "***");
    assert_eq!(shown(&SALES.replace("N&amp;1", "tk&#45;0123456789")), "***");
    assert_eq!(shown("<report token='tk&#45;0123456789'>"), "***");
}

/// A multipart body of these parts: headers after the name, and the value.
fn multipart(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (head, value) in parts {
        body.extend_from_slice(b"--bo--und\r\nContent-Disposition: form-data; ");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(value);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--bo--und--\r\n");
    body
}

const KIND: &str = "multipart/form-data; charset=utf-8; boundary=\"bo--und\"";

#[test]
fn multipart_fields_are_read() {
    let plain = russian("");
    let accepted = json!({"key": "7", "status": "confirmed", "category": "принят"});
    let word = "принят".as_bytes();
    let parts = multipart(&[("name=\"id\"", b"7"), ("name=state", word), ("name=\"f\"; filename=\"id\"", b"\x00\xff")]);
    expect(&plain, &body(&parts, KIND), &accepted);
    let before = [b"a preamble\r\n".to_vec(), parts.clone(), b"an epilogue".to_vec()].concat();
    expect(&plain, &body(&before, KIND), &accepted);
    let own =
        multipart(&[("name=\"id\"", b"7"), ("name=\"state\"\r\nContent-Type: text/plain; charset=koi8-r", KOI8_R)]);
    expect(&plain, &body(&own, KIND), &accepted);
    let told =
        multipart(&[("name=\"id\"", b"7"), ("name=\"state\"", WINDOWS_1251), ("name=\"_charset_\"", b"windows-1251")]);
    expect(&plain, &body(&told, KIND), &accepted);
    let lines = multipart(&[("name=\"id\"", b"\r\n--bo\r\n7"), ("name=\"state\"", word), ("name=\"e\"", b"")]);
    expect(&plain, &body(&lines, KIND), &json!({"key": "--bo\r\n7"}));
    let quoted = adapter(
        "name = \"q\"\n[auth]\nkind = \"path\"\n[fields]\ntransaction_id = 'form:a\"b'\n[status]\nconstant = \"pending\"\n",
    );
    expect(&quoted, &body(&multipart(&[("name=\"a%22b\"", b"1")]), KIND), &json!({"key": "1"}));
    expect(&quoted, &body(&multipart(&[("name=\"a\\\"b\"", b"1")]), KIND), &json!({"key": "1"}));
}

#[test]
fn broken_multipart_is_unreadable() {
    let plain = russian("");
    let parts = multipart(&[("name=\"id\"", b"7"), ("name=\"state\"", "принят".as_bytes())]);
    let cut = &parts[..parts.len() - 5];
    let named_twice = multipart(&[("name=\"id\"", b"7"), ("name=\"id\"", b"8")]);
    assert_eq!(code(&plain, &body(&named_twice, KIND)), "status_missing");
    for (broken, kind) in [
        (parts.clone(), "multipart/form-data"),
        (parts.clone(), "multipart/form-data; boundary=other"),
        (cut.to_vec(), KIND),
        (parts.iter().copied().filter(|byte| *byte != b'\r').collect(), KIND),
        (multipart(&[("filenam=\"id\"", b"7")]), KIND),
        (multipart(&[("name=\"id\"\r\nContent-Transfer-Encoding: base64", b"Nw==")]), KIND),
        (multipart(&[("name=\"id\"\r\nContent-Type: text/plain; charset=cp-one", b"7")]), KIND),
        (multipart(&vec![("name=\"x\"", &b"1"[..]); 1001]), KIND),
    ] {
        assert_eq!(
            code(&plain, &body(&broken, kind)),
            "body_not_multipart",
            "{}",
            String::from_utf8_lossy(&broken[..60])
        );
    }
    let token = adapter(
        "name = \"t\"\n[auth]\nkind = \"field\"\nfield = \"form:token\"\n[fields]\ntransaction_id = \"id\"\n[status]\nconstant = \"pending\"\n",
    );
    let call = body(&multipart(&[("name=\"id\"", b"7"), ("name=\"token\"", b"tk-1")]), KIND);
    token.authenticate(&call, &s("tk-1"), Timestamp::EPOCH).unwrap();
    for secrets in [s("tk-1"), s("another")] {
        let shown = String::from_utf8(token.redact(&call, &secrets).body).unwrap();
        assert!(shown.contains("name=\"id\"") && !shown.contains("tk-1"), "{shown}");
    }
    let shown = token.redact(&body(cut, KIND), &[Secret::new("tk-1")]);
    assert_eq!(shown.body, b"***");
}

/// Sends bytes to the market's partner; gives status and answer.
async fn send(market: &Market, path: &str, bytes: Vec<u8>, headers: &[(&str, &str)]) -> (u16, Value) {
    let request = market.server.request(Method::POST, path).body(bytes);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// The bytes that are kept of the latest call.
async fn kept(market: &Market) -> Vec<u8> {
    let rows = market.server.app.db.read(|conn| postback_list(conn, &PostbackFilter::default(), 1)).await.unwrap();
    kopilka::service::kept_call::raw_call(&market.server.app.master, &rows[0]).unwrap().body
}

async fn cashback(market: &Market) -> Value {
    market.read(&market.as_shopper, "/api/v1/balance").await
}

async fn money_follows_xml_in_windows_1251(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let text = r#"
        name = "xml-1251"
        [auth]
        kind = "hmac"
        algorithm = "sha256"
        over = "body"
        signature = "header:x-sign"
        [fields]
        transaction_id = "xml:/заказ/номер"
        click_ref = "xml:/заказ/@click"
        commission = "xml:/заказ/сумма"
        currency = { const = "RUB" }
        [amounts]
        decimal = ","
        [status]
        field = "xml:/заказ/статус"
        [status.map]
        "принят" = "confirmed"
    "#;
    read_network_by(&market, text).await;
    let click = market.click(market.shopper).await.reference();
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"windows-1251\"?><заказ click=\"{click}\"><номер>Я-1</номер><сумма>100,00</сумма><статус>принят</статус></заказ>"
    );
    let bytes = encoding_rs::WINDOWS_1251.encode(&document).0.into_owned();
    let sign = hex::encode(hmac_sha256(SECRET.as_bytes(), &bytes));
    let headers = [("content-type", "text/xml"), ("x-sign", sign.as_str())];
    let (status, told) = send(&market, "/postback/network", bytes.clone(), &headers).await;
    assert_eq!((status, &told["verdict"]), (200, &json!("applied")), "{told}");
    assert_eq!(told["reports"][0]["report"]["key"], "Я-1");
    assert_eq!(kept(&market).await, bytes, "kept as it came");
    assert!(cashback(&market).await.to_string().contains("50.00"), "{}", cashback(&market).await);
    let (status, told) = send(&market, "/postback/network", bytes.clone(), &headers).await;
    assert_eq!((status, &told["verdict"]), (200, &json!("unchanged")), "{told}");
    let as_utf8 = document.replace("windows-1251", "utf-8").into_bytes();
    let (status, _) = send(&market, "/postback/network", as_utf8, &headers).await;
    assert_eq!(status, 401, "the signature is over the bytes");
    let list = market.read(&market.as_viewer, "/api/v1/operator/postbacks").await;
    assert!(list["items"][1]["call"]["body"].as_str().unwrap().contains("<статус>принят</статус>"), "{list}");
}

async fn money_follows_multipart(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    read_network_by(
        &market,
        "name = \"parts\"\nextends = \"affise\"\n[auth]\nkind = \"field\"\nfield = \"form:token\"\n",
    )
    .await;
    let click = market.click(market.shopper).await.reference();
    let bytes = multipart(&[
        ("name=\"tid\"", b"M-1"),
        ("name=\"click\"", click.as_bytes()),
        ("name=\"status\"", b"1"),
        ("name=\"sum\"", b"100.00"),
        ("name=\"cur\"", b"RUB"),
        ("name=\"token\"", SECRET.as_bytes()),
    ]);
    let (status, told) = send(&market, "/postback/network", bytes.clone(), &[("content-type", KIND)]).await;
    assert_eq!((status, &told["verdict"]), (200, &json!("applied")), "{told}");
    assert_eq!(kept(&market).await, bytes);
    assert!(cashback(&market).await.to_string().contains("50.00"), "{}", cashback(&market).await);
    let list = market.read(&market.as_viewer, "/api/v1/operator/postbacks").await.to_string();
    assert!(list.contains("M-1") && !list.contains(SECRET), "{list}");
    let stranger = String::from_utf8(bytes).unwrap().replace(SECRET, "guess").into_bytes();
    assert_eq!(send(&market, "/postback/network", stranger, &[("content-type", KIND)]).await.0, 401);
}

async fn money_follows_a_query_in_koi8_r(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let text = "name = \"koi\"\nextends = \"affise\"\n[envelope]\ncharset = \"koi8-r\"\n[status.map]\n\"принят\" = \"confirmed\"\n";
    read_network_by(&market, text).await;
    let click = market.click(market.shopper).await.reference();
    let query = |word: &[u8]| {
        format!("/postback/network?secret={SECRET}&tid=K-1&click={click}&status={}&sum=100.00&cur=RUB", percent(word))
    };
    let (status, told) = send(&market, &query(WINDOWS_1251), Vec::new(), &[]).await;
    assert_eq!((status, &told["verdict"], &told["reason"]), (200, &json!("held"), &json!("status_unknown")), "{told}");
    let (status, told) = send(&market, &query(KOI8_R), Vec::new(), &[]).await;
    assert_eq!((status, &told["verdict"]), (200, &json!("applied")), "{told}");
    assert!(cashback(&market).await.to_string().contains("50.00"), "{}", cashback(&market).await);
}
