//! What reports are decided upon: read for a whole set at once, and carried on in memory from one decision to the next.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::super::catalogue::{Partner, Snapshot};
use super::super::post::Postings;
use super::super::{Outcome, ServiceError};
use super::calls::ReportOutcome;
use super::decide::{History, Loaded, currency_of, report_click, report_key};
use super::transaction_of;
use crate::base::Timestamp;
use crate::base::id::{ClickId, ConversionId, PartnerId, PostbackId, ShopperId, StoreId, TermsId, TransactionId};
use crate::db::Conn;
use crate::db::balances::balances_list_of_unblocked;
use crate::db::click_facts::{NamedClick, click_facts};
use crate::db::conversions::{conversion_list_alive, conversion_list_by_keys, conversion_list_of_click};
use crate::db::ledger::transfer_list_of_conversions;
use crate::db::postbacks::{PostbackRow, postback_find};
use crate::db::revisions::revision_list;
use crate::db::stores::terms_list_by_ids;
use crate::domain::adapter::{Amounts, Report};
use crate::domain::conversion::Conversion;
use crate::domain::ledger::{LedgerError, TransactionKind, Transfer};
use crate::domain::rate::Terms;
use crate::domain::verdict::Verdict;

/// All that a set of reports is decided upon.
#[derive(Debug, Default)]
pub struct Known {
    conversions: HashMap<(PartnerId, String), Conversion>,
    clicks: BTreeMap<ClickId, NamedClick>,
    terms: HashMap<TermsId, Arc<Terms>>,
    unblocked: BTreeSet<ShopperId>,
    posted: HashMap<ConversionId, Vec<Transfer>>,
    postings: Postings,
    /// What shoppers have at stores whose terms look at that.
    alive: HashMap<(ShopperId, StoreId), Vec<Conversion>>,
    /// Orders that were booked by hand after a claim, by click.
    claimed: HashMap<ClickId, Vec<Conversion>>,
    /// Reports of changes, not of totals, that were counted for a conversion before.
    counted: Vec<(ConversionId, Report)>,
}

impl Known {
    /// Reads what these reports need, save for terms that `catalogue` has: those of a version never change. `call` is the
    /// call that a lone report came in, unless it is only tried; reports of changes need it, and are asked about one call at a
    /// time.
    ///
    /// # Errors
    /// [`ServiceError::Db`].
    pub fn load(
        conn: &mut Conn,
        catalogue: &Snapshot,
        asked: &[(&Partner, &Report)],
        call: Option<&PostbackRow>,
    ) -> Outcome<Self> {
        let mut known = Self::default();
        let keys: BTreeSet<(PartnerId, &str)> =
            asked.iter().filter_map(|(partner, report)| Some((partner.row.id, report_key(report)?))).collect();
        if !keys.is_empty() {
            for found in conversion_list_by_keys(conn, &keys.into_iter().collect::<Vec<_>>())? {
                known.conversions.insert((found.partner_id, found.external_id.clone()), found);
            }
        }
        let mut clicks: BTreeSet<ClickId> = BTreeSet::new();
        for (partner, report) in asked {
            if known.conversion(partner, report).is_none() {
                clicks.extend(report_click(report));
            }
        }
        if !clicks.is_empty() {
            let clicks: Vec<ClickId> = clicks.into_iter().collect();
            let found = click_facts(conn, &clicks)?;
            known.claimed = claimed(conn, found.claimed)?;
            known.clicks = found.clicks;
            known.unblocked = found.unblocked;
            known.postings.know(found.balances);
        }
        known.load_around(conn, catalogue)?;
        for (partner, report) in asked.iter().filter(|(_, report)| report.amounts == Amounts::Delta) {
            if let Some(current) = known.conversion(partner, report)
                && seen_before(conn, current.id, report, call)?
            {
                let counted = (current.id, (*report).clone());
                known.counted.push(counted);
            }
        }
        Ok(known)
    }

    /// Reads what belongs to the conversions and clicks that were found.
    fn load_around(&mut self, conn: &mut Conn, catalogue: &Snapshot) -> Outcome<()> {
        let of_conversions = self.conversions.values().map(|one| (one.shopper_id, one.store_id, one.terms_id));
        let of_clicks = self.clicks.values().map(|one| (one.shopper_id, one.store_id, one.terms_id));
        let found: Vec<(ShopperId, StoreId, TermsId)> = of_conversions.chain(of_clicks).collect();
        if found.is_empty() {
            return Ok(());
        }
        let mut unknown: BTreeSet<TermsId> = BTreeSet::new();
        for (_, store, id) in &found {
            match catalogue.terms(*store, *id) {
                Some(terms) => drop(self.terms.insert(*id, Arc::clone(terms))),
                None => drop(unknown.insert(*id)),
            }
        }
        if !unknown.is_empty() {
            for row in terms_list_by_ids(conn, unknown.into_iter().collect())? {
                self.terms.insert(row.id, Arc::new(row.terms()?));
            }
        }
        if !self.conversions.is_empty() {
            let shoppers: BTreeSet<ShopperId> = self.conversions.values().map(|one| one.shopper_id).collect();
            for (shopper, balances) in balances_list_of_unblocked(conn, shoppers.into_iter().collect())? {
                self.unblocked.insert(shopper);
                self.postings.know(balances);
            }
            let known = self.conversions.values().map(|one| one.id).collect();
            for (id, transfer) in transfer_list_of_conversions(conn, known)? {
                self.posted.entry(id).or_default().push(transfer);
            }
        }
        let looks = |terms: &TermsId| self.terms.get(terms).is_some_and(|terms| terms.look_at_history());
        let pairs: Vec<(ShopperId, StoreId)> =
            found.iter().filter(|(.., terms)| looks(terms)).map(|(shopper, store, _)| (*shopper, *store)).collect();
        if !pairs.is_empty() {
            let (shoppers, stores): (BTreeSet<ShopperId>, BTreeSet<StoreId>) = pairs.into_iter().unzip();
            let alive = conversion_list_alive(conn, shoppers.into_iter().collect(), stores.into_iter().collect())?;
            for one in alive {
                self.alive.entry((one.shopper_id, one.store_id)).or_default().push(one);
            }
        }
        Ok(())
    }

    fn conversion(&self, partner: &Partner, report: &Report) -> Option<&Conversion> {
        report_key(report).and_then(|key| self.conversions.get(&(partner.row.id, key.to_owned())))
    }

    /// What one report is decided upon, as it stands now.
    #[must_use]
    pub fn of(&self, partner: &Partner, report: &Report, now: Timestamp) -> Loaded {
        let current = self.conversion(partner, report);
        let click = match current {
            Some(_) => None,
            None => report_click(report).and_then(|id| self.clicks.get(&id)),
        };
        let whose = current
            .map(|one| (one.shopper_id, one.store_id, one.terms_id))
            .or_else(|| click.map(|one| (one.shopper_id, one.store_id, one.terms_id)));
        let Some((shopper, store, terms)) = whose else { return Loaded::default() };
        let of_current = current.map(|one| one.commission.currency());
        let currency = currency_of(report, &partner.settings, of_current);
        let alive = self.alive.get(&(shopper, store)).map_or(&[][..], Vec::as_slice);
        let balances = of_current.or(currency).map(|currency| self.postings.balances(shopper, currency));
        Loaded {
            current: current.cloned(),
            click: click.copied(),
            claimed: click.and_then(|click| self.claimed.get(&click.id)).cloned().unwrap_or_default(),
            terms: self.terms.get(&terms).cloned(),
            blocked: !self.unblocked.contains(&shopper),
            history: History::of(alive, current, report, currency, now),
            posted: current.and_then(|one| self.posted.get(&one.id)).cloned().unwrap_or_default(),
            balances: balances.unwrap_or_default(),
            seen_before: current
                .is_some_and(|one| self.counted.iter().any(|(id, told)| *id == one.id && told == report)),
        }
    }

    /// Carries on what was decided: the conversion as it is now, and its money.
    ///
    /// # Errors
    /// [`LedgerError`] when a balance does not cover it.
    pub(super) fn take(
        &mut self,
        next: &Conversion,
        transfers: &[Transfer],
        transaction: TransactionId,
    ) -> Result<(), LedgerError> {
        let row = transaction_of(next, TransactionKind::Conversion, transaction);
        self.postings.post(row, transfers.to_vec())?;
        self.posted.entry(next.id).or_default().extend_from_slice(transfers);
        let alive = self.alive.entry((next.shopper_id, next.store_id)).or_default();
        alive.retain(|one| one.id != next.id);
        alive.push(next.clone());
        self.conversions.insert((next.partner_id, next.external_id.clone()), next.clone());
        Ok(())
    }

    /// The money that moved.
    pub(super) const fn postings(&self) -> &Postings {
        &self.postings
    }
}

/// The living orders that claims led to, by click.
fn claimed(conn: &mut Conn, numbers: BTreeSet<(ClickId, String)>) -> Outcome<HashMap<ClickId, Vec<Conversion>>> {
    let mut claimed: HashMap<ClickId, Vec<Conversion>> = HashMap::new();
    for (click, number) in numbers {
        let orders = conversion_list_of_click(conn, click)?.into_iter();
        let of_claim = |one: &Conversion| one.order_id.as_ref() == Some(&number) && one.state.is_alive();
        claimed.entry(click).or_default().extend(orders.filter(of_claim));
    }
    Ok(claimed)
}

/// True when a call with this very report moved the conversion before. Found by the revisions: of a call about
/// several conversions, the postback's own row names only the first.
/// The very same call counts too: the adapter may read it otherwise today.
fn seen_before(conn: &mut Conn, id: ConversionId, report: &Report, call: Option<&PostbackRow>) -> Outcome<bool> {
    let mut calls: Vec<PostbackId> = revision_list(conn, id)?.iter().filter_map(|row| row.postback_id).collect();
    calls.dedup();
    for id_of_call in calls {
        let Some(row) = postback_find(conn, id_of_call)? else { continue };
        let outcomes: Vec<ReportOutcome> = serde_json::from_str(&row.reports).map_err(ServiceError::internal)?;
        let same_call = |call: &PostbackRow| call.digest == row.digest;
        let waited = || outcomes.iter().any(|one| one.verdict == Verdict::Held && one.report == *report);
        if call.is_some_and(|call| call.rerun_of.is_some() && same_call(call)) && waited() {
            // This very report was held when the call came first: now is its turn.
            continue;
        }
        let of_this =
            |outcome: &ReportOutcome| outcome.verdict == Verdict::Applied && outcome.conversion_id == Some(id);
        if call.is_some_and(same_call) && outcomes.iter().filter(|outcome| of_this(outcome)).count() == 1 {
            return Ok(true);
        }
        if outcomes.iter().any(|outcome| outcome.verdict == Verdict::Applied && outcome.report == *report) {
            return Ok(true);
        }
    }
    Ok(false)
}
