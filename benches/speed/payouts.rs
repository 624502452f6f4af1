//! Requests of withdrawals: reserved and enqueued before the answer. What is enqueued goes out to the sandbox bank
//! meanwhile, as it does in life.

use std::fmt::Write as _;
use std::process::{Child, Command, Stdio};

use kopilka::base::id::{MethodId, ShopperId};
use kopilka::base::secret::sha256_hex;
use kopilka::db::methods::{MethodRow, method_context, method_insert};
use kopilka::db::schema::shoppers;
use kopilka::db::tokens::{Owner, TokenRow, token_insert};
use kopilka::db::{DbError, Lane};
use kopilka::domain::access::TokenKind;
use kopilka::domain::payout::MethodKind;

use crate::load::{tpcb, tpcb_prepare};
use crate::process::free_address;
use crate::report::{Goal, Row};
use crate::rows::{Measure, Measured, ROUNDS, rates};
use crate::world::{EMPTY, Scale, World, create_database, drop_database, open};

/// The rules, wide enough for a shopper who asks again and again.
const RULES: &str = r#"
[payouts]
limits = [{ kind = "*", currency = "RUB", minimum = "0.01", maximum = "1000000", daily = "1000000", max_open = 1000000 }]
"#;

/// A process that ends with the measurement.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Withdrawals of one kopeck on PostgreSQL, spread over shoppers, beside TPC-B on the same server.
pub fn request(server: &str) -> Measured {
    const NAME: &str = "kopilka_bench_payout_tpcb";
    let url = create_database(server, NAME);
    tpcb_prepare(&url);
    // An order each: what a shopper can withdraw.
    let scale = Scale { orders: EMPTY.shoppers, ..EMPTY };
    let mut world = World::postgres(server, "kopilka_bench_payouts", scale);
    std::fs::write(world.folder.join("kopilka.toml"), RULES).expect("the rules are written");
    let requests = actix_web::rt::System::new().block_on(requests(&world.url));
    world.links = world.folder.join("requests");
    std::fs::write(&world.links, requests).expect("the requests are written");
    let bank = free_address().to_string();
    let keys = [
        ("KOPILKA_SANDBOX_URL", format!("http://{bank}")),
        ("KOPILKA_SANDBOX_KEY", "sandbox-key".to_owned()),
        ("KOPILKA_SANDBOX_WEBHOOK_SECRET", "sandbox-webhook".to_owned()),
        ("KOPILKA_LIMITS_PAYOUTS_PER_HOUR", "1000000".to_owned()),
    ];
    let keys: Vec<(&str, &str)> = keys.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kopilka"));
    command.args(["sandbox", "--listen", &bank]).current_dir(&world.folder).envs(keys.iter().copied());
    let _bank = Ends(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the bank starts"));
    // Before anything is requested: what was asked for is sent on for longer than a round.
    let of_reference: Vec<f64> = (0..ROUNDS).map(|_| tpcb(&url)).collect();
    let mut measure = Measure::requests(world, &keys);
    (0..ROUNDS).for_each(|round| measure.run(round));
    let reference = ("pgbench TPC-B", &of_reference[..]);
    let row = Row::beside("payout_request", "/s", &rates(&measure.samples), reference, Goal::RatioAtLeast(1.0));
    let notes = measure.notes("payout_request");
    drop_database(server, NAME);
    (vec![row], notes)
}

/// Gives each shopper a token and a card; a line each: token, card.
pub async fn requests(url: &str) -> String {
    let app = open(url).await;
    let now = app.clock.now();
    let ids: Vec<ShopperId> = app
        .db
        .read(|conn| {
            let all = diesel::QueryDsl::select(shoppers::table, shoppers::id);
            diesel::RunQueryDsl::load(all, conn).map_err(DbError::from)
        })
        .await
        .expect("the shoppers");
    let (mut lines, mut rows) = (String::new(), Vec::new());
    for (number, shopper) in ids.into_iter().enumerate() {
        let (token, card) = (format!("kp_bench_{number}"), MethodId::new());
        writeln!(lines, "{token} {card}").expect("a text takes text");
        let digest = sha256_hex(token.as_bytes());
        let token = TokenRow::new(digest, TokenKind::Api, Owner::Shopper(shopper), "bench".to_owned(), now);
        let method = MethodRow {
            id: card,
            shopper_id: shopper,
            provider: "sandbox".to_owned(),
            kind: MethodKind::Card,
            masked: "•••• 0000".to_owned(),
            sealed: app.master.seal(&method_context(card), "tok_0").expect("a token is sealed"),
            created_at: now,
            usable_from: now,
            removed_at: None,
        };
        rows.push((token, method));
    }
    let written = app.db.write(Lane::House, move |conn| {
        rows.iter().try_for_each(|(token, method)| {
            token_insert(conn, token)?;
            method_insert(conn, method)
        })
    });
    written.await.map_err(|error: DbError| error).expect("tokens and cards");
    lines
}
