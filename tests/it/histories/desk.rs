//! What people at desks do in a history: operators correct balances, alone or by two, and book what partners paid; shoppers claim
//! orders, and partners agree to them or not. Beside it stand the rules in a few lines.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use kopilka::base::Timestamp;
use kopilka::base::id::{ClaimId, OperatorId};
use kopilka::db::claims::{ClaimFilter, claim_list};
use kopilka::db::seals::folded_list;
use kopilka::db::{Conn, DbError};
use kopilka::domain::access::{Actor, Role};
use kopilka::domain::adapter::ReportStatus;
use kopilka::domain::claim::ClaimState;
use kopilka::domain::ledger::{Account, Bucket, Transfer};
use kopilka::domain::verdict::Verdict;
use kopilka::service::adjust::{Adjusted, Adjustment, PartnerPayment, adjust, book_partner_payment};
use kopilka::service::adjust_second::{SecondWord, adjustment_decide};
use kopilka::service::claims::{NewClaim, claim_answer, claim_make};
use kopilka::service::desk::claim_accept::{Facts, claim_accept};

use super::world::{PARTNERS, World};
use super::{Said, incoming};
use crate::support::book::{Book, RUB, rub};
use crate::support::dice::Dice;
use crate::withdrawals::world::code;

/// What one operator may correct alone within a day.
pub(super) const ALONE: i64 = 150;

/// What corrections come from.
const FUNDS: [&str; 3] = ["house/margin", "house/budget/spring", "house/write_off"];

#[derive(Debug)]
pub(super) enum Op {
    /// Given when above zero, taken when below; what it comes from; who of two does it, and whether the other agrees if asked.
    Correct { shopper: usize, minor: i64, fund: &'static str, who: usize, agreed: bool },
    /// A partner paid.
    Payment(usize, i64),
    /// A shopper says that an order is missing.
    Claim { shopper: usize, partner: usize, order: String },
    /// Turns a claim down.
    Decline(usize),
    /// The partner agrees to a claim, with the order's commission.
    Accept { claim: usize, confirmed: bool, commission: i64 },
}

impl Op {
    pub fn random(dice: &mut Dice, shoppers: usize, claims: usize) -> Self {
        match dice.below(12) {
            0..=3 => Self::Correct {
                shopper: dice.index(shoppers),
                minor: dice.small(200) - 100,
                fund: FUNDS[dice.index(FUNDS.len())],
                who: dice.index(2),
                agreed: !dice.one_in(4),
            },
            4 => Self::Payment(dice.index(2), 1 + dice.small(500)),
            5 if claims > 0 => Self::Decline(dice.index(claims)),
            6 | 7 if claims > 0 => {
                Self::Accept { claim: dice.index(claims), confirmed: dice.one_in(2), commission: 1 + dice.small(300) }
            }
            _ => {
                let (shopper, partner) = (dice.index(shoppers), dice.index(2));
                // Some are those that reports may name as well.
                let order = if dice.one_in(2) { 4 + dice.below(200) } else { dice.below(4) };
                Self::Claim { shopper, partner, order: format!("o-{shopper}-{order}") }
            }
        }
    }
}

struct Claim {
    id: ClaimId,
    shopper: usize,
    partner: usize,
    order: String,
    ordered_at: Timestamp,
    state: ClaimState,
}

pub(super) struct Desk {
    operators: [Actor; 2],
    /// When, by whom and how much was booked by one alone.
    alone: Vec<(Timestamp, usize, i64)>,
    claims: Vec<Claim>,
    payments: Vec<Transfer>,
    done: usize,
    corrected: u32,
}

impl Desk {
    pub fn new() -> Self {
        let operator = || Actor::Operator(OperatorId::new(), Role::Admin);
        let operators = [operator(), operator()];
        Self { operators, alone: Vec::new(), claims: Vec::new(), payments: Vec::new(), done: 0, corrected: 0 }
    }

    pub fn claims(&self) -> usize {
        self.claims.len()
    }

    /// How many corrections were booked, and how many claims were agreed to.
    pub fn counts(&self) -> (u32, usize) {
        (self.corrected, self.claims.iter().filter(|claim| claim.state == ClaimState::Accepted).count())
    }

    pub async fn play(&mut self, world: &World, books: &mut [Book], op: &Op) {
        self.done += 1;
        match op {
            Op::Correct { .. } => self.correct(world, books, op).await,
            Op::Payment(partner, minor) => self.payment(world, *partner, *minor).await,
            Op::Claim { shopper, partner, order } => self.claim(world, books, (*shopper, *partner, order)).await,
            Op::Decline(claim) => self.decline(world, *claim).await,
            Op::Accept { claim, confirmed, commission } => {
                self.accept(world, books, *claim, (*confirmed, *commission)).await;
            }
        }
    }

    async fn correct(&mut self, world: &World, books: &mut [Book], op: &Op) {
        let Op::Correct { shopper, minor, fund, who, agreed } = op else { panic!("{op:?}") };
        let (minor, who, book) = (*minor, *who, &mut books[*shopper]);
        let wanted = Adjustment {
            key: format!("correction-{}", self.done),
            shopper: world.shoppers[*shopper],
            amount: rub(minor),
            fund: (*fund).to_owned(),
            reason: "a history".to_owned(),
        };
        if minor == 0 {
            assert!(adjust(&world.app, &self.operators[who], wanted).await.is_err());
            return;
        }
        let written_off = *fund == "house/write_off";
        let owed = -book.balances.debt;
        let asked = adjust(&world.app, &self.operators[who], wanted.clone()).await;
        if written_off && !(1..=owed).contains(&minor) {
            assert_eq!(code(asked), "more_than_debt");
            return;
        }
        let covered = book.balances.available + minor >= 0;
        let since = book.now.plus(-TimeDelta::hours(24));
        let recent = self.alone.iter().filter(|(at, by, _)| *by == who && *at >= since);
        let alone = !written_off && minor.abs() + recent.map(|(.., minor)| minor).sum::<i64>() <= ALONE;
        let fund: Account = fund.parse().unwrap();
        if alone && !covered {
            assert_eq!(code(asked), "insufficient_funds");
        } else if alone {
            assert!(matches!(asked, Ok(Adjusted::Booked(done)) if !done.repeated));
            let again = adjust(&world.app, &self.operators[who], wanted).await;
            assert!(matches!(again, Ok(Adjusted::Booked(done)) if done.repeated));
            self.alone.push((book.now, who, minor.abs()));
            self.corrected += 1;
            correct(book, fund, minor);
        } else {
            let Ok(Adjusted::Asked(row)) = asked else { panic!("{asked:?}") };
            let (asker, other) = (&self.operators[who], &self.operators[1 - who]);
            assert_eq!(code(adjustment_decide(&world.app, asker, row.id, SecondWord::Approve).await), "same_operator");
            let word = if *agreed { SecondWord::Approve } else { SecondWord::Decline("no".to_owned()) };
            match adjustment_decide(&world.app, other, row.id, word).await {
                Ok((_, done)) if *agreed => {
                    assert!(covered && done.is_some());
                    self.corrected += 1;
                    correct(book, fund, minor);
                }
                Ok((_, done)) => assert!(done.is_none()),
                refused => assert_eq!((code(refused), *agreed, covered), ("insufficient_funds", true, false)),
            }
        }
    }

    async fn payment(&mut self, world: &World, partner: usize, minor: i64) {
        let (partner, bank) = (world.partners[partner].0, "settlement");
        let paid = PartnerPayment {
            partner,
            bank: bank.to_owned(),
            amount: rub(minor),
            reference: format!("payment-{}", self.done),
        };
        for repeated in [false, true] {
            let done = book_partner_payment(&world.app, &self.operators[0], paid.clone()).await.unwrap();
            assert_eq!(done.repeated, repeated);
        }
        let transfer = Transfer::new(Account::Bank(bank.to_owned()), Account::PartnerOwed(partner), rub(minor));
        self.payments.extend(transfer);
    }

    async fn claim(&mut self, world: &World, books: &[Book], (shopper, partner, order): (usize, usize, &str)) {
        let ordered_at = books[shopper].now;
        let wanted = NewClaim {
            click: world.clicks[&(shopper, partner)],
            order_number: order.to_owned(),
            amount: None,
            ordered_at,
            note: None,
        };
        let made = claim_make(&world.app, world.shoppers[shopper], wanted).await;
        let same = |claim: &&Claim| (claim.shopper, claim.partner, claim.order.as_str()) == (shopper, partner, order);
        if books[shopper].conversions.contains_key(&format!("{partner}/{order}")) {
            assert_eq!(code(made), "order_known");
        } else if self.claims.iter().any(|claim| same(&claim)) {
            assert_eq!(code(made), "claim_exists");
        } else {
            let (id, state, order) = (made.unwrap().id, ClaimState::Open, order.to_owned());
            self.claims.push(Claim { id, shopper, partner, order, ordered_at, state });
        }
    }

    async fn decline(&mut self, world: &World, claim: usize) {
        let claim = &mut self.claims[claim];
        let answered = claim_answer(&world.app, &self.operators[0], claim.id, false, "it is not ours").await;
        if claim.state == ClaimState::Open {
            answered.unwrap();
            claim.state = ClaimState::Declined;
        } else {
            assert_eq!(code(answered), "already_answered");
        }
    }

    /// Agreed to, an order counts as the partner's report by hand does.
    async fn accept(&mut self, world: &World, books: &mut [Book], claim: usize, (confirmed, commission): (bool, i64)) {
        let claim = &mut self.claims[claim];
        let partner = world.app.partner(PARTNERS[claim.partner]).await.unwrap();
        let facts = Facts {
            key: claim.order.clone(),
            confirmed,
            amount: rub(commission * 10),
            commission: rub(commission),
            answer: "found".to_owned(),
        };
        let actor = Actor::Partner(partner.row.id);
        let accepted = claim_accept(&world.app, &partner, &actor, claim.id, facts).await;
        if claim.state != ClaimState::Open {
            assert_eq!(code(accepted), "already_answered");
            return;
        }
        let status = if confirmed { ReportStatus::Confirmed } else { ReportStatus::Pending };
        let said = Said {
            shopper: claim.shopper,
            partner: claim.partner,
            order: claim.order.clone(),
            status,
            commission: Some(commission),
            hour: None,
        };
        let mut told = incoming(world, &said);
        told.delta = false;
        told.event_at = Some(claim.ordered_at);
        let book = super::book_for(world, books, &said);
        let before = book.clone();
        let (verdict, reason) = book.report(&format!("{}/{}", said.partner, said.order), &told);
        if matches!(verdict, Verdict::Applied | Verdict::Unchanged) {
            assert_eq!(accepted.unwrap().state, ClaimState::Accepted);
            claim.state = ClaimState::Accepted;
        } else {
            // Refused as a whole: not even what a call that comes too late would add is taken in.
            *book = before;
            assert_eq!(code(accepted), reason.unwrap().as_str());
        }
    }

    /// The stored claims are these, and what the house, its banks and its partners stand at is what all books and payments come to.
    pub async fn compare(&self, world: &World, books: &[Book]) {
        let look = |conn: &mut Conn| {
            Ok::<_, DbError>((claim_list(conn, &ClaimFilter::default(), 10_000)?, folded_list(conn)?))
        };
        let (stored, folded) = world.app.db.read(look).await.unwrap();
        let stored: BTreeMap<ClaimId, ClaimState> = stored.into_iter().map(|row| (row.id, row.state)).collect();
        assert_eq!(stored, self.claims.iter().map(|claim| (claim.id, claim.state)).collect());

        let mut expected: BTreeMap<String, i64> = BTreeMap::new();
        for transfer in books.iter().flat_map(Book::transfers).chain(&self.payments) {
            for (account, minor) in [(&transfer.debit, -transfer.minor), (&transfer.credit, transfer.minor)] {
                if !matches!(account, Account::Shopper(..)) {
                    *expected.entry(account.to_string()).or_default() += minor;
                }
            }
        }
        expected.retain(|_, minor| *minor != 0);
        let folded = folded.into_iter().filter(|(.., minor)| *minor != 0);
        let expected: Vec<_> = expected.into_iter().map(|(account, minor)| (account, RUB, minor)).collect();
        assert_eq!(folded.collect::<Vec<_>>(), expected);
    }
}

/// What is given fills a debt first; what is taken has to be available.
fn correct(book: &mut Book, fund: Account, minor: i64) {
    let available = Account::Shopper(book.shopper, Bucket::Available);
    let transfers = if minor > 0 {
        book.gift(fund, minor)
    } else {
        Transfer::new(available, fund, rub(-minor)).into_iter().collect()
    };
    book.post(transfers).unwrap();
}
