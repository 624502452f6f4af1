//! Another master key in the place of the one before: what was sealed stays readable, is sealed again, and the old key can go.

use std::sync::Arc;

use kopilka::base::Secret;
use kopilka::base::secret::MasterKey;
use kopilka::config::Config;
use kopilka::db::methods::{method_context, method_find};
use kopilka::db::reseal::{SealedKind, sealed_list};
use kopilka::db::{Db, DbOptions, Lane};
use kopilka::domain::access::{Actor, Role};
use kopilka::domain::payout::typed::Typed;
use kopilka::domain::payout::{MethodKind, ReviewRule};
use kopilka::service::extension::list_keys;
use kopilka::service::payouts::look::payout_with_events;
use kopilka::service::payouts::method_add::{NewMethod, method_add};
use kopilka::service::payouts::request_payout::request_payout;
use kopilka::service::reseal::reseal;
use kopilka::service::{App, ServiceError};
use tempfile::TempDir;

use crate::on_both;
use crate::support::accounts;
use crate::support::db::TestDb;
use crate::support::guard::{Guard, pays_out};
use crate::support::site::PASSWORD;

on_both![all_is_sealed_again_with_the_new_key];

const NEW: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// What the tests' servers seal with.
const OLD: &str = crate::support::app::MASTER_KEY;

async fn app(db: &TestDb, master: MasterKey, guard: &Guard) -> Result<App, ServiceError> {
    let options = DbOptions { url: db.url.clone(), readers: 2, exclusive: false, ..Default::default() };
    let mut config = Config::default();
    pays_out(&mut config);
    config.mail.outbox = guard.site.server.app.config.mail.outbox.clone();
    config.payouts.review.shared_destination = true;
    App::start(Db::open(&options).unwrap(), guard.site.clock.clone(), Arc::new(config), master).await
}

fn wallet(token: &str) -> NewMethod {
    let (token, masked) = (Secret::new(token), "•••• 0042".to_owned());
    NewMethod { provider: "sandbox".to_owned(), kind: MethodKind::Wallet, token, masked, typed: Typed::default() }
}

async fn all_is_sealed_again_with_the_new_key(db: TestDb) {
    let guard = Guard::start(&db, |_config| {}).await;
    let (anna, boris) =
        (guard.shopper("anna@example.com", 1_000).await, guard.shopper("boris@example.com", 1_000).await);
    let method = guard.method(anna, "wallet 77").await;
    accounts::store(&guard.site.server.app, "books").await;
    let session = guard.site.session("anna@example.com").await;
    let browser = crate::support::browser::Browser::signed_in(&guard.site.server, "en", &session);
    let factor = crate::second_factor::turn_on(&guard.site, browser, PASSWORD).await;
    let past =
        kopilka::service::payouts::destination_letter::past_address(&guard.site.server.app, anna, "old@example.com");
    let past = past.unwrap();
    let write = move |conn: &mut kopilka::db::Conn| kopilka::db::protection::past_address_insert(conn, &past);
    guard.site.server.app.db.write(Lane::House, write).await.unwrap();
    let keys = list_keys(&guard.site.server.app).await.unwrap().key.public();
    // A letter that still waits.
    guard.method(anna, "wallet 78").await;
    accounts::hook(&guard.site.server.app, accounts::partner(&guard.site.server.app).await).await;

    let [old, new] = [OLD, NEW].map(|text| MasterKey::from_hex(text).unwrap());
    let alone = app(&db, new.clone(), &guard).await;
    assert!(alone.is_err(), "the new key by itself opens nothing yet");
    let both = app(&db, new.clone().beside(vec![old.clone()]), &guard).await.unwrap();
    let support = Actor::Operator(kopilka::base::id::OperatorId::new(), Role::Support);
    assert!(matches!(reseal(&both, &support).await, Err(ServiceError::Forbidden)));
    let done = reseal(&both, &Actor::Console).await.unwrap();
    let count = |kind: SealedKind| done.iter().find(|one| one.kind == kind).unwrap().count;
    let ones = [SealedKind::PartnerSecrets, SealedKind::SigningKeys, SealedKind::Factors, SealedKind::PastAddresses];
    for kind in ones.into_iter().chain([SealedKind::ListKeys, SealedKind::Hooks]) {
        assert_eq!(count(kind), 1, "{kind}");
    }
    assert_eq!(count(SealedKind::Methods), 2);
    assert!(count(SealedKind::Jobs) > 0);
    let again = reseal(&both, &Actor::Console).await.unwrap();
    assert!(again.iter().all(|one| one.count == 0), "{again:?}");
    drop(both);

    let alone = app(&db, new.clone(), &guard).await.unwrap();
    for kind in SealedKind::ALL.iter().copied() {
        let id = new.id().to_owned();
        let left = alone.db.read(move |conn| sealed_list(conn, kind, &id, 10)).await.unwrap();
        assert!(left.is_empty(), "{kind}: {left:?}");
    }
    let row = alone.db.read(move |conn| method_find(conn, method)).await.unwrap().unwrap();
    assert_eq!(new.open(&method_context(method), &row.sealed).unwrap().expose(), "wallet 77");
    assert!(old.open(&method_context(method), &row.sealed).is_err());
    // Letters go out, and the same destination is known again.
    kopilka::job::drain(&alone).await.unwrap();
    let same = method_add(&alone, boris, wallet("WALLET77")).await.unwrap().id;
    let made = request_payout(&alone, Guard::wanted(boris, same, 1_000, "a")).await.unwrap().row;
    let held = payout_with_events(&alone, made.id, None).await.unwrap().reviews;
    assert_eq!(held.iter().map(|review| review.rule).collect::<Vec<_>>(), [ReviewRule::SharedDestination]);
    drop(factor);
    // Browsers know the list's key: it has to be the same.
    assert_eq!(list_keys(&alone).await.unwrap().key.public(), keys);
}

#[test]
fn whatever_is_sealed_can_be_sealed_again() {
    let mut tables = Vec::new();
    let mut table = String::new();
    for file in crate::tidy::rust_under("src/db/") {
        for line in file.text.lines().map(str::trim) {
            if line.contains(" (") && line.ends_with(") {") && !line.contains("fn ") {
                table = line.split(' ').next().unwrap_or_default().to_owned();
            }
            if line.starts_with("sealed ->") || line.starts_with("old_sealed ->") {
                tables.push(table.clone());
            }
        }
    }
    tables.dedup();
    assert!(tables.len() >= 8, "{tables:?}");
    let known: Vec<&str> = SealedKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let forgotten: Vec<_> = tables.iter().filter(|table| !known.contains(&table.as_str())).collect();
    assert!(forgotten.is_empty(), "sealed, and left out when the master key changes: {forgotten:?}");
}

#[test]
fn a_key_file_is_replaced_without_losing_the_old_one() {
    let folder = TempDir::new().unwrap();
    let mut config = Config::default();
    config.secrets.master_key_file = Some(folder.path().join("kopilka.key"));
    assert!(config.replace_master_key().is_err(), "there is none yet");
    let (first, _) = config.master_key(true).unwrap();
    let sealed = first.seal("here", "words").unwrap();
    let mut ids = vec![first.id().to_owned()];
    for _ in 0..2 {
        ids.push(config.replace_master_key().unwrap());
        let (now, _) = config.master_key(false).unwrap();
        assert_eq!(now.id(), ids.last().unwrap());
        assert_eq!(now.open("here", &sealed).unwrap().expose(), "words");
        assert!(now.open("there", &sealed).is_err());
        assert!(now.has_fingerprint("a", "b", &first.fingerprint("a", "b")));
        assert!(!now.has_fingerprint("a", "c", &first.fingerprint("a", "b")));
    }
    ids.dedup();
    assert_eq!(ids.len(), 3);
    #[cfg(unix)]
    for path in [config.master_key_path(), config.replaced_key_path()] {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
    std::fs::remove_file(config.replaced_key_path()).unwrap();
    assert!(config.master_key(false).unwrap().0.open("here", &sealed).is_err());
}
