//! A shopper's book in memory: what the services do with the domain's functions, without a database. Every step
//! checks the ledger's invariants, so a test that uses it cannot leave them broken without noticing.

use std::collections::BTreeMap;

use kopilka::base::Timestamp;
use kopilka::base::id::{ClickId, ConversionId, PartnerId, ShopperId, StoreId, TermsId};
use kopilka::domain::conversion::{Birth, Conversion, Decision, Incoming, first, release, transition};
use kopilka::domain::ledger::{Account, Balances, Bucket, LedgerError, Transfer, difference, standing, target};
use kopilka::domain::money::{Amount, Currency};
use kopilka::domain::rate::{Promise, Rate};
use kopilka::domain::reason::Reason;
use kopilka::domain::verdict::Verdict;

pub const RUB: Currency = Currency::RUB;

pub fn rub(minor: i64) -> Amount {
    Amount::new(minor, RUB)
}

/// Half of the commission, at once withdrawable.
pub fn promise() -> Promise {
    Promise {
        rate: Rate::ShareOfCommission(50.into()),
        first_order: false,
        cap_per_order: None,
        order_left: None,
        month_left: None,
        hold_days: 0,
        budget: None,
    }
}

#[derive(Clone, Debug)]
pub struct Book {
    pub partner: PartnerId,
    pub shopper: ShopperId,
    pub now: Timestamp,
    pub promise: Promise,
    pub conversions: BTreeMap<String, Conversion>,
    pub balances: Balances,
    posted: BTreeMap<String, Vec<Transfer>>,
    transfers: Vec<Transfer>,
    counted: Vec<(String, Incoming)>,
}

impl Book {
    pub fn new(promise: Promise) -> Self {
        Self::of(ShopperId::new(), promise)
    }

    pub fn of(shopper: ShopperId, promise: Promise) -> Self {
        Self {
            partner: PartnerId::new(),
            shopper,
            now: Timestamp::from_seconds(1_800_000_000).unwrap(),
            promise,
            conversions: BTreeMap::new(),
            balances: Balances::default(),
            posted: BTreeMap::new(),
            transfers: Vec::new(),
            counted: Vec::new(),
        }
    }

    /// Takes in a report about the conversion of this name.
    pub fn report(&mut self, name: &str, incoming: &Incoming) -> (Verdict, Option<Reason>) {
        let seen_before = incoming.delta && self.counted.iter().any(|(of, known)| of == name && known == incoming);
        let told = Incoming { seen_before, ..incoming.clone() };
        let decision = match self.conversions.get(name) {
            Some(current) => transition(current, &told, self.now),
            None => first(self.birth(name), &told, self.now),
        };
        match decision {
            Decision::Apply(next) => {
                self.counted.push((name.to_owned(), incoming.clone()));
                self.put(name, *next);
                (Verdict::Applied, None)
            }
            Decision::Unchanged => (Verdict::Unchanged, None),
            Decision::Superseded(reason, next) => {
                if let Some(next) = next {
                    self.put(name, *next);
                }
                (Verdict::Superseded, Some(reason))
            }
            Decision::Held(reason) => (Verdict::Held, Some(reason)),
        }
    }

    fn birth(&self, name: &str) -> Birth {
        Birth {
            id: ConversionId::new(),
            partner_id: self.partner,
            external_id: name.to_owned(),
            store_id: StoreId::new(),
            click_id: ClickId::new(),
            shopper_id: self.shopper,
            terms_id: TermsId::new(),
            promise: self.promise.clone(),
            category: None,
            currency: Some(RUB),
            occurred_at: self.now,
        }
    }

    /// Ends the hold of a conversion; false when it is not over.
    pub fn hold_over(&mut self, name: &str) -> bool {
        match self.conversions.get(name).and_then(|current| release(current, self.now)) {
            Some(next) => {
                self.put(name, next);
                true
            }
            None => false,
        }
    }

    /// Moves money for a payout: `available → in_payout`, `in_payout → bank`, or `in_payout → available`.
    pub fn payout(&mut self, what: &str, minor: i64) -> Result<(), LedgerError> {
        let of = |bucket| Account::Shopper(self.shopper, bucket);
        let (from, to) = match what {
            "reserve" => (of(Bucket::Available), of(Bucket::InPayout)),
            "paid" => (of(Bucket::InPayout), Account::Bank("sandbox".to_owned())),
            "failed" => (of(Bucket::InPayout), of(Bucket::Available)),
            other => panic!("no such payout movement: {other}"),
        };
        self.post(Transfer::new(from, to, rub(minor)).into_iter().collect())
    }

    /// What is given to the shopper from an account: it fills a debt first.
    pub fn gift(&self, from: Account, minor: i64) -> Vec<Transfer> {
        let of = |bucket| Account::Shopper(self.shopper, bucket);
        let filled = minor.min(-self.balances.debt);
        let debt = Transfer::new(from.clone(), of(Bucket::Debt), rub(filled));
        debt.into_iter().chain(Transfer::new(from, of(Bucket::Available), rub(minor - filled))).collect()
    }

    /// Moves money that no order is the cause of.
    pub fn post(&mut self, transfers: Vec<Transfer>) -> Result<(), LedgerError> {
        self.balances = self.balances.after(self.shopper, RUB, &transfers)?;
        self.transfers.extend(transfers);
        self.check();
        Ok(())
    }

    fn put(&mut self, name: &str, next: Conversion) {
        let posted = self.posted.entry(name.to_owned()).or_default();
        let from = standing(&next, posted).unwrap();
        let transfers = difference(&next, &from, &target(&next), &self.balances);
        self.balances = self.balances.after(self.shopper, RUB, &transfers).unwrap();
        let known = self.conversions.get(name).map_or(0, |current| current.revision);
        assert_eq!(next.revision, known + 1, "revisions count by one");
        posted.extend(transfers.clone());
        self.transfers.extend(transfers);
        self.conversions.insert(name.to_owned(), next);
        self.check();
    }

    /// All that was moved.
    pub fn transfers(&self) -> &[Transfer] {
        &self.transfers
    }

    /// The balance of an account by its transfers; credit is positive.
    pub fn sum(&self, account: &Account) -> i64 {
        sum(&self.transfers, account)
    }

    /// Margin pending, margin, expected, owed, and all budgets.
    pub fn house(&self) -> [i64; 5] {
        let budget: i64 = self.accounts().iter().filter(|a| matches!(a, Account::Budget(_))).map(|a| self.sum(a)).sum();
        [
            self.sum(&Account::MarginPending),
            self.sum(&Account::Margin),
            self.sum(&Account::PartnerExpected(self.partner)),
            self.sum(&Account::PartnerOwed(self.partner)),
            budget,
        ]
    }

    fn accounts(&self) -> std::collections::BTreeSet<Account> {
        self.transfers.iter().flat_map(|t| [t.debit.clone(), t.credit.clone()]).collect()
    }

    /// Every invariant that can be seen from here.
    pub fn check(&self) {
        for transfer in &self.transfers {
            assert!(transfer.minor > 0, "{transfer:?}");
            assert_ne!(transfer.debit, transfer.credit);
        }
        assert_eq!(self.accounts().iter().map(|account| self.sum(account)).sum::<i64>(), 0, "all accounts together");
        for bucket in Bucket::ALL {
            let (live, posted) = (self.balances.get(*bucket), self.sum(&Account::Shopper(self.shopper, *bucket)));
            assert_eq!(live, posted, "{bucket}: the live balance is the sum of its entries");
            assert!(if *bucket == Bucket::Debt { live <= 0 } else { live >= 0 }, "{bucket} stands at {live}");
        }
        for (name, conversion) in &self.conversions {
            let posted = &self.posted[name];
            assert_eq!(standing(conversion, posted).unwrap(), target(conversion), "{name} stands where it ought to");
            self.check_by_hand(conversion, posted);
        }
    }

    /// The same as `target`, said in the words of the design's table and by nothing else than the transfers.
    fn check_by_hand(&self, c: &Conversion, posted: &[Transfer]) {
        use kopilka::domain::conversion::State::{Confirmed, Declined, Pending, Reversed};
        let (commission, cashback) = (c.commission.minor(), c.cashback.minor());
        let (pending, confirmed) = match c.state {
            Pending => (true, false),
            Confirmed => (false, true),
            Declined | Reversed => (false, false),
        };
        let only = |alive: bool, minor: i64| if alive { minor } else { 0 };
        let of = |account: Account| sum(posted, &account);
        let mine = |bucket| of(Account::Shopper(self.shopper, bucket));
        assert_eq!(mine(Bucket::Pending), only(pending, cashback));
        assert_eq!(mine(Bucket::Confirmed), only(confirmed && !c.released, cashback));
        assert_eq!(mine(Bucket::Available) + mine(Bucket::Debt), only(confirmed && c.released, cashback));
        assert_eq!(mine(Bucket::InPayout), 0);
        assert_eq!(of(Account::PartnerExpected(c.partner_id)), -only(pending, commission));
        assert_eq!(of(Account::PartnerOwed(c.partner_id)), -only(confirmed, commission));
        assert_eq!(of(Account::MarginPending), only(pending, (commission - cashback).max(0)));
        assert_eq!(of(Account::Margin), only(confirmed, (commission - cashback).max(0)));
        let budget = c.promise.budget.clone().map_or(0, |name| of(Account::Budget(name)));
        assert_eq!(budget, only(pending || confirmed, (commission - cashback).min(0)));
    }
}

fn sum(transfers: &[Transfer], account: &Account) -> i64 {
    let entry = |t: &Transfer| {
        if t.debit == *account {
            -t.minor
        } else if t.credit == *account {
            t.minor
        } else {
            0
        }
    };
    transfers.iter().map(entry).sum()
}
