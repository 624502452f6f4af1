# News about money, by letter. The first line of a letter about one thing is its subject too.
letter-hello = Hello!
letter-subject = { $count ->
    [one] { $count } piece of news about your money
   *[other] { $count } pieces of news about your money
}
letter-reported = { $store } reported your order: { $amount } cashback is on its way
letter-changed = { $store } corrected your order: the cashback is { $amount } now
letter-confirmed = { $store } confirmed your order: { $amount } cashback
letter-declined = { $store } declined your order: there is no cashback for it
letter-reversed = { $store } took your order back: its cashback of { $amount } is undone
letter-available = { $amount } from { $store } can be withdrawn now
letter-debt = Money came free and went to what you owed: cashback that was taken back after it had been withdrawn
letter-payout-reserved = Your withdrawal of { $amount } to { $place } was taken on
letter-payout-paid = Your withdrawal of { $amount } arrived at { $place }
letter-payout-released = Your withdrawal of { $amount } to { $place } was not made: the money is yours as before
letter-payout-returned = Your withdrawal of { $amount } came back from { $place }: the money is yours again
letter-correction = Your balance was corrected by { $amount }
letter-why = . Why: { $why }
letter-balance = All that you have: { $link }
letter-foot = Which letters you get is up to you: { $link }
