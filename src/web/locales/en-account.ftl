# The second factor.
sign-in-code = The second step
sign-in-code-text = Your password is right. Now the code from your phone.
sign-in-again = Begin again
field-second-code = Code
hint-code = Six digits from the program, or one of your recovery codes.
refused-wrong-code = This code does not fit. Codes change every half minute, and each can be used once.
refused-factor-on = Codes are asked for already.
flash-code-over = The time for the code is over. Begin again with the password.
flash-factor-off = Codes are not asked for any more.
factor-title = A second factor
factor-is-on = Signing in takes a code from your phone beside the password.
factor-is-off = Signing in takes the password alone. With a code from your phone as well, nobody gets in who knows only the password.
factor-codes-left = { $count ->
    [0] There is no recovery code left: turn the codes off and on again to get new ones.
    [one] { $count } recovery code is left.
   *[other] { $count } recovery codes are left.
}
factor-begin = Ask for codes
factor-turn-on = Turn on
factor-turn-off = Turn codes off
factor-step-program = Install a program that makes codes (Aegis, 2FAS, FreeOTP, Google Authenticator …).
factor-step-picture = Take this picture with it.
factor-step-code = Type the code that it shows.
factor-picture = Picture for the program that makes codes
factor-by-hand = Type it in instead
factor-same-phone = The program is on this phone: open it
factor-codes = Your recovery codes
factor-codes-text = Codes are asked for from now on. If the phone is lost, each of these lets you in once. Write them down: they are shown only now.
factor-codes-kept = I have written them down

# What is known of a shopper, and leaving.
account-data = Your data
account-data-text = All that we know of you, as one archive: clicks, orders with their stories, money, withdrawals, destinations, claims.
account-export = Download the archive
export-readme = What Kopilka knows of you, as JSON files: account, clicks, orders (each with its calls, decisions and ledger entries), money (every ledger entry), withdrawals, destinations, claims. Sums are written with their currency, times in UTC.
erase-title = Erase the account
erase-text = This cannot be undone.
erase-goes = Erased: your address, the password, sessions, destinations, what clicks tell of your browser, your words and files in claims.
erase-stays = Kept without a name: clicks, orders, withdrawals with the last digits of where they went, what was answered to claims, and the ledger. They prove that no money was lost.
erase-debt = You may leave with a debt, and nothing is asked of you; it stays in the books without your name:
erase-money = There is money left:
erase-withdraw = Withdraw it first
erase-give-up = Whatever money is left, or is confirmed later, may stay
erase-do = Erase for good
erase-not = Keep the account
refused-money-left = There is money left. Withdraw it first, or tick the box.
refused-payout-under-way = A withdrawal is on its way. Wait until it has arrived.
flash-account-erased = The account is erased. Goodbye.

# Letters about money, and receipts beside claims.
flash-notices-set = Saved: from now on you get these letters.
click-missing-from = The store usually reports an order by
claim-wait = Ask the store then, if it is not there
claim-now = Ask at once
claim-wait-new = The order is new: give the store its usual time first
awaited-title = Waiting for the store
awaited-text = What is not among your orders by the time that stands beside it is sent to the store by itself.
awaited-until = Will be sent on
awaited-forget = Forget it
flash-order-awaited = Noted. If the order is not there in time, we ask the store.
flash-order-forgotten = Forgotten.
claim-answer-by = You get an answer by
claim-late = The answer is late. It was due by
claim-files = Receipts
claim-file = A receipt
claim-file-hint = A PDF or a picture, 5 MB at most. The store and we can see it.
claim-file-send = Add
claim-file-size = { $size } KB
flash-file-added = The receipt is there.
invalid-receipt = Send a PDF or a picture (JPEG, PNG, WebP) of 5 MB at most.
refused-too-many-receipts = Three files are enough.
account-notices = Letters about your money
account-notices-text = What happens within half a minute comes in one letter.
notice-reported = A store reports an order, or corrects it
notice-confirmed = A store confirms an order
notice-declined = An order is declined or taken back
notice-available = Cashback can be withdrawn
notice-payout = A withdrawal is taken on, arrives, fails or comes back
notice-correction = We corrected your balance
refused-too-many-claims = Many of your claims wait for an answer. Wait for some of them first.
