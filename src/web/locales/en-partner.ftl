# Words of the partners' pages in English, and of the operators' pages about partners; the same keys stand in ru-partner.ftl.

## Getting in

pt-foot = For partners
pt-sign-in = Sign in as a partner
pt-apply-ask = Not a partner yet?
pt-apply = Become a partner
pt-apply-text = Tell us who you are. After your address is confirmed one of us looks at it; meanwhile you can sign in and prepare the integration.
pt-apply-name = Name
pt-apply-name-hint = Of your network or your store.
pt-apply-site = Site
pt-apply-format = Format of your calls
pt-apply-format-hint = The network that you work with; if it is not here, choose the first one and say below what you have.
pt-apply-note = What else we should know
pt-apply-person = Your own name
pt-apply-send = Apply
pt-format-direct = No network: our own simple format
invalid-site = Write the whole address, with https:// before it.
invalid-adapter = Choose one of the formats.
invalid-person = Write 1 to 100 characters on one line.

## Home

pt-home = Partner
pt-nav-home = Overview
pt-nav-money = Money
pt-waiting = Your application is being looked at. You can prepare everything and use the test bench; calls are refused until it is approved.
pt-declined = Your application was declined.
pt-paused = You are paused: your calls are refused. Write to us.
pt-owed = you owe us for confirmed orders
pt-expected = will come to that if pending orders are confirmed
pt-open-claims = { $count ->
    [one] claim waits for your answer
   *[other] claims wait for your answer
}
pt-checklist = Integration
pt-checklist-done = { $done } of { $all }
pt-calls = Calls
pt-calls-all = All calls
pt-looked-at = { $count ->
    [one] The latest { $count } call.
   *[other] The latest { $count } calls.
}
pt-last-call = The last one came on
pt-no-calls = No calls yet.
pt-clicks = Clicks
pt-step-is-done = (done)
pt-step-is-open = (not yet)
pt-step-against = { $count ->
    [one] { $count } call
   *[other] { $count } calls
}
pt-step-secret = A secret is set
pt-step-secret-todo = Make a secret under Settings.
pt-step-authentic = The first authentic call
pt-step-authentic-todo = Enter the address from Settings, with your secret in it, at your network, and send a test call.
pt-step-matched = The first call matched with a click
pt-step-matched-todo = Follow a link to your store here, buy something, and report the order with the click’s reference that the link carried.
pt-step-pending = The first pending order
pt-step-pending-todo = Report an order as soon as it is made, before it is checked.
pt-step-confirmed = The first confirmed order
pt-step-confirmed-todo = Report an order again once it is final.
pt-step-declined = The first declined order
pt-step-declined-todo = Report a cancelled order too, with the reason: shoppers read it.
pt-step-repeat = A repeat was seen and changed nothing
pt-step-repeat-todo = Send one call twice: the second must be answered “unchanged”.
pt-step-calm = No call was refused in the last day
pt-step-calm-todo = Look at the refused ones under Calls: mostly the secret is wrong.
pt-step-settled = No call waits for a check
pt-step-settled-todo = Look at the held ones under Calls, mend what they say, and run them again.

## Settings

pt-settings = Settings
pt-address = Address of your calls
pt-address-text = Enter this address at your network, with its placeholders as they are.
pt-address-secret = SECRET stands for your secret, which is shown only when it is made.
pt-format = Format
pt-auth = How a call proves that it is yours
pt-notes = What to know about this format
pt-secrets = Secrets
pt-secret-since = Made
pt-secret-until = accepted until
pt-secret-none = There is no secret.
pt-secret-new = Make a new secret
pt-keep-hours = Hours for which the old secret still works
pt-keep-hours-hint = 0 to 720. In that time both are accepted, so nothing gets lost while you change over.
pt-limits = Limits
pt-limits-text = What is beyond them waits for one of us. To change them, write to us.
pt-currency = Currency of amounts without one
pt-time-zone = Zone of times without one
pt-max-commission = Largest commission taken without a check
pt-max-order = Largest order taken without a check
pt-none-set = not set
pt-no-limit = no limit
pt-tokens = API tokens
pt-tokens-text = For your own programs.
pt-api = About the API
pt-tokens-none = There are none.
pt-token-name = What it is for
pt-token-days = Ends after so many days (empty: never)
pt-token-new = Make a token
pt-token-end = End
pt-people = People
pt-people-none = Nobody yet.
pt-person-name = Name
pt-person-invite = Invite
pt-person-invited = invited
pt-person-blocked = shut out
pt-person-own = you
pt-person-block = Shut out
pt-person-unblock = Let in
pt-once-secret = Your new secret
pt-once-token = Your new token
pt-once-text = It is shown only now. Copy it before you leave this page.
pt-once-address = The address with the secret in it:
pt-once-old = The older secrets are accepted until
pt-once-done = I have copied it
flash-token-ended = The token is ended.
flash-person-invited = A letter with a link is on its way.
flash-person-changed = Done.
invalid-keep-hours = Write a whole number from 0 to 720.
invalid-token-name = Write 1 to 100 characters.
invalid-expires-in-days = Write a whole number from 1 to 3650, or nothing.
refused-own-account = You cannot shut yourself out.
refused-status-unchanged = This was done already.
refused-too-many-people = There are as many people as there can be.

## Calls

pt-verdict = What became of it
pt-from = From
pt-until = To
pt-number = Order, transaction or click
pt-calls-none-fit = No call fits.
pt-why = Why:
pt-key = Your key
pt-order-number = Order number
pt-to-order = To the order
pt-to-bench = Try it on the test bench
pt-refused-wait = Refused calls are run again by our staff only. Mend the cause and let your network send it again.

## Orders and clicks

pt-store = Store
pt-all-stores = All stores
pt-orders-none = No orders yet. They appear here with your first calls.
pt-no-reason = No reason given: shoppers read that too.
pt-of-it-cashback = Of it the shopper’s cashback
pt-story-click = The shopper went to the store
pt-story-call = Your call
pt-story-hand = Changed by one of your people
pt-clicks-text = Everybody whom we sent to your stores. Who it was stays with us.
pt-clicks-rate = From clicks to orders
pt-clicks-rate-text = Orders first heard of in a month, of a hundred clicks of that month. Months that reach too far back to be counted show a dash.
pt-clicks-none = No clicks yet.
pt-clicks-more = None among these; go on to older ones.
pt-click-bot = not a person
account-shopper = the shopper’s cashback
pt-month = Month

## Statements

pt-statement = Statement
pt-statement-text = What you owed at the beginning, with what was confirmed, less what was taken back and paid, is what you owed at the end. Expected is what pending orders would add.
pt-statement-none = Nothing happened up to then.
pt-months = Months
pt-month-before = Month before
pt-month-after = Month after
pt-csv = Save as a table (CSV)
pt-opening = Owed before
pt-paid = Paid
pt-closing = Owed after
pt-expected-short = Expected
pt-entries = What it is made of
pt-day = Day
pt-what = What
pt-sum = Sum

## The test bench

pt-bench = Test bench
pt-bench-text = See what a call would do, step by step. Nothing is written and no money moves.
pt-bench-result = What the call would do
pt-bench-paste = A call of your own
pt-bench-method = Method
pt-bench-url = Address, or only what stands after the question mark
pt-bench-url-hint = Write SECRET where your secret belongs: we put it in ourselves.
pt-bench-more = Headers and body
pt-bench-headers = Headers
pt-bench-headers-hint = One a line, as Content-Type: application/json
pt-bench-body = Body
pt-bench-try = Try it
pt-bench-share = Try it and make a link
pt-bench-build = Built from the fields of your format
pt-bench-build-text = Fill in what your network would put there. The reference of your latest click is filled in already.
pt-bench-read = Reading
pt-bench-read-reports = { $count ->
    [one] { $count } report was read.
   *[other] { $count } reports were read.
}
pt-bench-unreadable = It cannot be read.
pt-bench-auth = Authenticity
pt-bench-auth-good = It is yours, by
pt-bench-auth-bad = It does not prove that it is yours. Looked at:
pt-bench-match = Click
pt-bench-matched = It belongs to the click
pt-bench-unmatched = No click to one of your stores was found for it.
pt-bench-rules = Rules
pt-bench-money = Money
pt-bench-no-money = Nothing would move.
pt-bench-verdict = It would be answered:
pt-link = Link to this report
pt-link-text = Whoever has it can read the report without signing in. Copy it now, it is shown only once. It works until
pt-links = Links that work
pt-link-end = Take back
pt-shared-text = A report of a partner’s test bench; nothing was written, and secrets are cut out. Made on
pt-shared-until = This link works until
flash-link-ended = The link does not work any more.
invalid-call-method = Choose GET or POST.
invalid-headers = Write one a line, as Name: value.
refused-report-too-large = The report is too large to be kept.
refused-too-many-links = Take an older link back first.

## Changes to orders by hand

pt-changes = Change orders from a file
pt-changes-text = Upload a table (CSV), one order a line. First you see what each line would do; nothing counts before you say so.
pt-changes-columns = Columns: order, action (confirm, decline or change), amount, commission, reason. A decline needs a reason; shoppers read it. Amount is the order’s; the commission follows it in proportion unless you give it.
pt-changes-file = File
pt-changes-paste = Or paste the lines here
pt-changes-upload = See what it would do
pt-changes-files = Files
pt-changes-none = No files yet.
pt-changes-lines = { $count ->
    [one] { $count } line
   *[other] { $count } lines
}
pt-changes-applied = done
pt-changes-open = not carried out
pt-change = File of changes
pt-change-can = { $count ->
    [one] { $count } line changes an order.
   *[other] { $count } lines change orders.
}
pt-change-same = { $count ->
    [one] { $count } line says what is known already.
   *[other] { $count } lines say what is known already.
}
pt-change-cannot = { $count ->
    [one] { $count } line cannot be carried out.
   *[other] { $count } lines cannot be carried out.
}
pt-change-do = Carry out
pt-change-do-text = Lines that cannot be carried out are left alone. The same file again changes nothing.
pt-change-line = Line
pt-change-no = Cannot be done
pt-change-nothing = Nothing: this is known already.
pt-change-commission = commission
pt-change-keys = Use the key of each part:
pt-action-confirm = Confirm
pt-action-decline = Decline
pt-action-change = Change
pt-column-order = order
pt-column-action = action
pt-column-amount = amount
pt-column-commission = commission
pt-column-reason = reason
pt-fault-in = Column “{ $column }”:
pt-fault-empty = it is empty.
pt-fault-too_many = the line has more fields than the first one.
pt-fault-no_action = write confirm, decline or change.
pt-fault-no_amount = write a sum above zero.
pt-fault-bad_amount = write it like 1000.00: it has too many digits after the point, or is too large.
pt-fault-not_wanted = leave it empty for a decline.
pt-fault-too_long = it is too long.
pt-fault-unknown = you have reported no such order.
pt-fault-several = several parts of an order have this number.
pt-fault-twice = another line is about this order already.
pt-fault-closed = the order is declined, so there is nothing to change.
pt-fault-changed = the order was changed just now: look at the file again.
pt-fault-no_base = the order’s amount is not known here: give the commission.
flash-changes-done = The file was carried out.
invalid-file = This is no table that can be read. Its first line names the columns, at least order and action; there are at most 5,000 lines.
refused-too-many-files = There are as many files waiting as there can be. Carry some of them out, or let them end by themselves after 30 days.
refused-partner-paused = You are paused, so nothing can be changed now.

## Claims

pt-claims = Claims
pt-claims-text = Shoppers who miss an order at your stores.
pt-claims-none = No claims wait.
pt-claim-paid = The shopper paid
pt-claim-clicked = The shopper came to you
pt-claim-accept = The order is theirs
pt-claim-accept-text = Tell us what it was: it counts as if your network had reported it.
pt-claim-key = Your key for the order
pt-claim-key-hint = What your calls name it by, so that later ones find it.
pt-claim-pending = Still to be checked
pt-claim-confirmed = Final
pt-claim-commission = What you owe us for it
pt-claim-answer = Answer to the shopper
pt-claim-do-accept = Accept
pt-claim-decline = It is not
pt-claim-decline-text = The shopper reads the reason.
pt-claim-reason = Reason
pt-claim-do-decline = Turn down
flash-claim-accepted = The order is taken in, and the shopper is answered.
flash-claim-turned-down = The claim is turned down, and the shopper reads why.
invalid-key = Write 1 to 200 characters.
invalid-commission = Write a sum of the same currency, not below zero.
invalid-claim-answer = Write 1 to 2000 characters.
refused-key-known = Another order has this key already.
refused-not-settled = The order could not be taken in.

## Partners, for operators

op-partner-list = Partners
op-partners-none = No partners yet.
op-applications = Applications
op-application = Application
op-application-waiting = to decide
op-application-at = Applied
op-application-answer = A word for the letter (to decline, the reason)
op-application-approve = Approve
op-application-decline = Decline
op-application-declined = It was declined:
op-partner-active = Active
op-partner-paused = Paused
op-partner-no-stores = No stores yet.
op-partner-run = Calls
op-partner-run-active = Its calls are taken.
op-partner-run-paused = Its calls are refused.
op-partner-pause = Pause
op-partner-activate = Take its calls again
op-limits-hint = One amount a line, as 25000.00 RUB.
flash-partner-approved = The partner is approved; a letter tells it.
flash-partner-declined = The application is declined; a letter tells why.
flash-partner-changed = The change counts from the next call on.
invalid-max-commission = Write one amount a line, as 25000.00 RUB.
invalid-max-order = Write one amount a line, as 25000.00 RUB.
invalid-time-zone = Write a zone such as Europe/Moscow.
refused-application-open = Decide on the application first.
refused-order-reported = The order was reported meanwhile under another key. Decline the claim and say so.
