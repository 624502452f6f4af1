//! The bank's own count of what it moved, against what is stored here.

use kopilka::db::payouts::PayoutRow;
use kopilka::domain::money::{Amount, Currency};
use kopilka::domain::payout::PayoutState;
use serde_json::{Value, json};

/// Holds the bank's own count against the payouts, once nothing is under way. Gives what the bank moved and what came back.
pub fn the_bank_agrees(count: &Value, payouts: &[PayoutRow]) -> (Amount, Amount) {
    let times = |key: &str| {
        let line = count["keys"].as_array().unwrap().iter().find(|line| line["key"] == key);
        line.map_or(0, |line| line["times"].as_u64().unwrap())
    };
    let (mut moved, mut returned) = (Amount::zero(Currency::RUB), Amount::zero(Currency::RUB));
    for row in payouts {
        let net = row.payout().net().unwrap();
        let paid = matches!(row.state, PayoutState::Paid | PayoutState::Returned);
        if paid {
            moved = moved.plus(net).unwrap();
        }
        if row.state == PayoutState::Returned {
            returned = returned.plus(net).unwrap();
        }
        assert_eq!(times(&row.provider_key), u64::from(paid), "{row:?}");
    }
    assert_eq!((&count["moved"], &count["returned"]), (&json!(moved), &json!(returned)));
    (moved, returned)
}
