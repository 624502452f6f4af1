# What operators are warned of, on the page and by letter.

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
alarm-disk_full = A disk is nearly full: { $count } MiB of { $usual } are free.
alarm-disk_full-text = When it is full, clicks and calls are answered “come back later” and nothing is kept. Make room: old copies, logs, letters that nobody fetches.
alarm-backup_old = { $count ->
    [one] No backup for a day.
   *[other] No backup for { $count } days.
}
alarm-backup_old-text = Run “kopilka backup FILE” every day and keep the copy elsewhere; with PostgreSQL use pg_dump and then “kopilka backup --done”.
alarm-application_waits = { $count ->
    [one] A partner applies and waits for an answer.
   *[other] { $count } partners apply and wait for an answer.
}
alarm-application_waits-text = Read what they wrote, then let them in or turn them down with a reason.
alarm-letter-subject = { $count ->
    [one] Something needs an operator
   *[other] { $count } things need an operator
}
alarm-letter-foot = Each alarm is told once; what is wrong is told again every day until it ends. Letters are turned off here:
op-letters = Letters about alarms
op-letters-en = In English
op-letters-ru = In Russian
op-letters-none = None
flash-letters-set = Saved: letters about alarms.
