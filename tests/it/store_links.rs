//! Links of stores that do not carry the click where the partner's reports bring it back from: a warning, no error.

use kopilka::domain::adapter::Adapter;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::on_both;
use crate::support::adapters::adapter;
use crate::support::app::TestApp;
use crate::support::db::TestDb;
use crate::support::market::Market;
use crate::try_bench::kopilka;

on_both![an_import_warns_of_links_and_takes_them, the_api_tells_of_each_store];

fn of_preset(name: &str) -> Adapter {
    Adapter::of_preset(name).unwrap().unwrap()
}

#[test]
fn links_are_judged_by_the_partners_parameter() {
    let admitad = of_preset("admitad");
    for right in [
        "https://ad.admitad.com/g/0123/?subid4={click}",
        "https://ad.admitad.com/g/0123/?ulp=https%3A%2F%2Fshop.example%2F%3Fa%3D1&subid4=site_{click}",
        "https://go.example/r?to=https%3A%2F%2Fad.admitad.com%2Fg%2F0123%2F%3Fsubid4%3D{click}",
        "https://go.example/r?to=https%3A%2F%2Fwrap.example%2F%3Fu%3Dhttps%253A%252F%252Fad.admitad.com%252F%253Fsubid4%253D{click}",
    ] {
        assert_eq!(admitad.outbound().misplaced_click(right), None, "{right}");
    }
    for (wrong, told) in [
        ("https://ad.admitad.com/g/0123/?subid={click}", "carries {click} in subid, not in subid4"),
        ("https://ad.admitad.com/g/0123/?subid4=x&subid1={click}", "in subid1, not"),
        ("https://ad.admitad.com/g/{click}/?subid4=x", "in its path, not"),
        ("https://ad.admitad.com/g/0123/?SUBID4={click}", "in SUBID4, not"),
        ("https://ad.admitad.com/g/0123/#subid={click}", "in subid, not"),
    ] {
        let problem = admitad.outbound().misplaced_click(wrong).unwrap_or_else(|| panic!("{wrong}"));
        assert!(problem.contains(told), "{problem}");
    }
    // ActionPay's click is a segment of the path that has no name: nothing to compare.
    assert_eq!(of_preset("actionpay").outbound().misplaced_click("https://a.example/?x={click}"), None);
    let colons = adapter(
        "name = \"colons\"\n[auth]\nkind = \"path\"\n[fields]\nclick_ref = \"pubref\"\n[status]\nconstant = \"pending\"\n\
         [outbound]\nclick_param = [\"pubref\", \"ref\"]\n",
    );
    let outbound = colons.outbound();
    assert_eq!(outbound.misplaced_click("https://p.example/click/camref:x/pubref:{click}/destination:y"), None);
    assert_eq!(outbound.misplaced_click("https://p.example/click?ref={click}"), None);
    let told = outbound.misplaced_click("https://p.example/click/camref:{click}/pubref:x").unwrap();
    assert_eq!(told, "carries {click} in camref, not in pubref or ref");
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

async fn an_import_warns_of_links_and_takes_them(db: TestDb) {
    let folder = TempDir::new().unwrap();
    let run = |arguments: &[&str]| kopilka(folder.path(), &db.url, arguments);
    assert!(run(&["partner", "add", "network", "--adapter", "admitad"]).status.success());
    assert!(run(&["partner", "add", "open", "--adapter", "actionpay"]).status.success());
    let rows = [
        "slug,partner,name,home_url,domains,landing_url,deep_link_url,rate",
        "good,network,Good,https://a.example/,a.example,https://n.example/?subid4={click},,5%",
        "sub,network,Sub,https://b.example/,b.example,https://n.example/?sub1={click},https://n.example/?subid4={click}&ulp={deep_link},5%",
        "deep,network,Deep,https://c.example/,c.example,https://n.example/{click}/,https://n.example/?s={click}&ulp={deep_link},5%",
        "any,open,Any,https://d.example/,d.example,https://n.example/?x={click},,5%",
        "wrong,network,Wrong,https://e.example/,e.example,https://n.example/?sub1={click},,lots",
    ];
    std::fs::write(folder.path().join("stores.csv"), rows.join("\n")).unwrap();
    let import = |arguments: &[&str]| {
        let done = run(&[&["store", "import", "stores.csv", "--json"], arguments].concat());
        serde_json::from_slice::<Value>(&done.stdout).unwrap_or_else(|_| panic!("{}", text(&done.stderr)))
    };
    let tried = import(&["--dry-run"]);
    let done = import(&[]);
    assert_eq!(tried, done);
    assert_eq!((&done["added"], done["bad"].as_array().unwrap().len()), (&json!(4), 1), "{done}");
    let warnings: Vec<(i64, &str, &str)> = done["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["line"].as_i64().unwrap(), one["slug"].as_str().unwrap(), one["problem"].as_str().unwrap()))
        .collect();
    let begin = [
        (3, "sub", "landing_url carries {click} in sub1, not in subid4: the adapter admitad"),
        (4, "deep", "landing_url carries {click} in its path, not"),
        (4, "deep", "deep_link_url carries {click} in s, not"),
    ];
    assert_eq!(warnings.len(), begin.len(), "{warnings:?}");
    for ((line, slug, problem), wanted) in warnings.iter().zip(begin) {
        assert!((*line, *slug) == (wanted.0, wanted.1) && problem.starts_with(wanted.2), "{line} {slug} {problem}");
    }

    let only_good: Vec<&str> = rows[..4].to_vec();
    std::fs::write(folder.path().join("stores.csv"), only_good.join("\n")).unwrap();
    let told = run(&["store", "import", "stores.csv"]);
    assert_eq!(told.status.code(), Some(0), "a warning is no error: {}", text(&told.stderr));
    let out = text(&told.stdout);
    assert!(
        out.contains("stores.csv:3: \"sub\": warning: landing_url carries") && out.contains(", 3 warnings"),
        "{out}"
    );

    let doctor = run(&["doctor", "--json"]);
    let findings: Value = serde_json::from_slice(&doctor.stdout).unwrap();
    let links = findings.as_array().unwrap().iter().find(|one| one["check"] == "store links").unwrap();
    assert_eq!(links["grade"], "warning");
    let found = links["found"].as_str().unwrap();
    assert!(
        found.starts_with("2 stores to look at: deep, sub; ") || found.starts_with("2 stores to look at: sub, deep; "),
        "{found}"
    );
}

async fn the_api_tells_of_each_store(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let store = |slug: &str, landing: &str| {
        json!({ "slug": slug, "partner": "network", "name": "A Store", "home_url": "https://a.example/",
            "domains": ["a.example"], "landing_url": landing })
    };
    let path = "/api/v1/operator/stores";
    let made = market.send(&market.as_admin, path, &store("right", "https://n.example/?sub1={click}"), 201).await;
    assert_eq!(made["warnings"], json!([]));
    let made = market.send(&market.as_admin, path, &store("wrong", "https://n.example/?sub2={click}"), 201).await;
    let told = made["warnings"][0].as_str().unwrap();
    assert!(told.starts_with("landing_url carries {click} in sub2, not in sub1: the adapter affise"), "{told}");
    let list = market.read(&market.as_viewer, path).await;
    let doubtful: Vec<&str> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["warnings"] != json!([]))
        .map(|one| one["slug"].as_str().unwrap())
        .collect();
    assert_eq!(doubtful, ["wrong"]);
    let change = json!({ "landing_url": "https://n.example/?sub1={click}" });
    let request = market.server.request(reqwest::Method::PATCH, &format!("{path}/wrong"));
    let answer = request.bearer_auth(&market.as_admin.0).json(&change).send().await.unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap()["warnings"], json!([]));
}
