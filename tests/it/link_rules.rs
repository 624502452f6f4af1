//! Tracking links: nobody but us can make one or change one, and none leads out of the store.

use kopilka::base::{Secret, Timestamp};
use kopilka::domain::link::{KeyRing, Link, LinkError, deep_link_inside, fill_template};
use proptest::prelude::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds).unwrap()
}

const NOW: i64 = 1_800_000_000;

fn ring(ids: &[&str]) -> KeyRing {
    let keys: Vec<(String, Secret)> =
        ids.iter().map(|id| ((*id).to_owned(), Secret::new(format!("secret of {id}")))).collect();
    KeyRing::new(&keys)
}

fn link() -> Link<'static> {
    Link {
        store: "acme".into(),
        shopper: "01hzzzzzzzzzzzzzzzzzzzzzzz".into(),
        terms_version: 17,
        issued_at: at(NOW - 60),
        expires_at: at(NOW + 60),
        deep_link: Some("https://store.ru/кот?a=1&b=%2F#c+d".into()),
    }
}

fn verify<'a>(ring: &KeyRing, path: &'a str) -> Result<Link<'a>, LinkError> {
    let (store, query) = path.strip_prefix("/go/").unwrap().split_once('?').unwrap();
    ring.verify(store, query, at(NOW))
}

#[test]
fn what_was_signed_is_read_back() {
    for deep_link in [None, link().deep_link, Some("https://store.ru/".into())] {
        let link = Link { deep_link, ..link() };
        let path = ring(&["k1"]).sign(&link).unwrap();
        assert!(path.is_ascii() && path.starts_with("/go/acme?u="), "{path}");
        assert_eq!(verify(&ring(&["k1"]), &path), Ok(link));
    }
    assert_eq!(KeyRing::new(&[]).sign(&link()), None);
}

#[test]
fn no_byte_can_be_changed() {
    let (ring, link) = (ring(&["k1"]), link());
    let path = ring.sign(&link).unwrap();
    let mut refused = 0;
    for place in "/go/".len()..path.len() {
        for byte in (0x20..0x7f_u8).filter(|byte| *byte != path.as_bytes()[place]) {
            let mut changed = path.clone().into_bytes();
            changed[place] = byte;
            let changed = String::from_utf8(changed).unwrap();
            if changed.strip_prefix("/go/").unwrap().split_once('?').is_none() {
                continue;
            }
            match verify(&ring, &changed) {
                Err(LinkError::Expired) => panic!("an expiry that nobody signed was believed: {changed}"),
                Err(LinkError::Malformed | LinkError::BadSignature | LinkError::UnknownKey) => refused += 1,
                // %2F and %2f are one and the same letter.
                Ok(read) => {
                    assert_eq!(read, link, "{changed}");
                    assert!(path.eq_ignore_ascii_case(&changed), "{changed}");
                }
            }
        }
    }
    assert!(refused > 90 * 150, "only {refused} were refused");
}

#[test]
fn no_part_can_be_left_out_doubled_or_exchanged() {
    let ring = ring(&["k1"]);
    let path = ring.sign(&link()).unwrap();
    let (store, query) = path.strip_prefix("/go/").unwrap().split_once('?').unwrap();
    let pairs: Vec<&str> = query.split('&').collect();
    assert_eq!(pairs.len(), 7);
    for index in 0..pairs.len() {
        let mut without = pairs.clone();
        let left_out = without.remove(index);
        let expected = if left_out.starts_with("to=") { LinkError::BadSignature } else { LinkError::Malformed };
        assert_eq!(ring.verify(store, &without.join("&"), at(NOW)), Err(expected), "{left_out}");
        for second in [left_out.to_owned(), format!("{}=", left_out.split_once('=').unwrap().0)] {
            let twice = format!("{query}&{second}");
            assert_eq!(ring.verify(store, &twice, at(NOW)), Err(LinkError::Malformed), "{twice}");
        }
        let reversed: Vec<&str> = pairs.iter().rev().copied().collect();
        assert_eq!(ring.verify(store, &reversed.join("&"), at(NOW)), Ok(link()), "the order of parts says nothing");
    }
    assert_eq!(ring.verify("other", query, at(NOW)), Err(LinkError::BadSignature));
    assert_eq!(ring.verify(store, "", at(NOW)), Err(LinkError::Malformed));
}

#[test]
fn a_line_feed_cannot_move_one_part_into_another() {
    let ring = ring(&["k1"]);
    let path = ring.sign(&link()).unwrap();
    let (_, query) = path.strip_prefix("/go/").unwrap().split_once('?').unwrap();
    assert!(ring.verify("acme\nx", query, at(NOW)).is_err());
    let with_feed = query.replace("to=https", "to=%0Ahttps");
    assert_eq!(ring.verify("acme", &with_feed, at(NOW)), Err(LinkError::Malformed));
}

#[test]
fn what_others_append_is_tolerated() {
    let ring = ring(&["k1"]);
    let path = ring.sign(&link()).unwrap();
    for extra in ["utm_source=mail", "utm_source=a&utm_source=b", "fbclid=x%0Ay", "U=x", "flag", ""] {
        assert_eq!(verify(&ring, &format!("{path}&{extra}")), Ok(link()), "{extra}");
        let in_front = path.replacen('?', &format!("?{extra}&"), 1);
        assert_eq!(verify(&ring, &in_front), Ok(link()), "{in_front}");
    }
}

#[test]
fn keys_rotate() {
    let old = ring(&["k1"]).sign(&link()).unwrap();
    let both = ring(&["k2", "k1"]);
    let new = both.sign(&link()).unwrap();
    assert!(new.contains("&k=k2&"), "the first key signs: {new}");
    assert_eq!(verify(&both, &old), Ok(link()));
    assert_eq!(verify(&both, &new), Ok(link()));
    let after = ring(&["k2"]);
    assert_eq!(verify(&after, &old), Err(LinkError::UnknownKey));
    assert_eq!(verify(&after, &new), Ok(link()));
    assert_eq!(verify(&both, &new.replace("&k=k2&", "&k=k1&")), Err(LinkError::BadSignature));
    let same_name = KeyRing::new(&[("k2".to_owned(), Secret::new("another"))]);
    assert_eq!(verify(&same_name, &new), Err(LinkError::BadSignature));
}

#[test]
fn an_expired_link_is_known_to_have_been_ours() {
    let ring = ring(&["k1"]);
    let path = ring.sign(&link()).unwrap();
    let query = path.split_once('?').unwrap().1;
    assert_eq!(ring.verify("acme", query, at(NOW + 60)), Ok(link()));
    assert_eq!(ring.verify("acme", query, at(NOW + 61)), Err(LinkError::Expired));
    let forged = query.replace(&format!("exp={}", NOW + 60), &format!("exp={}", NOW + 600));
    assert_eq!(ring.verify("acme", &forged, at(NOW + 61)), Err(LinkError::BadSignature));
    for nonsense in ["exp=", "exp=soon", "exp=99999999999999999999", "exp=1e9"] {
        let query = query.replace(&format!("exp={}", NOW + 60), nonsense);
        assert_eq!(ring.verify("acme", &query, at(NOW)), Err(LinkError::Malformed), "{nonsense}");
    }
}

#[test]
fn a_deep_link_stays_in_the_store() {
    let domains = vec!["store.ru".to_owned(), "Shop.Example".to_owned(), "магазин.рф".to_owned(), String::new()];
    let inside = [
        ("https://store.ru", "https://store.ru/"),
        ("https://store.ru/a?b=c#d", "https://store.ru/a?b=c#d"),
        ("https://STORE.ru/A", "https://store.ru/A"),
        ("https://www.store.ru/", "https://www.store.ru/"),
        ("https://a.b.store.ru/", "https://a.b.store.ru/"),
        ("https://store.ru:443/", "https://store.ru/"),
        ("https://shop.example/", "https://shop.example/"),
        ("https://магазин.рф/кот", "https://xn--80aairftm.xn--p1ai/%D0%BA%D0%BE%D1%82"),
        ("https://xn--80aairftm.xn--p1ai/", "https://xn--80aairftm.xn--p1ai/"),
        // These read differently in a browser's eyes and in a careless one's; the normal form says what they are.
        ("https:\\\\store.ru\\a", "https://store.ru/a"),
        ("https://store.ru\\@evil.ru/", "https://store.ru/@evil.ru/"),
        ("https://store.ru/@evil.ru", "https://store.ru/@evil.ru"),
        ("https://store.ru//evil.ru", "https://store.ru//evil.ru"),
        ("https://store.ru/a/../b", "https://store.ru/b"),
        ("https://store.ru/%0d%0aSet-Cookie:x", "https://store.ru/%0d%0aSet-Cookie:x"),
        ("https://store.ru/?u=https://evil.ru", "https://store.ru/?u=https://evil.ru"),
        ("\thttps://sto\nre.ru/\r\n", "https://store.ru/"),
    ];
    for (link, normal) in inside {
        assert_eq!(deep_link_inside(link, &domains).as_deref(), Some(normal), "{link}");
    }
    let hostile = [
        "",
        "store.ru",
        "/a",
        "//store.ru/",
        "//evil.ru/",
        "http://store.ru/",
        "ftp://store.ru/",
        "javascript:alert(1)//https://store.ru",
        "data:text/html,https://store.ru",
        "blob:https://store.ru/1",
        "file:///etc/passwd",
        "wss://store.ru/",
        "https://evil.ru/",
        "https://evil-store.ru/",
        "https://evilstore.ru/",
        "https://store.ru.evil.ru/",
        "https://store.rux/",
        "https://storexru/",
        "https://ru/",
        "https://store.ru./",
        "https://www.store.ru./",
        "https://evil.ru./",
        "https://user@store.ru/",
        "https://user:pass@store.ru/",
        "https://:pass@store.ru/",
        "https://store.ru@evil.ru/",
        "https://store.ru%40evil.ru/",
        "https://evil.ru\\@store.ru/",
        "https://evil.ru#@store.ru/",
        "https://evil.ru?@store.ru/",
        "https://evil.ru/store.ru",
        "https://store.ru:8443/",
        "https://store.ru:80/",
        "https://store.ru:99999/",
        "https://stоre.ru/",
        "https://xn--stre-55d.ru/",
        "https://store.ru%00.evil.ru/",
        "https://store.ru%2eevil.ru/",
        "https://evil.ru%2fstore.ru/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://store.ru evil.ru/",
        "https:///evil.ru/",
        "https://.store.ru.evil.ru/",
    ];
    for link in hostile {
        assert_eq!(deep_link_inside(link, &domains), None, "{link}");
    }
    assert_eq!(deep_link_inside("https://store.ru/", &[]), None);
}

#[test]
fn templates_are_filled_once() {
    let deep = "https://store.ru/a?b=c&d={click}#%20";
    let filled = fill_template("https://net.example/c?s={click}&s2={click}&to={deep_link}", "01abc", Some(deep));
    let expected = "https://net.example/c?s=01abc&s2=01abc\
        &to=https%3A%2F%2Fstore%2Eru%2Fa%3Fb%3Dc%26d%3D%7Bclick%7D%23%2520";
    assert_eq!(filled, expected);
    assert_eq!(fill_template("https://net.example/c?s={click}", "01abc", None), "https://net.example/c?s=01abc");
}

proptest! {
    #[test]
    fn a_filled_template_gives_back_the_deep_link(deep in "https://store\\.ru/[ -~а-я]{0,40}") {
        let filled = fill_template("https://net.example/c?s={click}&to={deep_link}", "01abc", Some(&deep));
        let url = url::Url::parse(&filled).unwrap();
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        prop_assert_eq!(pairs, vec![("s".to_owned(), "01abc".to_owned()), ("to".to_owned(), deep)]);
        prop_assert_eq!(url.fragment(), None);
    }

    #[test]
    fn any_link_survives_the_way_through_a_query(store in "[a-z0-9-]{1,20}", shopper in "[a-z0-9]{1,26}",
        version in 0..=i64::MAX, deep in prop::option::of("https://store\\.ru/[^\\n]{0,40}")) {
        let link = Link { store: store.into(), shopper: shopper.into(), terms_version: version, deep_link: deep.map(Into::into), ..link() };
        let path = ring(&["k1"]).sign(&link).unwrap();
        prop_assert_eq!(verify(&ring(&["k1"]), &path), Ok(link));
    }
}
