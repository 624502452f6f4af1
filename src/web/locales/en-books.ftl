# Closing the books, for operators.
case-title = Reconciliation
case-more = Differences with providers and banks, and their statements
case-text = What providers and banks say of our money is held against withdrawals, partners’ bills and the ledger. Each difference stays here until it is explained.
case-open-ones = Open
case-all = All
case-bring = Bring in a statement
case-none = No difference is open.
case-age = { $count ->
    [0] new
    [one] { $count } day
   *[other] { $count } days
}
case-closed = Closed
case-run = Compare now
case-run-text = It is done every day by itself, three days back.
case-run-now = Compare
case-provider = Provider
case-days = Days back
case-rail = Where
case-reference = Reference
case-ours = We say
case-theirs = They say
case-said = In short
case-happened = Happened
case-opened = Found first
case-seen = Found last
case-statement = the statement
case-list = the provider’s list
case-system = by itself
case-agreed = A later comparison found all in order.
case-reason = Explanation
case-payout = The withdrawal
case-partner = The partner
case-ask = Ask the provider
case-ask-text = Asking mends what only a late message left open. Nothing is sent.
case-close = Close the case
case-close-text = Closing books nothing. Say what was found out, and where it was booked.
case-bank-text = Somebody paid, and the words name no bill. Find out who it was, and book the payment by hand.
case-class-ours_only = They do not know it
case-class-ours_only-text = We sent this withdrawal, and the provider does not list it. Ask the provider before anything is given back.
case-class-theirs_only = Money that nothing explains
case-class-theirs_only-text = Money was moved that nothing of ours explains. Until this is closed, nothing is sent through this provider.
case-class-amount = Another amount
case-class-amount-text = The sums differ. Find out which is right, and book the rest by hand.
case-class-currency = Another currency
case-class-currency-text = The currencies differ. The provider has to say what was moved.
case-class-status = Ended otherwise
case-class-status-text = They say that it ended otherwise than we think. Ask the provider; where it was paid after it was given back, the debt is the shopper’s.
case-class-duplicate = More than once
case-class-duplicate-text = It stands there more than once. Have the provider take the second back.
case-class-fee = Another fee
case-class-fee-text = They took another fee than was agreed.
case-class-late_return = Came back late
case-class-late_return-text = It was paid and came back, and we have it as paid. Ask the provider: the answer books the return.
case-class-ledger = Booked otherwise
case-class-ledger-text = The ledger booked something else than the withdrawal asks for. Have the ledger checked.
statement-text = You see what would come of it first. Nothing is written before you say so, and carrying it out twice changes nothing.
statement-kind = Whose statement
statement-provider = A provider’s: withdrawals
statement-bank = A bank’s: what partners paid
statement-account = Our account at the bank
statement-mapping = Columns
statement-own = Other columns
statement-own-text = As TOML: which column means what
statement-file = CSV file
statement-paste = Or paste it
statement-look = See what would come of it
statement-title = Statement of
statement-done = Carried out
statement-would = Nothing is written yet: this is what would come of it.
statement-lines = Lines
statement-agreed = Agree
statement-differences = Differences
statement-payments = Payments to book
statement-payments-all = Payments
statement-repeated = Booked before
statement-unknown = Not booked
statement-bad = Lines that cannot be read
statement-column = Column
statement-book = Book the payments
statement-keep = Keep the differences as cases
statement-other = Another file
statement-more = Only the first { $count } are shown.
payment-repeated = booked before
payment-due = The bill asks for
payment-problem-no_bill = names no bill
payment-problem-key_reused = another sum before
payment-problem-amount = sum too large
payment-problem-bank = unknown account
flash-books-agree = Compared: all agrees.
flash-books-differ = Compared: there are differences.
flash-case-asked = The provider was asked.
flash-case-closed = Closed.
flash-statement-applied = Carried out.
invalid-days = Write 1 to 100.
invalid-rail = Name the provider or the account: letters, digits, - _ and .
refused-case-closed = This case was closed before.
refused-provider-unavailable = The provider’s list cannot be had now. Try again later.
alarm-money_unexplained = { $count ->
    [one] { $name }: money was moved that nothing explains.
   *[other] { $name }: money was moved { $count } times that nothing explains.
}
alarm-books_uncompared = { $count ->
    [one] { $name }: the list of payouts was not compared for { $count } day.
   *[other] { $name }: the list of payouts was not compared for { $count } days.
}
alarm-books_uncompared-text = The provider’s list cannot be had, so nobody looks whether it moved money that we do not know of. Try a comparison, and look at what the log says.
alarm-money_unexplained-text = Explain it and close the case. Nothing is sent through a payout provider before that.
op-action-reconciliation-run = Compared with a provider
op-action-reconciliation-close = Closed a difference
op-action-statement-apply = Carried out a statement
