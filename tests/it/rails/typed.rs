//! Destinations that are typed: what is taken, what is refused and by which field, what is shown.

use kopilka::domain::payout::MethodKind;
use kopilka::domain::payout::typed::{Destination, Typed, Wrong};

fn typed(fields: &[(&str, &str)]) -> Typed {
    let mut typed = Typed::default();
    for (name, value) in fields {
        let field = match *name {
            "phone" => &mut typed.phone,
            "bank_id" => &mut typed.bank_id,
            "account" => &mut typed.account,
            "email" => &mut typed.email,
            "iban" => &mut typed.iban,
            "bik" => &mut typed.bik,
            "name" => &mut typed.name,
            other => panic!("{other}"),
        };
        *field = (*value).to_owned();
    }
    typed
}

#[test]
fn what_is_right_is_kept_in_one_form_and_shown_in_part() {
    let bank = ("bank_id", "100000000111");
    for phone in ["+7 900 123-45-67", "8 (900) 123 45 67", "79001234567"] {
        let read = Destination::read(MethodKind::Sbp, &typed(&[("phone", phone), bank])).unwrap().unwrap();
        let kept = Destination::Sbp { phone: "79001234567".to_owned(), bank_id: bank.1.to_owned() };
        assert_eq!((read.masked(), read.clone()), ("+7 ••• ••• 4567".to_owned(), kept));
        assert_eq!(Destination::open(&read.keep().unwrap()), Ok(read));
    }
    let shown = |kind, fields: &[(&str, &str)]| Destination::read(kind, &typed(fields)).unwrap().unwrap().masked();
    assert_eq!(shown(MethodKind::YooMoney, &[("account", "4100 1614 5757 14")]), "•••• 5714");
    assert_eq!(shown(MethodKind::PayPal, &[("email", " Anna@Example.com ")]), "a•••@example.com");
    let name = ("name", "Anna  Maria O'Neill");
    assert_eq!(shown(MethodKind::Iban, &[("iban", "de89 3704 0044 0532 0130 00"), name]), "DE •••• 3000");
    // The example of the Bank of Russia's rule for the check digit.
    let account = [("account", "40702810900000002851"), ("bik", "040305000")];
    let found = Destination::read(MethodKind::Account, &typed(&[account[0], account[1], name]));
    assert!(
        found.is_ok() || found == Err(Wrong("account", "is not an account of this bank: look at both numbers again"))
    );
    for kind in [MethodKind::Card, MethodKind::Wallet] {
        assert_eq!(Destination::read(kind, &Typed::default()), Ok(None));
    }
}

#[test]
fn one_wrong_digit_of_an_account_is_noticed() {
    let right = "40817810099910004312";
    let bik = (0..1000).map(|end| format!("044525{end:03}")).find(|bik| {
        Destination::read(MethodKind::Account, &typed(&[("account", right), ("bik", bik), ("name", "Anna")])).is_ok()
    });
    let bik = bik.expect("one in ten fits");
    for place in 0..right.len() {
        let mut wrong: Vec<u8> = right.bytes().collect();
        wrong[place] = if wrong[place] == b'9' { b'0' } else { wrong[place] + 1 };
        let wrong = String::from_utf8(wrong).unwrap();
        let fields = [("account", wrong.as_str()), ("bik", &bik), ("name", "Anna")];
        let read = Destination::read(MethodKind::Account, &typed(&fields));
        assert!(matches!(read, Err(Wrong("account", _))), "{wrong}");
    }
}

#[test]
fn what_is_wrong_names_its_field() {
    let name = ("name", "Anna");
    let bank = ("bank_id", "100000000111");
    type Wrong<'a> = (MethodKind, &'a [(&'a str, &'a str)], &'a str);
    let table: &[Wrong<'_>] = &[
        (MethodKind::Sbp, &[("phone", "+1 900 123 45 67"), bank], "phone"),
        (MethodKind::Sbp, &[("phone", "900 123 45 67"), bank], "phone"),
        (MethodKind::Sbp, &[("phone", "79001234567"), ("bank_id", "1")], "bank_id"),
        (MethodKind::YooMoney, &[("account", "4100161457")], "account"),
        (MethodKind::YooMoney, &[("account", "2200000000000004")], "account"),
        (MethodKind::PayPal, &[("email", "anna")], "email"),
        (MethodKind::Iban, &[("iban", "DE88370400440532013000"), name], "iban"),
        (MethodKind::Iban, &[("iban", "DE89370400440532013000"), ("name", "<b>")], "name"),
        (MethodKind::Account, &[("account", "40817810099910004312"), ("bik", "12"), name], "bik"),
        (MethodKind::Account, &[("account", "408"), ("bik", "044525225"), name], "account"),
    ];
    for (kind, fields, field) in table {
        let read = Destination::read(*kind, &typed(fields));
        assert!(matches!(read, Err(Wrong(wrong, _)) if wrong == *field), "{kind} {fields:?}: {read:?}");
    }
}
