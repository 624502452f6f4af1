//! Accounts for tests, put straight into the database: hashing a password for each would take most of a test's time.

use kopilka::base::id::{
    AdjustmentId, CaseId, HookId, HookMessageId, MethodId, OperatorId, PartnerId, PayoutId, PersonId, ShopperId,
    StatementId, TokenId, TransactionId,
};
use kopilka::base::secret::{Secret, sha256_hex};
use kopilka::db::adjustments::{AdjustmentRow, adjustment_insert};
use kopilka::db::insert::insert_together;
use kopilka::db::methods::{MethodRow, method_insert};
use kopilka::db::operators::{OperatorRow, operator_insert};
use kopilka::db::partners::{PartnerRow, partner_insert};
use kopilka::db::payouts::{PayoutRow, payout_rows};
use kopilka::db::people::{PersonRow, person_insert};
use kopilka::db::reconciliation::{CaseRow, StatementKind, case_insert};
use kopilka::db::shoppers::{ShopperRow, shopper_insert};
use kopilka::db::tokens::{Owner, TokenRow, token_insert};
use kopilka::db::{DbError, Lane};
use kopilka::domain::access::{AccountStatus, Actor, Role, TokenKind};
use kopilka::domain::adjustment::AdjustmentState;
use kopilka::domain::hook::EventKind;
use kopilka::domain::ledger::{Account, Bucket, TransactionKind, Transfer};
use kopilka::domain::money::{Amount, Currency};
use kopilka::domain::partner::Status;
use kopilka::domain::payout::{MethodKind, PayoutState};
use kopilka::domain::reason::Language;
use kopilka::domain::reconcile::Class;
use kopilka::service::App;
use kopilka::service::ServiceError;
use kopilka::service::accounts::operator_add;
use kopilka::service::hooks::{NewHook, hook_add, hook_test};
use kopilka::service::partners::{NewPartner, partner_add};
use kopilka::service::post::{post, transaction};
use kopilka::service::reconcile::{NewStatement, mapping_of, statement_put};
use kopilka::service::stores::{NewStore, store_add, terms_add};
use serde_json::json;

/// A hash that no password gives, and that costs little to compare with.
pub const NOBODYS: &str =
    "$argon2id$v=19$m=8,t=1,p=1$bm9ib2R5LXNhbHQtMDAwMA$bm9ib2R5IGhhcyBhIHBhc3N3b3JkIGxpa2UgdGhpcyE";

/// A shopper with a confirmed address who cannot sign in with a password; use [`token`].
pub async fn shopper(app: &App) -> ShopperId {
    let (id, now) = (ShopperId::new(), app.clock.now());
    let row = ShopperRow {
        id,
        public_id: id.reference(),
        email: format!("{}@example.com", id.reference()),
        password_hash: NOBODYS.to_owned(),
        status: AccountStatus::Active,
        language: Language::En,
        email_confirmed_at: Some(now),
        created_at: now,
    };
    app.db.write(Lane::House, move |conn| shopper_insert(conn, &row)).await.unwrap();
    id
}

/// An operator with a password; gives the address.
pub async fn operator_with_password(app: &App, role: Role, password: &str) -> String {
    let email = format!("{role}-{}@example.com", OperatorId::new().reference());
    let password = Secret::new(password);
    operator_add(app, &Actor::Console, &email, role.as_str(), role, &password).await.unwrap();
    email
}

/// An operator who cannot sign in with a password; use [`token`].
pub async fn operator(app: &App, role: Role) -> OperatorId {
    let id = OperatorId::new();
    let row = OperatorRow {
        id,
        email: format!("{}@example.com", id.reference()),
        name: format!("a {role}"),
        password_hash: NOBODYS.to_owned(),
        role,
        status: AccountStatus::Active,
        created_at: app.clock.now(),
        letters: None,
    };
    app.db.write(Lane::House, move |conn| operator_insert(conn, &row)).await.unwrap();
    id
}

/// Somebody who acts for a partner and cannot sign in with a password; use [`token`].
pub async fn person(app: &App, partner: PartnerId) -> PersonId {
    let id = PersonId::new();
    let row = PersonRow {
        id,
        partner_id: Some(partner),
        email: format!("{}@example.com", id.reference()),
        name: "Pia".to_owned(),
        password_hash: NOBODYS.to_owned(),
        status: AccountStatus::Active,
        language: Language::En,
        email_confirmed_at: Some(app.clock.now()),
        created_at: app.clock.now(),
    };
    app.db.write(Lane::House, move |conn| person_insert(conn, &row)).await.unwrap();
    id
}

/// The session of somebody who acts for a partner.
pub async fn person_session(app: &App, partner: PartnerId) -> String {
    let id = person(app, partner).await;
    token(app, Owner::Person(id), TokenKind::Session).await.0
}

/// A partner that any preset could read.
pub async fn partner(app: &App) -> PartnerId {
    let id = PartnerId::new();
    let row = PartnerRow {
        id,
        slug: id.reference(),
        name: "Partner".to_owned(),
        adapter: "admitad".to_owned(),
        settings: "{}".to_owned(),
        status: Status::Active,
        created_at: app.clock.now(),
    };
    app.db.write(Lane::House, move |conn| partner_insert(conn, &row)).await.unwrap();
    id
}

/// A fresh token of an owner, and its id.
pub async fn token(app: &App, owner: Owner, kind: TokenKind) -> (String, TokenId) {
    let token = Secret::random(32).unwrap().expose().to_owned();
    let row = TokenRow::new(sha256_hex(token.as_bytes()), kind, owner, "test".to_owned(), app.clock.now());
    let id = row.id;
    app.db.write(Lane::House, move |conn| token_insert(conn, &row)).await.map_err(|error: DbError| error).unwrap();
    (token, id)
}

/// A store of this slug with terms, and a partner of its own.
pub async fn store(app: &App, slug: &str) {
    let partner = NewPartner {
        slug: format!("of-{slug}"),
        name: slug.to_owned(),
        adapter: "admitad".to_owned(),
        settings: serde_json::from_value(json!({ "currency": "RUB" })).unwrap(),
        secret: None,
    };
    partner_add(app, &Actor::Console, partner).await.unwrap();
    let store = NewStore {
        slug: slug.to_owned(),
        partner: format!("of-{slug}"),
        name: slug.to_owned(),
        home_url: format!("https://{slug}.example/"),
        domains: vec![format!("{slug}.example")],
        landing_url: "https://network.example/?subid={click}".to_owned(),
        ..NewStore::default()
    };
    store_add(app, &Actor::Console, store).await.unwrap();
    let terms = serde_json::from_value(json!({ "rate": { "percent_of_order": "5" } })).unwrap();
    terms_add(app, &Actor::Console, slug, &terms, None).await.unwrap();
}

/// A payout that waits for an operator, with its reserve, and the method it goes to.
pub async fn payout(app: &App, shopper: ShopperId) -> (PayoutId, MethodId) {
    let (id, method, now) = (PayoutId::new(), MethodId::new(), app.clock.now());
    let (provider, masked) = ("sandbox".to_owned(), "0004".to_owned());
    let method_row = MethodRow {
        id: method,
        shopper_id: shopper,
        provider: provider.clone(),
        kind: MethodKind::Card,
        masked: masked.clone(),
        sealed: "none".to_owned(),
        created_at: now,
        usable_from: now,
        removed_at: None,
    };
    let row = PayoutRow {
        id,
        shopper_id: shopper,
        method_id: method,
        provider,
        kind: MethodKind::Card,
        masked,
        currency: Currency::RUB,
        amount: 1_000,
        fee: 0,
        state: PayoutState::Review,
        reason: None,
        idempotency_key: "only".to_owned(),
        request_hash: "none".to_owned(),
        provider_key: id.reference(),
        key_expires_at: None,
        uncertain: false,
        provider_ref: None,
        sends: 0,
        polls: 0,
        attention: None,
        revision: 0,
        requested_at: now,
        updated_at: now,
    };
    let kind = TransactionKind::PayoutReserved;
    let mut entry = transaction(TransactionId::new(), now, kind, format!("payout/{id}/0"));
    (entry.shopper_id, entry.payout_id) = (Some(shopper), Some(id));
    let to = Account::Shopper(shopper, Bucket::InPayout);
    let reserve: Vec<Transfer> =
        Transfer::new(Account::Margin, to, Amount::new(1_000, Currency::RUB)).into_iter().collect();
    let write = move |conn: &mut kopilka::db::Conn| {
        method_insert(conn, &method_row)?;
        insert_together(conn, &[payout_rows(std::slice::from_ref(&row))])?;
        post(conn, &entry, &reserve)?;
        Ok::<_, ServiceError>(())
    };
    app.db.write(Lane::Shopper(shopper), write).await.unwrap();
    (id, method)
}

/// A correction of this shopper's balance that waits for a second operator.
pub async fn adjustment(app: &App, shopper: ShopperId) -> AdjustmentId {
    let now = app.clock.now();
    let row = AdjustmentRow {
        id: AdjustmentId::new(),
        key: "waiting".to_owned(),
        shopper_id: shopper,
        amount: 1_00,
        currency: Currency::RUB,
        fund: "house/margin".to_owned(),
        reason: "test".to_owned(),
        state: AdjustmentState::Open,
        asked_by: "console".to_owned(),
        asked_at: now,
        expires_at: now.plus_days(7),
        decided_by: None,
        decided_at: None,
        answer: None,
        transaction_id: None,
    };
    let id = row.id;
    app.db.write(Lane::House, move |conn| adjustment_insert(conn, &row)).await.unwrap();
    id
}

/// An endpoint of a partner's webhooks, with a message.
pub async fn hook(app: &App, partner: PartnerId) -> (HookId, HookMessageId) {
    let wanted = NewHook {
        name: Some("n".to_owned()),
        url: Some("https://shop.example/hook".to_owned()),
        events: Some(vec![EventKind::ClaimMade]),
        on: None,
    };
    let actor = Actor::Partner(partner);
    let id = hook_add(app, &actor, wanted).await.unwrap().row.id;
    (id, hook_test(app, &actor, id).await.unwrap().id)
}

/// A difference about a payout, and a statement that was brought in.
pub async fn case(app: &App, payout: PayoutId) -> (CaseId, StatementId) {
    let now = app.clock.now();
    let row = CaseRow {
        id: CaseId::new(),
        rail: "sandbox".to_owned(),
        key: "fee/x".to_owned(),
        class: Class::Fee,
        payout_id: Some(payout),
        partner_id: None,
        reference: None,
        ours: None,
        ours_currency: None,
        theirs: None,
        theirs_currency: None,
        said: None,
        found_in: "list".to_owned(),
        happened_at: now,
        opened_at: now,
        seen_at: now,
        closed_at: None,
        closed_by: None,
        reason: None,
    };
    let id = row.id;
    app.db.write(Lane::House, move |conn| case_insert(conn, &row)).await.unwrap();
    let new = NewStatement {
        kind: StatementKind::Bank,
        rail: "main".to_owned(),
        mapping: mapping_of("bank").unwrap(),
        body: "reference,amount,currency,date,purpose,payer\nr1,1.00,RUB,2026-01-01,bill,somebody\n".to_owned(),
    };
    (id, statement_put(app, &Actor::Console, new).await.unwrap())
}
