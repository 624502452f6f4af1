# Words of the operators' pages in English; the same keys stand in ru-operator.ftl.

op-sign-in = Sign in as an operator
op-home = How things stand
op-waiting = What waits for a person
op-waiting-calls = calls to look at
op-waiting-review = withdrawals to approve
op-waiting-attention = withdrawals that need help
op-waiting-claims = open claims
op-signs = Balances: above zero is what we owe or own, below zero what others owe us.
op-unsealed = { $count ->
    [one] { $count } transaction waits to be sealed and is not in them yet.
   *[other] { $count } transactions wait to be sealed and are not in them yet.
}
op-shoppers = What shoppers have
op-partners = What partners owe
op-others = Banks and the house
op-account-shoppers-pending = Waiting for stores
op-account-shoppers-confirmed = Confirmed, on hold
op-account-shoppers-available = To be withdrawn
op-account-shoppers-in-payout = In withdrawals
op-account-shoppers-debt = Debts
op-account-house-margin = Our margin
op-account-house-margin-pending = Our margin, not confirmed yet
op-account-house-fees = Withdrawal fees
op-calls = Calls of partners
op-calls-waiting = Waiting
op-calls-all = All
op-calls-none = Nothing waits.
op-call = Call
op-call-first = It runs this call again
op-call-later = A later run settled it
op-report = Report
op-report-status = The partner says
op-report-verdict = What became of it
op-report-commission = Commission
op-rerun = Run again
op-rerun-text = The call is read and settled anew, with today’s adapter and settings.
op-rerun-trusted = I vouch for it: leave out its authentication
op-reason = Reason, for the audit trail
flash-call-rerun = The call was run again. This is what came of it.
op-payouts-review = To approve
op-payouts-attention = In need of help
op-payouts-all = All
op-payouts-none = There are none.
op-provider = Provider
op-sends = Sends
op-shopper = Shopper
op-decide = Decide
op-approve = Let { $amount } go
op-decline = Decline
op-decline-reason = Reason, for the shopper
flash-payout-approved = The withdrawal goes on its way.
flash-payout-declined = The withdrawal is declined; the money is back with the shopper.
invalid-reason = Write the reason, up to 500 characters.
op-why-review = Waits for an approval.
op-why-key_window_closed = The provider does not know it and has forgotten its key: sending again could pay twice.
op-why-never_sent = The provider speaks of it, but it was never sent.
op-why-two_references = The provider names a second reference for it.
op-why-paid_after_release = The provider has it or paid it after the money was given back.
op-why-failed_after_paid = The provider says failed after it said paid.
op-why-other_amount = The provider speaks of another amount.
op-why-our_side = The provider refuses us: credentials or float.
op-why-shopper_blocked = The shopper was blocked before it was sent.
op-why-job_given_up = What drives it failed too often.
op-nav-home = Home
op-nav-inbox = Inbox
op-nav-search = Search
op-nav-more = More
op-waiting-adjustments = corrections for a second person
op-days = The last 30 days
op-days-table = The same as a table
op-day = Day (UTC)
op-chart-clicks = Clicks
op-chart-orders = Orders
op-chart-commission = Commission
op-chart-cashback = Cashback
op-state = State
op-total = Total
op-age-0 = up to 7 days
op-age-1 = 8–30
op-age-2 = 31–90
op-age-3 = over 90
op-age-none = not told by age
op-partner = Partner
op-expected = Not confirmed yet
op-nothing-owed = Nothing is owed.
op-as-of = As of
op-bucket-pending = Waiting for stores
op-bucket-confirmed = Confirmed, on hold
op-bucket-available = To be withdrawn
op-bucket-in_payout = In withdrawals
op-bucket-debt = Debts
alarm-none = Nothing is wrong.
alarm-since = Since
alarm-look = Have a look
alarm-ledger_broken = { $count ->
    [one] The ledger does not add up: { $count } finding.
   *[other] The ledger does not add up: { $count } findings.
}
alarm-ledger_broken-text = Stop paying out, keep a copy of the database, and run “kopilka ledger verify” for the whole list.
alarm-ledger_unchecked = { $count ->
    [one] The ledger was not checked for { $count } day.
   *[other] The ledger was not checked for { $count } days.
}
alarm-ledger_unchecked-text = It is checked every day by itself. See whether a server runs, and check it now.
alarm-sealer_behind = { $count ->
    [one] A transaction has waited { $count } minute for its seal.
   *[other] A transaction has waited { $count } minutes for its seal.
}
alarm-sealer_behind-text = Sealing runs every second. Look into the server’s log for seal_ledger.
alarm-payouts_unclear = { $count ->
    [one] { $count } withdrawal has no clear outcome.
   *[other] { $count } withdrawals have no clear outcome.
}
alarm-payouts_unclear-text = Nothing is sent twice and nothing is given back by itself. Ask the provider, then say how each ended.
alarm-provider_failing = { $count ->
    [one] The provider fails: { $count } withdrawal is tried again and again.
   *[other] The provider fails: { $count } withdrawals are tried again and again.
}
alarm-provider_failing-text = See what it says. Wrong credentials or an empty float are ours to mend; an outage is theirs.
alarm-jobs_dead = { $count ->
    [one] { $count } job was given up.
   *[other] { $count } jobs were given up.
}
alarm-jobs_dead-text = Each was tried 20 times. See why, mend the cause, and start it again.
alarm-jobs_waiting = { $count ->
    [one] Work has been due for { $count } minute, and nobody does it.
   *[other] Work has been due for { $count } minutes, and nobody does it.
}
alarm-jobs_waiting-text = See whether a server runs that works on jobs, and whether the database is slow.
alarm-calls_refused = Calls of { $name } are not taken in: { $count } of the last { $usual }.
alarm-calls_refused-text = Often the secret or the format was changed. Look at one call, mend the secret or the adapter, and run the calls again.
alarm-store_silent = { $name }: { $count } clicks and no order, where { $usual } orders would be usual.
alarm-store_silent-text = Go the way of a shopper and see whether the link still carries the click. Then ask the partner.
op-inbox-none = Nothing waits. All is done.
op-inbox-attention = Withdrawals that need help
op-inbox-review = Withdrawals to approve
op-inbox-adjustments = Corrections for a second person
op-all = All of them
op-none = None.
op-no = no
op-bot = Looks like a program
op-more-orders = Of all shoppers and partners
op-more-shoppers = Accounts, balances, blocking
op-partners-title = Partners
op-more-partners = Who reports sales and pays for them
op-more-adapters = How partners’ calls are read
op-more-adjustments = By hand, with a second person above a sum
op-more-ledger = Head of the chain, last check
op-more-jobs = What runs by itself, and what was given up
op-more-audit = Who did what, and when
op-more-operators = Add, give a role, block
op-more-operators-look = Who may do what
op-shoppers-title = Shoppers
op-adapters = Adapters
op-adjustments = Corrections
op-adjustments-text = Those above what one operator may book alone. They are asked for on a shopper’s page.
op-adjustment = Correction
op-ledger = Ledger
op-jobs = Jobs
op-audit = Audit trail
op-operators = Operators
op-account = Your account
op-search-hint = Id, order number, e-mail, name, reference
op-search-text = One box for everything: an id or click reference, an order number, an e-mail address or a part of it, the name of a store or partner, a withdrawal’s reference at the bank.
op-search-none = Nothing was found.
op-kind-order = Order
op-kind-click = Click
op-kind-call = Call of a partner
op-kind-payout = Withdrawal
op-kind-claim = Missing order
op-kind-adjustment = Correction
op-kind-shopper = Shopper
op-kind-operator = Operator
op-kind-store = Store
op-kind-partner = Partner
op-kind-transaction = Ledger transaction
op-all-partners = All partners
op-heard = First heard of
op-confirmed = Confirmed
op-external = Partner’s key
op-click = Click
op-clicks = Clicks
op-store = Store
op-story-click = The shopper went to { $store }
op-link-made = Link made
op-landing = Where it led
op-click-referrer = The page with the link
op-click-browser = Browser
op-click-address = Network
op-click-fetch = What the browser said of itself
op-click-orders = Orders of this click
op-click-no-orders = No order came of it.
op-status-active = Active
op-status-blocked = Blocked
op-since = Since
op-email-confirmed = Address confirmed
op-sessions = Open sessions
op-public-id = Name in links
op-adjust = Correct the balance
op-audit-of = What operators did here
op-block = Block
op-unblock = Unblock
op-block-text = All sessions end at once and nothing is paid out. The ledger is not touched.
op-unblock-text = The shopper may sign in and withdraw again.
flash-shopper-blocked = The shopper is blocked.
flash-shopper-unblocked = The shopper may come in again.
op-postings = How the money moved
op-claim-same = An order of this number is known:
op-claim-decide = Answer
op-claim-decide-text = Agreed: the partner is to report the order; no money moves before. The shopper reads your words.
op-claim-answer = Your words to the shopper
op-claim-accept = Agree
op-claim-decline = Turn down
flash-claim-answered = The claim is answered.
invalid-answer = Write an answer, up to 2000 characters.
refused-already-answered = Somebody answered this before.
op-adjustment-state-open = Waits for a second person
op-adjustment-state-approved = Booked
op-adjustment-state-declined = Turned down
op-adjustment-state-expired = Too late
op-adjust-entries = What will be booked
op-adjust-second = This is above what you may book alone: another operator has to approve it within 7 days.
op-adjust-ask = Ask for it
op-adjust-book = Book it
op-adjust-way = Which way
op-adjust-give = Give to the shopper
op-adjust-take = Take from the shopper
op-amount = Amount
op-currency = Currency
op-fund = On whose account
op-fund-hint = house/margin, house/write_off or house/budget/name
op-adjust-reason = Reason; the shopper sees it
op-adjust-next-text = On the next page you see what will be booked. Nothing moves before.
op-asked-by = Asked by
op-decided-by = Decided by
op-expires = To be decided by
op-adjustment-own = You asked for this, so another operator has to approve it. You can call it back.
op-adjustment-approve = Approve { $amount }
op-adjustment-call-back = Call it back
op-decline-why = Reason
flash-adjusted = The balance is corrected.
flash-adjustment-asked = Another operator has to approve this.
flash-adjustment-approved = It is booked.
flash-adjustment-declined = It is turned down; nothing moved.
refused-same-operator = Whoever asked cannot approve: another operator has to.
refused-already-decided = Somebody decided on this before.
refused-expired = Nobody decided in time. Ask for it again.
refused-key-reused = This was booked before with other words or another sum.
invalid-fund = Write house/margin, house/write_off or house/budget/name.
invalid-direction = Choose which way.
op-ledger-check = The last check
op-ledger-clean = { $count ->
    [one] All holds, { $count } transaction was read.
   *[other] All holds, { $count } transactions were read.
}
op-ledger-broken = { $count ->
    [one] { $count } thing does not hold.
   *[other] { $count } things do not hold.
}
op-ledger-broken-text = “kopilka ledger verify” tells the whole list.
op-ledger-never = It was not checked yet.
op-ledger-check-now = Check now
flash-ledger-checked = The whole ledger was read. This is what was found.
op-ledger-head = The head of the chain
op-ledger-head-text = Keep it elsewhere, and nothing before it can be changed unseen.
op-ledger-position = Position
op-ledger-hash = Hash
op-jobs-dead = Given up
op-jobs-waiting = Waiting
op-jobs-tries = { $count ->
    [one] { $count } try
   *[other] { $count } tries
}
op-provider-ref = The bank’s number
op-ask = Ask the bank now
flash-payout-asked = The bank was asked. This is how it stands.
op-resolve = Say how it ended
op-resolve-text = The bank is asked once more first. What may still be paid is not given back.
op-resolve-paid = The bank paid
op-resolve-not-paid = The bank did not pay and will not
op-resolve-ref = The bank’s number, if it paid
flash-payout-resolved = The outcome is noted.
invalid-provider-ref = Write the bank’s number of the payment.
refused-payout-needs-nobody = Nobody has to look at this any more.
refused-provider-says-otherwise = The bank says otherwise.
refused-payout-may-still-land = It may still be paid; wait, and ask again.
