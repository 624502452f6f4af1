//! The pages for destinations: what the configured provider can pay, and nothing else.

use kopilka::simulator::Simulated;

use crate::on_both;
use crate::site_money::browser;
use crate::support::db::TestDb;
use crate::withdrawals::world::World;

on_both![destinations_that_are_typed];

async fn destinations_that_are_typed(db: TestDb) {
    let world = World::start_at(&db, false, Simulated::Yookassa, |_config| {}).await;
    let anna = world.shopper(0).await;
    for (language, sbp, wrong) in [("en", "Phone number (SBP)", "+7 and ten digits"), ("ru", "СБП", "+7 и десять цифр")]
    {
        let browser = browser(&world, anna, language).await;
        let page = browser.page("/methods").await;
        page.has(sbp).has("/methods/new/sbp").has("/methods/new/yoomoney").has("/methods/new/card").lacks("⟦");
        page.lacks("/methods/new/paypal").lacks("/methods/new/iban").lacks("data-tokens=");
        for kind in ["paypal", "iban", "account", "wallet", "cash"] {
            assert_eq!(browser.get(&format!("/methods/new/{kind}")).await.status, 404, "{kind}");
        }
        // The banks come from the provider.
        browser.page("/methods/new/sbp").await.has("Сбербанк").has("100000000111").lacks("⟦");
        let fields = [("phone", "12345"), ("bank_id", "100000000111")];
        let shown = browser.send("/methods/new/sbp", &fields).await;
        assert_eq!(shown.status, 422);
        shown.has(wrong).has("value=\"12345\"").lacks("⟦");
    }
    let browser = browser(&world, anna, "en").await;
    let done = browser.send("/methods/new/sbp", &[("phone", "+7 900 000-00-00"), ("bank_id", "100000000111")]).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/methods"));
    browser.page("/methods").await.has("+7 ••• ••• 0000").lacks("79000000000");
    // The widget's script may run on its own page and on no other.
    let card = browser.page("/methods/new/card").await;
    let policy = card.headers["content-security-policy"].to_str().unwrap().to_owned();
    let script = card.between("<script src=\"", "\"");
    let origin = script.split_once("/payouts-data/").unwrap().0;
    for part in ["script-src", "connect-src"] {
        assert!(policy.contains(&format!("{part} 'self' {origin}")), "{policy}");
    }
    assert!(policy.contains(&format!("frame-src {origin}")), "{policy}");
    for path in ["/methods", "/methods/new/sbp"] {
        let policy = browser.page(path).await.headers["content-security-policy"].to_str().unwrap().to_owned();
        assert!(!policy.contains(origin) && !policy.contains("frame-src"), "{path}: {policy}");
    }
    world.close().await;
}
