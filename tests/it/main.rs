mod payout_rules;
mod sandbox;

#[test]
fn nothing() {}
