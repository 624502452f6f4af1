//! The configuration: what the sample says, what the environment overrides, how mistakes are named.

use std::ffi::OsString;
use std::path::PathBuf;

use kopilka::config::keys::{KEYS, sample};
use kopilka::config::{Config, ConfigError, KeyOrigin};
use kopilka::domain::money::Currency;
use tempfile::TempDir;

/// A file with `text` and the variables of an environment.
fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("shop.toml");
    std::fs::write(&file, text).unwrap();
    let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Config::load(Some(&file), variables)
}

fn complaint(text: &str, variables: &[(&str, &str)]) -> String {
    load(text, variables).unwrap_err().to_string()
}

#[test]
fn the_sample_is_the_defaults() {
    assert_eq!(load(&sample(), &[]).unwrap(), Config::default());
    assert_eq!(load("", &[]).unwrap(), Config::default());
    for key in KEYS {
        assert!(sample().contains(&key.variable()), "{} has no variable in the sample", key.path);
        assert!(key.default.is_some() || key.example.is_some(), "{}", key.path);
    }
}

/// Each example is accepted where it stands in the file, save for the key whose example is a description.
#[test]
fn every_example_of_the_sample_can_be_used() {
    for key in KEYS.iter().filter(|key| key.path != "secrets.master_key") {
        let Some(example) = key.example else { continue };
        let (section, name) = key.path.rsplit_once('.').unwrap_or(("", key.path));
        let head = if section.is_empty() { String::new() } else { format!("[{section}]\n") };
        let config = load(&format!("{head}{name} = {example}\n"), &[]).unwrap_or_else(|error| panic!("{error}"));
        assert_ne!(config, Config::default(), "{}: the example changes nothing", key.path);
    }
}

/// Whatever the file can say the environment can say too, and it wins.
#[test]
fn every_key_can_be_set_by_a_variable() {
    for key in KEYS.iter().filter(|key| key.path != "secrets.master_key") {
        let value = key.example.or(key.default).unwrap();
        let plain = value.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(value);
        let config = load("", &[(&key.variable(), plain)]).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(config == Config::default(), key.example.is_none(), "{}", key.path);
    }
    let file = "listen = \"127.0.0.1:1\"\n[database]\nreaders = 3\n";
    let variables =
        [("KOPILKA_LISTEN", "0.0.0.0:2"), ("KOPILKA_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1/32"), ("HOME", "/")];
    let config = load(file, &variables).unwrap();
    assert_eq!(config.listen.to_string(), "0.0.0.0:2");
    assert_eq!(config.database.readers, 3);
    assert_eq!(config.trusted_proxies.len(), 2);
}

#[test]
fn a_mistake_is_named_by_its_key_and_its_place() {
    let in_file = [
        ("lisen = \"x\"", "unknown key lisen", "did you mean listen?"),
        ("[database]\nurll = \"x\"", "unknown key database.urll", "did you mean database.url?"),
        ("[wholly]\ndifferent = 1", "unknown key wholly", "kopilka config"),
        ("database = 3", "database", "is a section"),
        ("listen = \"here\"", "listen", "socket address"),
        ("listen = 3", "listen", "integer"),
        ("public_url = \"https://shop.example/path\"", "public_url", "without a path"),
        ("public_url = \"ftp://shop.example\"", "public_url", "http"),
        ("language = \"fr\"", "language", "ru"),
        ("trusted_proxies = [\"10.0.0.0/99\"]", "trusted_proxies", "10.0.0.0/99"),
        ("[database]\nurl = \"kopilka.db\"", "database.url", "sqlite:"),
        ("[database]\nreaders = 0", "database.readers", "from 1 to 256"),
        ("[database]\nreaders = \"8\"", "database.readers", "string"),
        ("[links]\nttl_hours = 0", "links.ttl_hours", "1 or more"),
        ("[secrets]\nmaster_key = \"abc\"", "secrets.master_key", "64 hexadecimal digits"),
        ("[payouts]\nreview_above = [\"many RUB\"]", "payouts.review_above", "many"),
        ("[payouts]\nreview_above = [\"1.005 RUB\"]", "payouts.review_above", "1.005"),
        ("[payouts]\nlimits = [{ kind = \"card\" }]", "payouts.limits", "currency"),
        ("[log]\nlevel = \"loudly=very\"", "log.level", "debug"),
    ];
    for (text, key, hint) in in_file {
        let said = complaint(text, &[]);
        assert!(said.contains(key) && said.contains(hint) && said.contains("shop.toml"), "{text:?}: {said}");
    }
    let in_environment = [
        ("KOPILKA_LISTE", "x", "did you mean KOPILKA_LISTEN?"),
        ("KOPILKA_DATABASE_READERS", "many", "database.readers"),
        ("KOPILKA_DATABASE_URL", "mysql://x", "database.url"),
        ("KOPILKA_OUTGOING_ALLOW_PRIVATE", "yes", "outgoing.allow_private"),
    ];
    for (name, value, hint) in in_environment {
        let said = complaint("", &[(name, value)]);
        assert!(said.contains(name) && said.contains(hint), "{name}={value}: {said}");
    }
}

#[test]
fn a_complaint_shows_no_secret() {
    let broken = "[secrets]\nmaster_key = \"0f1e2d3c-s3cret\n";
    let said = complaint(broken, &[]);
    assert!(said.contains("not valid TOML") && said.contains("line 2") && !said.contains("s3cret"), "{said}");
    let said = complaint("", &[("KOPILKA_SECRETS_MASTER_KEY", "s3cret")]);
    assert!(said.contains("KOPILKA_SECRETS_MASTER_KEY") && !said.contains("s3cret"), "{said}");
    let said = complaint("[database]\nurl = \"s3cret:s3cret@host\"", &[]);
    assert!(!said.contains("s3cret"), "{said}");
    let config = load("[database]\nurl = \"postgres://me:s3cret@host/shop\"", &[]).unwrap();
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[test]
fn a_named_file_must_exist() {
    let missing = PathBuf::from("no-such-folder/kopilka.toml");
    let error = Config::load(Some(&missing), []).unwrap_err().to_string();
    assert!(error.contains("no-such-folder/kopilka.toml"), "{error}");
    let variables = [(OsString::from("KOPILKA_CONFIG"), OsString::from("no-such-folder/other.toml"))];
    let error = Config::load(None, variables).unwrap_err().to_string();
    assert!(error.contains("no-such-folder/other.toml"), "{error}");
}

#[test]
fn payout_rules_are_found_by_kind_and_currency() {
    let text = "[payouts]\nreview_above = [\"5000 RUB\"]\nlimits = [\
        { kind = \"*\", currency = \"RUB\", minimum = \"100\", maximum = \"1000\" },\
        { kind = \"card\", currency = \"RUB\", minimum = \"50.00\", maximum = \"15000\", fee_percent = \"1.5\", max_open = 2 }]";
    let payouts = load(text, &[]).unwrap().payouts;
    let card = payouts.rule("card", Currency::RUB).unwrap();
    assert_eq!((card.minimum.minor(), card.daily.minor(), card.max_open), (5000, 1_500_000, 2));
    assert_eq!(payouts.rule("wallet", Currency::RUB).unwrap().minimum.minor(), 10_000);
    assert!(payouts.rule("card", Currency::EUR).is_none());
    assert_eq!(payouts.review_from(Currency::RUB).unwrap().to_string(), "5000.00 RUB");
    for bad in
        ["minimum = \"5\", maximum = \"4\"", "minimum = \"-1\", maximum = \"4\"", "minimum = \"1\", maximum = \"x\""]
    {
        let said = complaint(&format!("[payouts]\nlimits = [{{ kind = \"*\", currency = \"RUB\", {bad} }}]"), &[]);
        assert!(said.contains("payouts.limits"), "{said}");
    }
}

#[test]
fn a_master_key_is_made_once_for_its_owner_alone() {
    let folder = TempDir::new().unwrap();
    let database = format!("sqlite:{}", folder.path().join("kopilka.db").display());
    let config = load("", &[("KOPILKA_DATABASE_URL", &database)]).unwrap();
    let file = folder.path().join("kopilka.key");
    assert_eq!(config.master_key_path(), file);
    assert!(config.master_key(false).unwrap_err().to_string().contains("kopilka.key"));
    assert!(!file.exists(), "looking makes no key");

    let (made, origin) = config.master_key(true).unwrap();
    assert_eq!(origin, KeyOrigin::Made(file.clone()));
    let (again, origin) = config.master_key(true).unwrap();
    assert_eq!((again.id(), origin), (made.id(), KeyOrigin::File(file.clone())));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    std::fs::write(&file, "damaged").unwrap();
    assert!(config.master_key(true).unwrap_err().to_string().contains("64 hexadecimal digits"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "damaged", "a damaged key is not replaced");
}
