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
op-why-shopper_blocked = Before it was sent, the shopper was blocked or payouts were frozen.
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
op-status-erased = Left
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
op-claim-answer-by = To be answered by
op-claim-late = This answer is late. It was due by
op-claim-answer = Your words to the shopper
op-claim-accept = Agree
op-claim-decline = Turn down
flash-claim-answered = The claim is answered.
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
op-store-active = Open
op-store-paused = Paused
op-store-new = Add a store
op-store-search = Name or slug
op-store-page = Its page for shoppers
op-import = Bring stores in
op-changed = Last change
op-change = Change
op-pause = Pause
op-resume = Open again
flash-store-paused = The store is paused: its links lead to a page that says so.
flash-store-resumed = The store is open again.
flash-store-added = The store is there. Links to it are made once it has terms.
flash-store-changed = The store is changed.
flash-terms-added = The new version is there. What was promised before stays promised.
op-terms = Terms
op-terms-new = New terms
op-terms-version = Version { $version }
op-terms-current = in force
op-terms-from = Valid from
op-terms-none = There are no terms yet, so no link is made to this store.
op-terms-categories = Rates by category
op-terms-exclusions = What earns nothing
op-terms-differences = What is different
op-terms-same = Nothing is different from the newest version.
op-terms-at-once = Valid at once.
op-terms-kept = Links that were made before keep their version.
op-terms-add = Add this version
op-terms-next-text = On the next page you see what is different. Nothing changes before.
op-before = Until now
op-after = From now on
op-field-slug = Name in addresses
op-field-slug-hint = a–z, 0–9 and -; it stays for ever
op-field-name = Name
op-field-home_url = Home page
op-field-domains = Domains
op-field-landing_url = Where a click leads
op-field-deep_link_url = Where a click on a product leads
op-field-categories = Categories
op-field-lines-hint = One a line
op-field-landing-hint = { $click } stands where the partner takes the sub-id
op-field-deep-hint = With { $click } and { $target }; empty if there is none
op-field-rate = Cashback
op-field-rate-hint = 5% — of the order; 40% of commission; 300 RUB — a fixed sum
op-field-first_order = For the first order
op-field-cap_per_order = At most for an order
op-field-cap_per_month = At most for a shopper in a month
op-field-cap-hint = 1500 RUB; empty for no limit
op-field-hold_days = Days on hold after the confirmation
op-field-attribution_days = Days that a click counts
op-field-budget = Budget for what exceeds the commission
op-field-budget-hint = Empty: nothing exceeds it
op-field-categories-hint = The partner’s word = rate, one a line
op-field-exclusions = What earns nothing
op-field-exclusions-hint = code | in English | in Russian, one a line
op-field-valid_from = Valid from
op-field-valid-hint = Empty for at once. Time zone: { $zone }
invalid-rate = Write it as 5%, 40% of commission or 300 RUB.
invalid-first-order = Write it as 5%, 40% of commission or 300 RUB.
invalid-cap-per-order = Write a sum above zero and a currency, 1500 RUB.
invalid-cap-per-month = Write a sum above zero and a currency, 1500 RUB.
invalid-hold-days = Write a number of days.
invalid-attribution-days = Write a number of days.
invalid-valid-from = Choose a time that is not past.
invalid-categories = Write each line as word = 5%.
invalid-exclusions = Write each line as code | English | Russian.
invalid-slug = Use a–z, 0–9 and -, up to 64 characters.
invalid-home-url = Write an address that begins with https://.
invalid-domains = Write the store’s domains, one a line.
refused-slug-taken = There is a store of this name already.
op-line = Line
op-problem = What to mend
op-import-text = A CSV file with a header. Stores are known by their slug: new ones are added, others changed. Nothing is changed before you have seen it.
op-import-file = File
op-import-csv = Text of the file
op-import-look = See what it would do
op-import-do = Do it
op-import-other = Another file
op-import-done = Done:
op-import-would = Nothing is changed yet. It would be:
op-import-added = { $count ->
    [one] { $count } added
   *[other] { $count } added
}
op-import-changed = { $count ->
    [one] { $count } changed
   *[other] { $count } changed
}
op-import-unchanged = { $count ->
    [one] { $count } as it was
   *[other] { $count } as they were
}
op-import-terms = { $count ->
    [one] { $count } new version of terms
   *[other] { $count } new versions of terms
}
op-import-bad = Lines that are not taken
op-import-warnings = Doubtful links; they are taken all the same
op-import-lines = Line by line
op-import-what = What happens
op-import-fields = What is different
op-import-line-added = added
op-import-line-changed = changed
op-import-line-unchanged = as it was
op-import-more = { $count ->
    [one] And { $count } more line.
   *[other] And { $count } more lines.
}
op-adapters-text = How partners’ calls are read: presets that come with the service, and your own.
op-adapter-name = Name of a new adapter
op-adapter-new = New adapter
op-adapter-own = your own
op-adapter-preset = preset
op-adapter-preset-text = This is a preset. Saved, your text stands before it under the same name.
op-adapter-body = Text (TOML, see docs/ADAPTERS.md)
op-adapter-check = Try it on the last calls
op-adapter-save = Save
op-adapter-checked = On the last calls
op-adapter-calls = { $count ->
    [one] { $count } call was read again.
   *[other] { $count } calls were read again.
}
op-adapter-differ = { $count ->
    [one] { $count } is read differently.
   *[other] { $count } are read differently.
}
op-adapter-same = All are read as before.
op-adapter-nobody = The text can be read. No partner uses it yet.
flash-adapter-saved = The adapter is saved and used from now on.
invalid-body = The text cannot be used; see below.
refused-adapter-in-use = A partner’s calls could no longer be read.
op-role = Role
op-role-admin = Admin
op-role-finance = Finance
op-role-support = Support
op-role-viewer = Viewer
op-role-admin-text = Everything, other operators included
op-role-finance-text = Withdrawals, corrections, partners’ payments
op-role-support-text = Claims, held calls, shoppers
op-role-viewer-text = Looking only
op-role-give = Give this role
op-did = What was done
op-operator-new = A new operator
op-operator-add = Add
op-first-password = First password
flash-operator-added = The operator can sign in.
flash-operator-changed = The operator is changed.
refused-last-admin = This is the last admin; make another one first.
op-audit-who = Who
op-audit-everybody = Everybody
op-audit-console = Command line
op-audit-system = The service itself
op-audit-subject = About what: shopper/…, store/…
op-from = from
op-to = to
op-action-shopper-block = Blocked a shopper
op-action-shopper-unblock = Unblocked a shopper
op-action-balance-adjust = Corrected a balance
op-action-adjustment-ask = Asked for a correction
op-action-adjustment-approve = Approved a correction
op-action-adjustment-decline = Turned a correction down
op-action-adjustment-expire = Nobody decided on a correction in time
op-action-claim-answer = Answered a claim
op-action-store-add = Added a store
op-action-store-update = Changed a store
op-action-store-import = Brought a store in from a file
op-action-terms-add = Added terms
op-action-adapter-put = Saved an adapter
op-action-partner-add = Added a partner
op-action-partner-update = Changed a partner
op-action-partner-payment = Booked a partner’s payment
op-action-postback-rerun = Ran a call again
op-action-payout-approve = Let a withdrawal go
op-action-payout-decline = Declined a withdrawal
op-action-payout-ask = Asked the bank
op-action-payout-resolve = Said how a withdrawal ended
op-action-operator-add = Added an operator
op-action-operator-set-role = Gave a role
op-action-operator-block = Blocked an operator
op-action-operator-unblock = Unblocked an operator
op-action-operator-password = Changed the own password
op-action-token-create = Made a token
op-action-token-revoke = Ended a token
op-action-keys-rotate = Changed the key of links
op-action-partner-rotate-secret = Changed a partner’s secret
op-action-shopper-add = Added a shopper
op-job-restart = Start again
flash-job-restarted = It is tried again now.
refused-job-not-given-up = This job runs by itself.
op-action-job-restart = Had a job tried again
