//! How old a debt is. What is paid settles the oldest first, so what is still owed are the newest orders.

/// Days at which one age ends and the next begins: up to 7, 8 to 30, 31 to 90, more.
pub const BORDERS: [i64; 3] = [7, 30, 90];
/// How many ages there are.
pub const AGES: usize = 4;

/// Parts a balance (minor units) over the ages of what it came from, the youngest first. What the orders do not explain is
/// as old as can be; a balance below zero was paid ahead, and is as young as can be.
#[must_use]
pub fn spread(balance: i64, by_age: [i64; AGES]) -> [i64; AGES] {
    if balance <= 0 {
        return [balance, 0, 0, 0];
    }
    let mut rest = balance;
    let mut take = |there: i64| {
        let taken = rest.min(there.max(0));
        rest -= taken;
        taken
    };
    let [young, middle, old, oldest] = by_age.map(&mut take);
    [young, middle, old, oldest.saturating_add(rest)]
}
