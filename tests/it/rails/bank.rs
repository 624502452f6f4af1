//! A bank that takes files: what is approved leaves once, in a file that stays the same, and what the bank says becomes of it.

use kopilka::base::Secret;
use kopilka::base::id::{CaseId, OperatorId, PayoutFileId, PayoutId, ShopperId};
use kopilka::config::{Config, Payouts};
use kopilka::db::Lane;
use kopilka::db::reconciliation::{CaseRow, case_insert};
use kopilka::db::tokens::Owner;
use kopilka::domain::access::{Actor, Role, TokenKind};
use kopilka::domain::payout::bank_file::Form;
use kopilka::domain::payout::bank_file::{Answer, Ended, read};
use kopilka::domain::payout::typed::Typed;
use kopilka::domain::payout::{MethodKind, PayoutState, PersonWhy};
use kopilka::domain::reconcile::Class;
use kopilka::service::ServiceError;
use kopilka::service::payouts::cancel_payout::cancel_payout;
use kopilka::service::payouts::file_export::{file_export, file_text};
use kopilka::service::payouts::file_import::{Imported, file_import};
use kopilka::service::payouts::freeze::freeze_own;
use kopilka::service::payouts::method_add::{NewMethod, method_add};
use kopilka::service::reconcile::case_close;
use reqwest::Method;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::accounts;
use crate::support::browser::Browser;
use crate::support::db::TestDb;
use crate::withdrawals::repairs::finance;
use crate::withdrawals::world::{World, code};

on_both![
    what_is_approved_leaves_once,
    what_the_bank_says_ends_each_once,
    what_is_in_doubt_changes_nothing,
    a_refused_file_gives_back_what_it_held,
    nothing_leaves_while_it_may_not,
    two_exports_at_once_make_one_order_each,
    operators_work_with_files_on_a_page,
    programs_work_with_files_too,
];

const IBAN: &str = "DE89370400440532013000";

fn bank(config: &mut Config) {
    let text = r#"[[providers]]
        kind = "bank_file"
        kinds = ["iban"]
        currencies = ["RUB"]
        debtor = "Cashback & Co"
        account = "DE75512108001245126199"
        bank = "SOGEDEFF""#;
    config.payouts.providers = toml::from_str::<Payouts>(text).unwrap().providers;
    config.payouts.cool_off_hours = 0;
}

async fn requested(world: &World, key: &str) -> (ShopperId, PayoutId) {
    let shopper = world.shopper(10_000).await;
    let typed = Typed { iban: IBAN.to_owned(), name: "Anna O'Neill".to_owned(), ..Typed::default() };
    let (provider, masked) = (String::new(), String::new());
    let new = NewMethod { provider, kind: MethodKind::Iban, token: Secret::new(""), masked, typed };
    let method = method_add(&world.app, shopper, new).await.unwrap();
    (shopper, world.request(shopper, method.id, 4_000, key).await.unwrap().row.id)
}

async fn what_is_approved_leaves_once(db: TestDb) {
    let world = World::start_with(&db, false, bank).await;
    let (first, id) = requested(&world, "a").await;
    let (second, called_back) = requested(&world, "b").await;
    world.drain().await;
    // Nothing is sent by itself, and as long as it is not in a file the shopper can call it back.
    assert_eq!(world.payout(id).await.state, PayoutState::Approved);
    cancel_payout(&world.app, second, called_back).await.unwrap();
    let support = Actor::Operator(OperatorId::new(), Role::Support);
    assert!(matches!(file_export(&world.app, &support, "bank").await, Err(ServiceError::Forbidden)));

    let files = file_export(&world.app, &finance(), "bank").await.unwrap();
    let [file] = files.as_slice() else { panic!("{files:?}") };
    let row = world.payout(id).await;
    assert_eq!((row.state, row.sends), (PayoutState::Submitted, 1));
    assert_eq!((file.payouts, file.total), (1, 3_940));
    assert!(cancel_payout(&world.app, first, id).await.is_err());
    assert!(file_export(&world.app, &finance(), "bank").await.unwrap().is_empty(), "a second export is empty");

    let csv = file_text(&world.app, &finance(), file.id, Form::Csv).await.unwrap();
    assert!(csv.contains(&format!("{},39.40,RUB,Anna O'Neill,{IBAN},,Cashback", row.provider_key)), "{csv}");
    let pain = file_text(&world.app, &finance(), file.id, Form::Pain).await.unwrap();
    let document = roxmltree::Document::parse(&pain).unwrap();
    let text = |name: &str| {
        let found = document.descendants().find(|node| node.tag_name().name() == name).unwrap();
        found.text().unwrap().to_owned()
    };
    assert_eq!(
        (text("EndToEndId"), text("InstdAmt"), text("CtrlSum")),
        (row.provider_key.clone(), "39.40".to_owned(), "39.40".to_owned())
    );
    assert_eq!(
        document.descendants().filter(|node| node.is_element() && node.text() == Some("Cashback & Co")).count(),
        2
    );
    // Days later, and after more was exported, it is the same to the byte.
    world.settle().await;
    requested(&world, "c").await;
    file_export(&world.app, &finance(), "bank").await.unwrap();
    for (form, before) in [(Form::Csv, csv), (Form::Pain, pain)] {
        assert_eq!(file_text(&world.app, &finance(), file.id, form).await.unwrap(), before);
    }
    assert_eq!((world.payout(id).await.state, world.payout(id).await.attention), (PayoutState::Submitted, None));
    world.settle().await;
    assert_eq!(world.jobs().await, 0, "nobody asks a bank that is not called");
}

async fn what_the_bank_says_ends_each_once(db: TestDb) {
    let world = World::start_with(&db, false, bank).await;
    let mut payouts = Vec::new();
    for key in ["a", "b", "c", "d"] {
        payouts.push(requested(&world, key).await);
    }
    world.drain().await;
    file_export(&world.app, &finance(), "bank").await.unwrap();
    let mut keys = Vec::new();
    for (_, id) in &payouts {
        keys.push(world.payout(*id).await.provider_key);
    }
    let table = format!(
        "reference,status,code,amount,currency\n{},paid,,39.40,RUB\n{},failed,AC04,,\n{},paid,,40.00,RUB\nNOBODY,paid,,,\n",
        keys[0], keys[1], keys[2]
    );
    let done = file_import(&world.app, &finance(), "bank", &table).await.unwrap();
    let wanted =
        Imported { applied: 2, unchanged: 0, unknown: vec!["NOBODY".to_owned()], contrary: vec![keys[2].clone()] };
    assert_eq!(done, wanted);
    let status = format!(
        "<Document><CstmrPmtStsRpt><OrgnlPmtInfAndSts><TxInfAndSts><OrgnlEndToEndId>{}</OrgnlEndToEndId><TxSts>ACSC</TxSts>\
         </TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>",
        keys[3]
    );
    for applied in [1, 0] {
        let done = file_import(&world.app, &finance(), "bank", &status).await.unwrap();
        assert_eq!((done.applied, done.unchanged), (applied, 1 - applied));
    }
    // Days later the money of the first comes back.
    let back = format!(
        "<Document><Ntry><CdtDbtInd>CRDT</CdtDbtInd><NtryDtls><TxDtls><Refs><EndToEndId>{}</EndToEndId></Refs>\
         <Amt Ccy=\"RUB\">39.40</Amt><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls></NtryDtls></Ntry></Document>",
        keys[0]
    );
    file_import(&world.app, &finance(), "bank", &back).await.unwrap();
    let ends = [
        (PayoutState::Returned, None, 10_000 - 60),
        (PayoutState::Failed, None, 10_000),
        (PayoutState::Submitted, Some(PersonWhy::OtherAmount), 6_000),
        (PayoutState::Paid, None, 6_000),
    ];
    for ((shopper, id), (state, attention, available)) in payouts.iter().zip(ends) {
        let row = world.payout(*id).await;
        assert_eq!((row.state, row.attention), (state, attention), "{row:?}");
        assert_eq!(world.balances(*shopper).await.0, available);
    }
    let refused = file_import(&world.app, &finance(), "bank", "name,status\nx,paid\n").await;
    assert!(matches!(refused, Err(ServiceError::Invalid { .. })), "{refused:?}");
}

/// Refused as a duplicate, the first may have been paid; a return without its amount may be a part; other money that comes in
/// with the same reference is nobody's return.
async fn what_is_in_doubt_changes_nothing(db: TestDb) {
    let world = World::start_with(&db, false, bank).await;
    let (shopper, id) = requested(&world, "a").await;
    world.drain().await;
    file_export(&world.app, &finance(), "bank").await.unwrap();
    let key = world.payout(id).await.provider_key;
    let bring = async |file: &str| file_import(&world.app, &finance(), "bank", file).await.unwrap();
    let doubted = Imported { contrary: vec![key.clone()], ..Imported::default() };
    for code in ["AM05", "DU01", "DU05"] {
        let refused = format!(
            "<D><TxInfAndSts><OrgnlEndToEndId>{key}</OrgnlEndToEndId><TxSts>RJCT</TxSts>\
             <StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf></TxInfAndSts></D>"
        );
        assert_eq!(bring(&refused).await, doubted, "{code}");
    }
    let entry = |status: &str, way: &str, amount: &str, more: &str| {
        format!(
            "<D><Ntry><Amt Ccy=\"RUB\">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd><Sts>{status}</Sts><NtryDtls><TxDtls><Refs>\
             <EndToEndId>{key}</EndToEndId></Refs>{more}</TxDtls></NtryDtls></Ntry></D>"
        )
    };
    let reason = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>";
    assert_eq!(bring(&entry("PDNG", "DBIT", "39.40", "")).await.applied, 0);
    assert_eq!(world.payout(id).await.state, PayoutState::Submitted);
    assert_eq!(bring(&entry("BOOK", "DBIT", "39.40", "")).await.applied, 1);
    assert_eq!(bring(&entry("BOOK", "CRDT", "39.40", "")).await, Imported::default());
    assert_eq!(bring(&entry("BOOK", "CRDT", "much", reason)).await, doubted);
    assert_eq!((world.payout(id).await.state, world.balances(shopper).await), (PayoutState::Paid, (6_000, 0, 0)));
    // The entry's own sum counts: a part is not the whole.
    assert_eq!(bring(&entry("BOOK", "CRDT", "9.40", reason)).await, doubted);
    let row = world.payout(id).await;
    assert_eq!((row.state, row.attention), (PayoutState::Paid, Some(PersonWhy::OtherAmount)));
    bring(&entry("BOOK", "CRDT", "39.40", reason)).await;
    assert_eq!(world.payout(id).await.state, PayoutState::Returned);
}

/// A bank that takes none of a file may say so of the file alone.
async fn a_refused_file_gives_back_what_it_held(db: TestDb) {
    let world = World::start_with(&db, false, bank).await;
    let (first, second) = (requested(&world, "a").await, requested(&world, "b").await);
    world.drain().await;
    let files = file_export(&world.app, &finance(), "bank").await.unwrap();
    let named = world.payout(second.1).await.provider_key;
    let refused = |file: &str, code: &str, lines: &str| {
        format!(
            "<Document><CstmrPmtStsRpt><OrgnlGrpInfAndSts><OrgnlMsgId>{file}</OrgnlMsgId><GrpSts>RJCT</GrpSts>\
             <StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf></OrgnlGrpInfAndSts>{lines}</CstmrPmtStsRpt></Document>"
        )
    };
    let (file, other) = (files[0].id.reference(), PayoutFileId::new().reference());
    let bring = async |text: &str| file_import(&world.app, &finance(), "bank", text).await.unwrap();
    let nobodys = bring(&refused(&other, "FF01", "")).await;
    assert_eq!(nobodys, Imported { unknown: vec![other], ..Imported::default() });
    // Refused as a duplicate, or nobody knows why: the first file of that name may be on its way.
    let batch = |reason: &str| {
        format!(
            "<OrgnlPmtInfAndSts><OrgnlPmtInfId>{file}</OrgnlPmtInfId><PmtInfSts>RJCT</PmtInfSts>\
             <StsRsnInf>{reason}</StsRsnInf></OrgnlPmtInfAndSts>"
        )
    };
    let twice = batch("<Rsn><Cd>DU01</Cd></Rsn>");
    let words = batch("<Rsn><Prtry>Duplicate file</Prtry></Rsn>");
    let by_whom = batch("<Orgtr><Id><Cd>FF01</Cd></Id></Orgtr><AddtlInf>sent before</AddtlInf>");
    for (reason, more) in [("DU01", ""), ("", ""), ("FF01", &twice), ("FF01", &words), ("FF01", &by_whom), ("NARR", "")]
    {
        assert_eq!(bring(&refused(&file, reason, more)).await.contrary.len(), 2, "{reason} {more}");
    }
    assert_eq!(world.payout(first.1).await.state, PayoutState::Submitted);
    // What the bank says of one order counts more than what it says of all.
    let paid = format!("<TxInfAndSts><OrgnlEndToEndId>{named}</OrgnlEndToEndId><TxSts>ACSC</TxSts></TxInfAndSts>");
    let done = bring(&refused(&file, "FF01", &paid)).await;
    assert_eq!((done.applied, done.contrary), (2, Vec::new()));
    assert_eq!((world.payout(first.1).await.state, world.balances(first.0).await.0), (PayoutState::Failed, 10_000));
    assert_eq!(world.payout(second.1).await.state, PayoutState::Paid);
    assert!(file_text(&world.app, &finance(), files[0].id, Form::Pain).await.is_ok(), "one of them was paid");

    // Nothing of it is to be paid any more: it must not come to the bank again.
    let third = requested(&world, "c").await;
    let again = file_export(&world.app, &finance(), "bank").await.unwrap();
    bring(&refused(&again[0].id.reference(), "AC04", "")).await;
    assert_eq!(world.payout(third.1).await.state, PayoutState::Failed);
    assert_eq!(code(file_text(&world.app, &finance(), again[0].id, Form::Csv).await), "file_is_over");
    // A file that cannot be read moves nothing, from its first line on.
    let key = world.payout(second.1).await.provider_key;
    let table = format!("reference,status,code\n{key},returned,AC04\nwith\0nul,failed,\n");
    assert!(matches!(file_import(&world.app, &finance(), "bank", &table).await, Err(ServiceError::Invalid { .. })));
}

async fn nothing_leaves_while_it_may_not(db: TestDb) {
    let world = World::start_with(&db, false, bank).await;
    let (_, free) = requested(&world, "a").await;
    let (frozen, waits) = requested(&world, "b").await;
    world.drain().await;
    freeze_own(&world.app, frozen).await.unwrap();
    let case = unexplained(&world, "bank").await;
    let stopped = file_export(&world.app, &finance(), "bank").await;
    assert!(matches!(stopped, Err(ServiceError::Refused { code: "provider_stopped", .. })), "{stopped:?}");
    assert_eq!(world.payout(free).await.state, PayoutState::Approved);
    case_close(&world.app, &finance(), case, "it was a test").await.unwrap();
    let files = file_export(&world.app, &finance(), "bank").await.unwrap();
    assert_eq!(files.iter().map(|file| file.payouts).collect::<Vec<_>>(), [1]);
    assert_eq!(world.payout(free).await.state, PayoutState::Submitted);
    assert_eq!(world.payout(waits).await.state, PayoutState::Approved);
}

/// Money that a provider moved and nothing explains.
async fn unexplained(world: &World, rail: &str) -> CaseId {
    let (id, now) = (CaseId::new(), world.clock.now());
    let row = CaseRow {
        id,
        rail: rail.to_owned(),
        key: "theirs_only/x".to_owned(),
        class: Class::TheirsOnly,
        payout_id: None,
        partner_id: None,
        reference: Some("x".to_owned()),
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
    world.app.db.write(Lane::House, move |conn| case_insert(conn, &row)).await.unwrap();
    id
}

async fn two_exports_at_once_make_one_order_each(db: TestDb) {
    let world = World::start_with(&db, false, bank).await;
    for number in 0..5 {
        requested(&world, &number.to_string()).await;
    }
    world.drain().await;
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let app = world.app.clone();
        running.spawn(async move { file_export(&app, &finance(), "bank").await });
    }
    let exported: i64 = running.join_all().await.into_iter().flatten().flatten().map(|file| file.payouts).sum();
    assert_eq!(exported, 5);
}

async fn operators_work_with_files_on_a_page(db: TestDb) {
    let world = World::start_with(&db, false, bank).await;
    let (_, id) = requested(&world, "a").await;
    let browser = async |role: Role, language: &'static str| {
        let operator = accounts::operator(&world.app, role).await;
        let (token, _) = accounts::token(&world.app, Owner::Operator(operator), TokenKind::Session).await;
        Browser::signed_in(&world.test, language, &token)
    };
    let path = "/operator/payout-files";
    let support = browser(Role::Support, "en").await;
    assert_eq!(support.get(path).await.status, 403);
    assert_eq!(support.send(path, &[("provider", "bank")]).await.status, 403);
    let (finance, russian) = (browser(Role::Finance, "en").await, browser(Role::Finance, "ru").await);
    finance.page(path).await.has("No files yet").lacks("⟦");
    russian.page(path).await.has("Файлов пока нет").lacks("⟦");
    assert_eq!(finance.send_from("cross-site", path, &[("provider", "bank")]).await.status, 403);
    let made = finance.send(path, &[("provider", "bank")]).await;
    assert_eq!((made.status, made.location.as_str()), (303, path));
    let page = finance.page(path).await;
    page.has("1 payout").has("39.40").lacks(IBAN).lacks("⟦");
    let file = format!("{path}/{}", page.between("action=\"/operator/payout-files/", "\""));
    assert_eq!(support.send(&file, &[("form", "csv")]).await.status, 403);
    let taken = finance.send(&file, &[("form", "csv")]).await;
    assert_eq!(taken.status, 200);
    assert!(taken.html.contains(IBAN), "{}", taken.html);
    finance.send(path, &[("provider", "bank")]).await.has("Nothing is approved");
    let key = world.payout(id).await.provider_key;
    let wrong = finance.send(path, &[("provider", "bank"), ("bank_answer", "what is this")]).await;
    assert_eq!(wrong.status, 422);
    let answer = format!("reference,status\n{key},paid\nNOBODY,paid\n");
    finance.send(path, &[("provider", "bank"), ("bank_answer", &answer)]).await.has("NOBODY").lacks("⟦");
    assert_eq!(world.payout(id).await.state, PayoutState::Paid);
}

async fn programs_work_with_files_too(db: TestDb) {
    let world = World::start_with(&db, false, bank).await;
    let (_, id) = requested(&world, "a").await;
    let token = async |role: Role| {
        let operator = accounts::operator(&world.app, role).await;
        accounts::token(&world.app, Owner::Operator(operator), TokenKind::Api).await.0
    };
    let (finance, support) = (token(Role::Finance).await, token(Role::Support).await);
    let path = "/api/v1/operator/payout-files";
    let post = async |who: &str, path: &str, body: Value| {
        let request = world.test.request(Method::POST, path).bearer_auth(who).json(&body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(post(&support, path, json!({ "provider": "bank" })).await.0, 403);
    let (status, made) = post(&finance, path, json!({ "provider": "bank" })).await;
    assert_eq!(status, 201, "{made}");
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!((&made["items"][0]["payouts"], &made["items"][0]["total"]["amount"]), (&json!(1), &json!("39.40")));
    let again = post(&finance, path, json!({ "provider": "bank" })).await;
    assert_eq!(again, (201, json!({ "items": [] }).to_string()), "exporting is the sending, once");
    let file = format!("{path}/{}/take", made["items"][0]["id"].as_str().unwrap());
    assert_eq!(post(&support, &file, json!({ "form": "csv" })).await.0, 403);
    let (status, table) = post(&finance, &file, json!({ "form": "csv" })).await;
    assert!(status == 200 && table.contains(IBAN), "{table}");
    let answer = async |who: &str, body: String| {
        let request = world.test.request(Method::POST, &format!("{path}/answers?provider=bank")).bearer_auth(who);
        let answer = request.header("content-type", "text/csv").body(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let (status, wrong) = answer(&finance, "what is this".to_owned()).await;
    assert_eq!((status, &wrong["field"]), (422, &json!("file")));
    let said = format!("reference,status\n{},paid\nNOBODY,paid\n", world.payout(id).await.provider_key);
    assert_eq!(answer(&support, said.clone()).await.0, 403);
    let told = json!({ "applied": 1, "unchanged": 0, "unknown": ["NOBODY"], "contrary": [] });
    assert_eq!(answer(&finance, said.clone()).await, (200, told));
    assert_eq!(answer(&finance, said).await.1["unchanged"], 1, "the same file again");
    assert_eq!(world.payout(id).await.state, PayoutState::Paid);
}

#[test]
fn answers_of_banks_are_read_or_refused() {
    let one = |file: &str| read(file).unwrap().lines.remove(0);
    for (word, ended) in
        [("ACSC", Ended::Paid), ("RJCT", Ended::Failed), ("ACSP", Ended::Pending), ("XXXX", Ended::Pending)]
    {
        let file = format!(
            "<D><TxInfAndSts><OrgnlEndToEndId>K</OrgnlEndToEndId><TxSts>{word}</TxSts><StsRsnInf><Rsn><Cd>AC01</Cd></Rsn>\
             </StsRsnInf></TxInfAndSts></D>"
        );
        assert_eq!((one(&file).ended, one(&file).code), (ended, "ac01".to_owned()), "{word}");
    }
    let debit = "<D><Ntry><CdtDbtInd>DBIT</CdtDbtInd><TxDtls><EndToEndId>K</EndToEndId></TxDtls></Ntry></D>";
    assert_eq!(one(debit).ended, Ended::Paid);
    // Entries that are not ours are left out, and do not spoil the others.
    let foreign = "<D><Ntry><CdtDbtInd>CRDT</CdtDbtInd><TxDtls/></Ntry><Ntry><CdtDbtInd>DBIT</CdtDbtInd>\
                   <BkTxCd><Domn><Fmly><SubFmlyCd>RRTN</SubFmlyCd></Fmly></Domn></BkTxCd><TxDtls><EndToEndId>X</EndToEndId>\
                   </TxDtls></Ntry><Ntry><CdtDbtInd>CRDT</CdtDbtInd><BkTxCd><Domn><Fmly><SubFmlyCd>RRTN</SubFmlyCd></Fmly>\
                   </Domn></BkTxCd><TxDtls><EndToEndId>K</EndToEndId></TxDtls></Ntry></D>";
    let told = read(foreign).unwrap().lines;
    assert_eq!(
        told.iter().map(|one| (one.reference.as_str(), one.ended)).collect::<Vec<_>>(),
        [("K", Ended::Returned)]
    );
    assert!(told[0].doubt(), "it has no amount");
    for wrong in ["", "a,b\n", "reference,status\nK,perhaps\n", "<D/>", "<D", "<D><TxInfAndSts/></D>"] {
        let read = read(wrong);
        assert!(read.as_ref().is_err() || read == Ok(Answer::default()), "{wrong}: {read:?}");
    }
}
