# The site's words in English. The same keys stand in ru.ftl; a test compares them.

## The frame of every page

brand = Kopilka
skip = Skip to the content
nav = Main pages
nav-stores = Stores
nav-orders = Orders
nav-clicks = Clicks
nav-balance = Balance
nav-account = Account
sign-in = Sign in
sign-up = Sign up
sign-out = Sign out
foot-zone = Times are in the zone { $zone }.
pager = More pages
pager-first = To the newest
pager-next = Show more
crumbs = Where you are
exact-record = The exact record

## Messages that are shown once

flash-signed-out = You are signed out.
flash-email-confirmed = Your address is confirmed.
flash-password-set = The new password is set. Sign in with it.

## Errors

error-not-found-title = There is nothing here
error-not-found-text = The address may be mistyped, or what was here is gone.
error-forbidden-title = This is not for this account
error-forbidden-text = You are signed in, but this page is not open to you, or the form did not come from our pages.
error-method-title = That is not how this address is used
error-method-text = Go back and try again from the page itself.
error-too-many-title = Too many tries
error-too-many-text = Wait a minute, then try again.
error-unavailable-title = Not available right now
error-unavailable-text = Nothing was lost and nothing was changed. Try again in a moment.
error-request-title = This request cannot be read
error-request-text = Go back and try again.
error-internal-title = Something went wrong on our side
error-internal-text = It was logged. Try again in a moment; if it happens again, write to support.
error-home = To the first page
error-reference = Tell support this number:

## What is wrong with a form

refused-unreadable = This could not be done. Check the form and send it again.
refused-wrong-credentials = The address or the password is wrong, or the address is not confirmed yet.
refused-too-many = Too many tries. Try again in { $seconds ->
    [one] { $seconds } second
   *[other] { $seconds } seconds
}.
refused-unavailable = The service cannot do this right now. Nothing was changed; try again in a moment.
refused-account-blocked = This account is blocked. Write to support.
refused-code-not-valid = This link is not valid any more. Ask for a new one.
invalid-answer = Write an answer; to decline, say why.
invalid-name = Write 1 to 100 characters on one line.
refused-already-answered = This was answered before.
refused-already-decided = Somebody decided on this before.
refused-wrong-password = This is not the password of the account. If you forgot it, set a new one.
refused-changed-meanwhile = This was changed meanwhile. Try again.
refused-email-taken = This address has an account of its own.
refused-store-paused = The store is paused: orders would earn no cashback now.
refused-no-terms = The store has no terms in force yet.
invalid-email = This is not an e-mail address. It looks like anna@example.com.
invalid-password = Use 10 to 128 characters. Neither your address nor one of the commonest passwords; several words make a good one.
invalid-deep-link = Paste the https address of a page in this very store.

## Getting in

field-email = E-mail address
field-password = Password
field-new-password = New password
field-code = Code from the letter
hint-password = 10 characters or more. Several words make a good one.
sign-in-forgot = Forgot the password?
sign-in-new = New here?
sign-up-text = All we need is an address for letters and a password.
sign-up-known = You have an account?
letter-title = Look into your mailbox
letter-text = A letter is on its way to the address you gave. Open the link in it within two days.
letter-none = Nothing after some minutes? Look among unwanted mail, or try again.
confirm-title = Confirm your address
confirm-text = One more step: type the password that you chose.
confirm-do = Confirm
new-password-title = New password
new-password-ask = We will send a link to your address.
new-password-send = Send the link
new-password-text = Choose a new password. All devices will have to sign in again.
new-password-set = Set the password

## The first page

home-title = Cashback that you can follow to the last cent
home-lead = Go to a store through us, and part of what the store pays comes back to you. Every step from the click to your card is open to you.
home-start = Start
home-look = { $count ->
    [one] See the store
   *[other] See { $count } stores
}
home-one = Choose a store
home-one-text = You see the rate and what voids it before you go.
home-two = Buy as always
home-two-text = Your visit is noted before you leave, so the order can be found.
home-three = Get the money
home-three-text = To a card or a wallet, once the store has confirmed the order.
home-promise = What we promise
home-promise-click = Your click is on record before the store opens.
home-promise-rate = The rate that you saw is the rate that you get.
home-promise-reason = If an order is declined, you read why.
home-promise-trail = One page for each order shows everything that happened to it.
summary-title = Your cashback
summary-empty = Nothing yet
summary-empty-text = Choose a store and go shopping: the order appears here once the store reports it.
summary-orders = Latest orders
summary-all-orders = All orders
balance-available = You can withdraw
balance-pending = Waiting for the store
balance-confirmed = Confirmed, on hold
balance-in-payout = On its way to you
balance-debt = You owe

## Rates and stores

rate-percent = { $percent }%
rate-share = { $percent }% of commission
stores-title = Stores
stores-search = Find a store
stores-category = Category
stores-all = All categories
stores-find = Find
stores-more = other rates inside
stores-hold = { $days ->
    [one] held { $days } day
   *[other] held { $days } days
}
stores-no-hold = no hold
stores-exclusions = { $count ->
    [one] { $count } exclusion
   *[other] { $count } exclusions
}
stores-deep-links = links to goods
stores-none = No store fits. Try a shorter word or all categories.
store-cashback = Cashback
store-first-order = On your first order here:
store-deep-link = Address of the goods, if you have chosen
store-deep-link-hint = Paste it to land right there. Leave it empty to go to the store’s first page.
store-go = Go to the store
store-sign-in = Sign in to get cashback
store-pinned = These terms (version { $version }) are pinned when you go, whatever changes later. The link works for { $hours ->
    [one] { $hours } hour
   *[other] { $hours } hours
}.
store-share = Commission is what the store pays us for an order; this part of it is yours.
store-rates = Rates by goods
store-goods = Goods
store-rest = Everything else
store-terms = Terms
store-attribution = { $days ->
    [one] Orders count that are made within { $days } day of your click.
   *[other] Orders count that are made within { $days } days of your click.
}
store-hold = { $days ->
    [one] { $days } day after the store confirms the order you can withdraw the money.
   *[other] { $days } days after the store confirms the order you can withdraw the money.
}
store-no-hold = You can withdraw the money as soon as the store confirms the order.
store-cap-order = At most { $amount } for one order.
store-cap-month = At most { $amount } in a calendar month.
store-voids = What voids the cashback
store-voids-other = Coming to the store by another site or promo code after your click
store-voids-blocker = A blocker or a private window that forgets where you came from
store-since = In force since
store-home = The store’s own page, without cashback
leave-title = Off to { $store }
leave-text = Your click is kept before the store opens. Your cashback:
leave-now = Go on

## Categories, as operators name them

category-home = Home
category-books = Books
category-outdoor = Outdoor
category-sports = Sports
category-pets = Pets
category-beauty = Beauty
category-auto = Auto
category-crafts = Crafts
category-education = Education
category-electronics = Electronics
category-fashion = Fashion
category-finance = Finance
category-flowers = Flowers
category-food = Food
category-games = Games
category-health = Health
category-insurance = Insurance
category-jewellery = Jewellery
category-kids = Kids
category-office = Office
category-software = Software
category-subscriptions = Subscriptions
category-tickets = Tickets
category-travel = Travel

## Clicks

clicks-title = Your clicks
clicks-text = Each time you go to a store through us it is noted here, before the store opens.
clicks-none = No clicks yet. Go to a store through us, and it shows here at once.
click-reference = Reference
click-terms = Version of the terms
click-landing = Where you were sent

## Orders

orders-title = Orders
orders-number = Order number
orders-state = State
orders-all = All states
orders-none = No orders yet. Stores report them some minutes to some days after you buy.
orders-none-fit = No order fits.
orders-export = Save as a table (CSV)
order-title = Order
order-number = No. { $number }
order-made = Made
order-amount = Order amount
order-promise = Promised rate
order-held-until = Yours to withdraw on
order-reason = The store’s reason:
order-reason-none = The store gave no reason.
state-pending = Waiting
state-on-hold = On hold at the store
state-held = Confirmed, on hold
state-confirmed = Confirmed
state-declined = Declined
state-reversed = Taken back
order-next-pending = The store has reported the order and has still to confirm it.
order-next-on-hold = The store looks at this order more closely.
order-next-held = The store has confirmed the order. You can withdraw the money on
order-next-available = The money is part of your balance: you can withdraw it.

## The story of an order

story-title = The whole story
story-text = Everything that happened to this order, as it was recorded.
story-click = You went to { $store }
story-click-text = The click was stored before you left.
story-click-terms = It pinned version { $version } of the terms.
story-call = The store’s partner called
story-report-pending = The store reported your order
story-report-confirmed = The store confirmed your order
story-report-declined = The store declined your order
story-report-reversed = The store took your order back
story-hold-over = The hold is over
story-person = Corrected by our staff
story-decided = Decided:
story-decided-cashback = cashback
story-to = to
story-payouts = Withdrawn since then
story-payouts-text = What you withdrew after this money had become yours to withdraw.
verdict-applied = Taken in
verdict-unchanged = Repeat
verdict-superseded = Outdated
verdict-ignored = Not a sale
verdict-held = Kept for a check
verdict-refused = Refused
verdict-applied-text = The report was authentic and was applied.
verdict-unchanged-text = It said what was known already; nothing changed.
verdict-superseded-text = Something newer was known; nothing changed.
verdict-ignored-text = It was no report of a sale.
verdict-held-text = A person has to look at it first.
verdict-refused-text = It was not accepted.
posting-conversion = An order was reported or changed
posting-hold_over = The hold is over
posting-payout_reserved = Reserved for a withdrawal
posting-payout_paid = Withdrawal paid
posting-payout_released = Withdrawal came back
posting-payout_returned = Withdrawal returned
posting-partner_payment = The partner paid
posting-adjustment = Corrected by our staff
account-pending = waiting for the store
account-confirmed = confirmed, on hold
account-available = yours to withdraw
account-in-payout = on its way to you
account-debt = your debt
account-partner-expected = expected from the store
account-partner-owed = owed by the store
account-bank = our bank account
account-fees = withdrawal fees
account-house = the service
record-call = The call as it came, secrets cut out
record-call-hidden = The call also speaks of other people’s orders, so it is not shown.
record-call-id = The call’s number
record-detail = Detail
record-transaction = Ledger transaction
record-id = Number
record-note = Note

## Balance and withdrawals

balance-title = Balance
balance-none = Nothing here yet. The balance begins with your first order.
balance-debt-text = An order was taken back after its cashback had been withdrawn. Your next cashback covers this first:
balance-holds = When it becomes yours to withdraw
balance-hold-until = on
balance-made-of = What it is made of
balance-to-order = To the order
balance-to-payout = To the withdrawal
withdraw-title = Withdraw
withdraw-to = To
withdraw-amount = Amount, the fee included
withdraw-currency = Currency
withdraw-up-to = up to { $amount }
withdraw-net = You will get
withdraw-review = One of us looks at this withdrawal before it is sent.
withdraw-confirm = Withdraw { $amount }
withdraw-change = Change
withdraw-next = Go on
withdraw-next-text = On the next page you see the fee. Nothing is sent before you confirm.
withdraw-nothing = There is nothing to withdraw yet.
withdraw-no-method = First say where the money is to go.
payouts-title = Withdrawals
payouts-none = No withdrawals yet.
payout-title = Withdrawal
payout-fee = Fee
payout-requested = Requested
payout-updated = Last change
payout-cancel = Call it back
payout-steps = What happened to it
payout-reason = Reason:
payout-reason-code = The provider’s word
payout-state-requested = Requested
payout-state-review = Being looked at
payout-state-approved = Approved
payout-state-submitting = Being sent
payout-state-submitted = At the bank
payout-state-unknown = Being cleared up
payout-state-paid = Paid
payout-state-failed = Failed
payout-state-cancelled = Called back
payout-state-returned = Came back
payout-state-requested-text = The money is reserved.
payout-state-review-text = The money is reserved. One of us looks at it before it is sent.
payout-state-approved-text = The money is reserved and will be sent in a moment.
payout-state-submitting-text = The request is on its way to the bank.
payout-state-submitted-text = The bank has it and works on it.
payout-state-unknown-text = The bank gave no clear answer. We ask until we know; nothing is sent twice and nothing is lost.
payout-state-paid-text = The bank has moved the money.
payout-state-failed-text = The bank did not pay. The whole amount is back in your balance.
payout-state-cancelled-text = It was called back before it was sent. The whole amount is back in your balance.
payout-state-returned-text = It was paid and came back. What had been sent is in your balance again.
payout-reason-destination-refused = the bank does not pay to this destination
payout-reason-destination-unknown = the bank does not know this destination any more
payout-reason-limit-exceeded = the bank’s limit for this destination is used up
payout-reason-account-closed = the account was closed
payout-reason-cancelled-by-shopper = you called it back
methods-title = Destinations
methods-none = No destinations yet.
methods-add = Add a destination
methods-private = The number goes from your browser straight to the bank. We get a token and the last digits, never the number.
methods-cool-off = To keep your money safe a new one can be used after { $hours ->
    [one] { $hours } hour
   *[other] { $hours } hours
}.
methods-script = This one form needs JavaScript: without it the number would have to pass through our server.
methods-no-provider = No bank is connected, so nothing can be withdrawn yet.
method-kind = Kind
method-number = Number
method-number-refused = The bank does not take this number. Check the digits.
method-bank-away = The bank does not answer. Try again in a moment.
method-usable = Ready for use
method-usable-from = can be used from
method-remove = Remove
kind-card = Card
kind-wallet = Wallet
flash-method-added = The destination is saved.
flash-method-removed = The destination is removed.
flash-payout-requested = The withdrawal is requested.
flash-payout-cancelled = The withdrawal is called back.
refused-email-not-confirmed = Confirm your e-mail address first.
refused-debt-open = There is a debt to be covered first.
refused-method-too-new = This destination was added lately and still waits. See Destinations for the time.
refused-payout-already-open = Another withdrawal is on its way. Wait until it is done.
refused-amount-below-minimum = This is less than the least that can be withdrawn.
refused-amount-above-maximum = This is more than can be withdrawn at once.
refused-not-enough-available = You have less than that to withdraw.
refused-daily-limit = This is more than can be withdrawn in one day.
refused-fee-takes-all = The fee would take all of it.
refused-payout-unavailable = This way of withdrawing is not available now.
refused-currency-not-paid-out = This currency is not paid out to this kind of destination.
refused-idempotency-key-reused = This form was used for another withdrawal. Begin anew.
refused-payout-not-now = It may have been sent already, so it cannot be called back.
refused-too-many-methods = You have as many destinations as there can be. Remove one first.
refused-provider-not-configured = This bank is not connected any more.
invalid-amount = Write a sum above zero, with no more than the currency’s digits after the point.
invalid-currency = Write the three letters of a currency, such as RUB.
invalid-method = Choose a destination.
invalid-token = The bank gave no token. Type the number again.
invalid-masked = The bank gave no digits to know it by. Type the number again.
invalid-provider = There is no such bank.
invalid-kind = Choose one of the kinds.

## Claims

claims-title = Missing orders
claims-text = An order is not there? Find the click that it came from and tell us:
claims-none = No claims yet.
claim-title = Missing order
claim-new = An order is missing
claim-new-text = About your way to { $store },
claim-number = Order number, as the store wrote it
claim-ordered = Day of the order
claim-amount = What you paid
claim-note = Anything else
claim-send = Send
claim-evidence = Your click with its time and reference goes along as evidence.
claim-made = Told us
claim-answered = Answered
claim-answer = The answer:
claim-click = The click:
claim-state-open = Being looked into
claim-state-accepted = Agreed
claim-state-declined = Turned down
claim-state-open-text = The store or one of us looks into it. You read the answer here.
claim-state-accepted-text = The order is to be reported; it then appears among your orders.
claim-state-declined-text = It was looked into and turned down.
flash-claim-made = We look into it.
click-missing = An order is missing
refused-before-click = The order is older than this click. Choose an earlier click.
refused-order-known = This order is among your orders already.
refused-claim-exists = You have told us of this order before.
invalid-order-number = Write the number, 1 to 100 characters.
invalid-ordered-at = Choose the day of the order; it cannot lie in the future.
invalid-note = At most 2000 characters.

## The account

account-title = Account
account-language = Language
account-language-of = Of letters and pages
account-save = Save
account-password = Password
account-email = E-mail address
account-email-send = Send a code to the new address
account-sessions = Where you are signed in
account-session-since = Since
account-session-this = this browser
account-session-end = End
account-everywhere = Sign out everywhere
field-old-password = Present password
field-new-email = New address
flash-language-set = The language is set.
flash-password-changed = The password is changed. All other devices have to sign in again.
flash-session-ended = The session is ended.

## Stores' scores

score-title = How it keeps its word
score-too-few = Too few orders for a score.
score-made-of = Measured on the latest { $count } orders made through us.
score-declined = { $percent }% of the decided orders were declined or taken back.
score-declined-short = { $percent }% declined
score-unexplained = { $percent }% of those without a reason.
score-days = { $days ->
    [one] Half of the confirmed orders were confirmed within { $days } day.
   *[other] Half of the confirmed orders were confirmed within { $days } days.
}
score-same-day = Half of the confirmed orders were confirmed within a day.
score-answered = { $percent }% of the claims were answered.
