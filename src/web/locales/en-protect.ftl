## Why a withdrawal is looked at, for its shopper
looked-at = Why one of us looks at it:
looked-at-sum = because of the sum
looked-at-destination = because of the destination
looked-at-orders = because of the orders it comes from
looked-at-account = because of the account it comes from
looked-at-foot = Nothing is decided yet. You need not do anything; you can call it back as long as it waits.

## Confirming
withdraw-code = Code from your phone
withdraw-code-text = This account has a second factor: the withdrawal takes a code of it.
refused-code-needed = Enter a code from your phone: this account has a second factor.

## The rules that hold withdrawals, for operators
op-held-because = Held because
op-held-seen = seen
op-held-allowed = passes up to
op-rule-amount = Large withdrawal
op-rule-person_day = Much for one shopper within a day
op-rule-destination_day = Much to one destination within a day
op-rule-overall_day = Much in all within a day
op-rule-shared_destination = Other accounts saved this destination
op-rule-self_referral = Orders at a partner that the shopper acts for
op-rule-fast_cancel = Many orders that were cancelled soon
op-rule-quick_order = An order right after the click
op-rule-network_burst = Several accounts from one network
op-rule-new_account = New account
op-rules-title = What is looked at first
op-rules-text = A withdrawal that any of these rules speaks about waits for an operator, with all reasons kept. None of them refuses anything. The rules are set in the configuration (payouts.review_above, payouts.second_above, payouts.review).
op-rules-off = off
op-rules-on = on
op-rules-second = Two operators have to approve
op-rules-from = from { $what }
op-rules-above = above { $what }
op-rules-orders = { $count } orders or more, { $percent } % of all, within { $hours } h
op-rules-seconds = within { $count } s
op-rules-accounts = { $count } accounts or more within 24 h
op-rules-days = younger than { $count } days
op-approved-by = Approved by
op-takes-two = From this sum on two operators have to approve.
op-frozen = The shopper's payouts are frozen: nothing is sent until that ends. Since:
refused-second-person-needed = You have approved it. Now another operator has to.
flash-payout-approved-once = Noted. Another operator has to approve it too.
op-more-rules = Limits and signs that hold a withdrawal

## Letters about destinations
letter-destination-added-subject = A destination for withdrawals was added: { $place }
letter-destination-added-text = Somebody who was signed in to your account at { $site } added the destination { $place }. It can be used from { $when } on. If it was you, nothing needs to be done.
letter-destination-removed-subject = A destination for withdrawals was removed: { $place }
letter-destination-removed-text = Somebody who was signed in to your account at { $site } removed the destination { $place }. If it was you, nothing needs to be done.
letter-destination-frozen-subject = Withdrawals from your account are frozen
letter-destination-frozen-text = Nothing is withdrawn from your account at { $site } until that ends. What you earn goes on being booked.
letter-destination-unfrozen-subject = Withdrawals from your account go on
letter-destination-unfrozen-text = The freeze of withdrawals from your account at { $site } has ended. If it was you, nothing needs to be done.
letter-destination-freeze = If it was not you, freeze all withdrawals at once: open this link and press the button. You need not be signed in.

    { $link }

    Then set a new password.
letter-destination-unfreeze = Once you are sure that nobody else can get in, end the freeze there, with your password:

    { $link }

## Freezing
freeze-title = Freeze withdrawals
freeze-text = Nothing is withdrawn from this account until the freeze ends. What is under way and was not sent yet waits. Cashback goes on being booked.
freeze-do = Freeze withdrawals
freeze-done-title = Withdrawals are frozen
freeze-done-text = Nothing leaves the account now. Set a new password, look at the destinations, and end the freeze there with your password once nobody else can get in.
freeze-bad-title = This link does not work
freeze-bad-text = It was cut short, or its time is over. Sign in to freeze withdrawals on the page of destinations, or write to support.
freeze-own = Freeze all withdrawals
freeze-own-text = Do you fear that somebody else is in your account? Freeze withdrawals: ending that takes your password.
frozen-own = Withdrawals are frozen since
frozen-own-text = Nothing is sent until you end that.
unfreeze-do = End the freeze
unfreeze-code = Code from your phone
flash-payouts-frozen = Withdrawals are frozen.
flash-payouts-unfrozen = Withdrawals go on.
refused-payouts-frozen = Withdrawals from this account are frozen. End that first, on the page of destinations.
refused-link-not-valid = This link is not valid, or not any more.
op-freeze = Freeze withdrawals
op-freeze-text = Nothing is requested, approved or sent for this shopper until that ends. A letter tells the shopper.
op-unfreeze = End the freeze of withdrawals
op-unfreeze-text = The shopper proved who it is in another way. A letter tells the shopper.
op-frozen-since = Withdrawals are frozen since
op-frozen-by = by
op-write-off = Write off
refused-more-than-debt = Only a debt is written off, and no more of it than there is.
refused-shopper-frozen = The shopper's withdrawals are frozen. End that first, on the shopper's page.
