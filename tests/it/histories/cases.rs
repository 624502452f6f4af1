//! Single histories that random ones seldom hit: many calls at once, calls about several orders, limits.

use kopilka::db::balances::balances_find;
use kopilka::db::conversions::{ConversionFilter, conversion_list};
use kopilka::db::ledger::{TransactionFilter, transaction_list};
use kopilka::db::partners::{AdapterRow, adapter_put};
use kopilka::db::revisions::revision_list;
use kopilka::db::{Conn, DbError};
use kopilka::domain::adapter::ReportStatus;
use kopilka::domain::partner::PartnerSettings;
use kopilka::domain::verdict::Verdict;
use kopilka::service::ingest_postback::ingest_postback;

use super::Said;
use super::world::{PARTNERS, World, raw, write};
use crate::on_both;
use crate::support::book::{RUB, rub};
use crate::support::db::TestDb;

on_both![
    one_first_report_sent_at_once_counts_once,
    orders_of_one_shopper_at_once_lose_nothing,
    a_repeated_call_about_several_orders_counts_no_change_twice,
    a_call_is_kept_even_when_its_sum_does_not_fit,
    limits_hold_for_what_changes_add_up_to,
];

/// Waits for all of them; all run at the same time.
async fn join_all<T: Send + 'static>(
    tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let running: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
    let mut out = Vec::new();
    for task in running {
        out.push(task.await.unwrap());
    }
    out
}

fn confirmed(shopper: usize, partner: usize, order: &str, commission: i64) -> Said {
    let status = ReportStatus::Confirmed;
    Said { shopper, partner, order: order.to_owned(), status, commission: Some(commission), hour: Some(5) }
}

async fn one_first_report_sent_at_once_counts_once(db: TestDb) {
    let world = World::new(&db, 1, PartnerSettings::default(), false).await;
    for (partner, slug) in PARTNERS.into_iter().enumerate() {
        let call = world.call(&confirmed(0, partner, "same", 1000));
        let send = || {
            let (app, call) = (world.app.clone(), call.clone());
            async move { ingest_postback(&app, slug, call).await.unwrap().verdict }
        };
        let verdicts = join_all((0..32).map(|_| send())).await;
        assert_eq!(verdicts.iter().filter(|verdict| **verdict == Verdict::Applied).count(), 1, "{verdicts:?}");
        let repeat = if partner == 0 { Verdict::Unchanged } else { Verdict::Superseded };
        assert_eq!(verdicts.iter().filter(|verdict| **verdict == repeat).count(), 31, "{verdicts:?}");
    }
    let shopper = world.shoppers[0];
    let (conversions, revisions, posted) = world
        .app
        .db
        .read(move |conn| {
            let conversions = conversion_list(conn, &ConversionFilter::default(), 10)?;
            let mut revisions = 0;
            for conversion in &conversions {
                revisions += revision_list(conn, conversion.id)?.len();
            }
            let filter = TransactionFilter { shopper_id: Some(shopper), ..TransactionFilter::default() };
            Ok::<_, DbError>((conversions.len(), revisions, transaction_list(conn, &filter, 10)?.len()))
        })
        .await
        .unwrap();
    assert_eq!((conversions, revisions, posted), (2, 2, 2));
    world.clean();
}

async fn orders_of_one_shopper_at_once_lose_nothing(db: TestDb) {
    let world = World::new(&db, 1, PartnerSettings::default(), false).await;
    let send = |order: i64| {
        let call = world.call(&confirmed(0, 1, &format!("order-{order}"), 100 + order));
        let app = world.app.clone();
        async move { ingest_postback(&app, PARTNERS[1], call).await.unwrap().verdict }
    };
    let verdicts = join_all((0..64).map(send)).await;
    assert_eq!(verdicts, vec![Verdict::Applied; 64]);
    let shopper = world.shoppers[0];
    let balances = world.app.db.read(move |conn| balances_find(conn, shopper, RUB)).await.unwrap();
    assert_eq!(balances.available, (0..64).map(|order| (100 + order) / 2).sum::<i64>());
    world.clean();
}

async fn a_repeated_call_about_several_orders_counts_no_change_twice(db: TestDb) {
    let world = World::new(&db, 2, PartnerSettings::default(), false).await;
    let body = "name = \"changes\"
        [auth]
        kind = \"path\"
        [amounts]
        kind = \"delta\"
        [status]
        constant = \"confirmed\"
        [fields]
        currency = { const = \"RUB\" }
        [items]
        from = \"json:/orders\"
        mode = \"reports\"
        [items.fields]
        click_ref = \"item:/click\"
        transaction_id = \"item:/id\"
        commission = \"item:/commission\"";
    let row = AdapterRow { name: PARTNERS[1].to_owned(), body: body.to_owned(), updated_at: world.start };
    write(&world.app, move |conn| adapter_put(conn, &row)).await;
    world.app.reload_catalogue().await.unwrap();
    let click = |shopper: usize| world.clicks[&(shopper, 1)].reference();
    let body = format!(
        r#"{{"orders":[{{"id":"a","click":"{0}","commission":"2.00"}},{{"id":"b","click":"{0}","commission":"4.00"}},
        {{"id":"c","click":"{1}","commission":"8.00"}}]}}"#,
        click(0),
        click(1)
    );
    let call = raw(PARTNERS[1], "POST", String::new(), body.into_bytes());
    let first = ingest_postback(&world.app, PARTNERS[1], call.clone()).await.unwrap();
    assert_eq!((first.verdict, first.reports.len()), (Verdict::Applied, 3), "{first:?}");
    let again = ingest_postback(&world.app, PARTNERS[1], call).await.unwrap();
    assert_eq!(again.verdict, Verdict::Superseded, "{again:?}");
    let shoppers = world.shoppers.clone();
    let available = world
        .app
        .db
        .read(move |conn| {
            let of = |conn: &mut Conn, id| balances_find(conn, id, RUB).map(|balances| balances.available);
            Ok::<_, DbError>([of(conn, shoppers[0])?, of(conn, shoppers[1])?])
        })
        .await
        .unwrap();
    assert_eq!(available, [300, 400]);
    world.clean();
}

async fn a_call_is_kept_even_when_its_sum_does_not_fit(db: TestDb) {
    let world = World::new(&db, 1, PartnerSettings::default(), false).await;
    for (order, commission) in [("a", 9_000_000_000_000_000_000 / 10), ("b", 20_000_000_000_000)] {
        let taken = world.send(&confirmed(0, 1, order, commission)).await;
        assert_eq!((taken.verdict, taken.reason.as_deref()), (Verdict::Held, Some("too_large")));
    }
    world.clean();
}

async fn limits_hold_for_what_changes_add_up_to(db: TestDb) {
    let settings = PartnerSettings { max_commission: vec![rub(1000)], ..PartnerSettings::default() };
    let world = World::new(&db, 1, settings, false).await;
    let outcome = async |said: Said| {
        let taken = world.send(&said).await;
        (taken.verdict, taken.reason)
    };
    let beyond = || (Verdict::Held, Some("beyond_limit".to_owned()));
    assert_eq!(outcome(confirmed(0, 1, "a", 1001)).await, beyond());
    assert_eq!(outcome(confirmed(0, 1, "a", 600)).await.0, Verdict::Applied);
    assert_eq!(outcome(confirmed(0, 1, "a", 401)).await, beyond());
    assert_eq!(outcome(confirmed(0, 1, "a", 400)).await.0, Verdict::Applied);
    // A decline may name any amount; a confirmation after it that names none cannot bring it in.
    let declined = Said { status: ReportStatus::Declined, ..confirmed(0, 0, "b", 5000) };
    assert_eq!(outcome(declined).await.0, Verdict::Applied);
    let silent = Said { commission: None, hour: Some(6), ..confirmed(0, 0, "b", 0) };
    assert_eq!(outcome(silent).await, beyond());
    world.clean();
}
