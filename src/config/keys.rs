//! The table of every key: its path, its default as TOML, what it means. The sample file, the names of the
//! environment variables and the check for unknown keys all come from here.

use std::fmt::Write as _;

/// How a key's value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text: an environment variable is taken word for word.
    Text,
    /// A number or true/false.
    Plain,
    /// A list: an environment variable holds a TOML list, or texts with commas between.
    List,
}

/// One key of the configuration.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its path: `database.url`.
    pub path: &'static str,
    /// How it is written.
    pub kind: Kind,
    /// Its default as TOML; `None` when there is none.
    pub default: Option<&'static str>,
    /// An example as TOML, shown as a comment.
    pub example: Option<&'static str>,
    /// What it means.
    pub doc: &'static str,
}

impl Key {
    /// The environment variable that overrides it: `KOPILKA_DATABASE_URL`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.path.replace('.', "_").to_uppercase())
    }
}

/// What every environment variable of ours begins with.
pub const PREFIX: &str = "KOPILKA_";
/// The variable that names the file.
pub const FILE_VARIABLE: &str = "KOPILKA_CONFIG";

const fn key(path: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Key {
    Key { path, kind, default: Some(default), example: None, doc }
}
const fn optional(path: &'static str, kind: Kind, example: &'static str, doc: &'static str) -> Key {
    Key { path, kind, default: None, example: Some(example), doc }
}
const fn shown(path: &'static str, default: &'static str, example: &'static str, doc: &'static str) -> Key {
    Key { path, kind: Kind::List, default: Some(default), example: Some(example), doc }
}

/// Every key, in the order of the sample file.
pub const KEYS: &[Key] = &[
    key("listen", Kind::Text, "\"127.0.0.1:8080\"", "Address and port that the server listens on."),
    key(
        "role",
        Kind::Text,
        "\"all\"",
        "all: everything. redirect: this server follows tracking links alone and hands clicks to the stream (see stream\n\
         below). The same as serve --role.",
    ),
    key(
        "public_url",
        Kind::Text,
        "\"http://127.0.0.1:8080\"",
        "How browsers and partners reach this server: tracking links and postback addresses begin with it.\n\
         Without https, cookies are not marked Secure: fit for trying out only.",
    ),
    shown(
        "trusted_proxies",
        "[]",
        "[\"127.0.0.1/32\", \"10.0.0.0/8\"]",
        "Networks of the reverse proxies whose X-Forwarded-For header is believed. Empty: nobody's.",
    ),
    key("language", Kind::Text, "\"en\"", "Language of those who did not choose one: en or ru."),
    key(
        "database.url",
        Kind::Text,
        "\"sqlite:kopilka.db\"",
        "sqlite:<path> for a file on this machine (one server), postgres://user:password@host/name for PostgreSQL.",
    ),
    key("database.readers", Kind::Plain, "8", "Connections for reading, 1 to 256."),
    key(
        "database.batch",
        Kind::Plain,
        "1024",
        "How many writes that wait together are committed together at most, 1 to 8192. They never wait for more to come;\n\
         1 commits each by itself, which is many times slower and no safer.",
    ),
    key(
        "database.click_writers",
        Kind::Plain,
        "1",
        "How many connections write clicks to PostgreSQL, 1 to 16. More help where a commit takes long, as with a replica that\n\
         is waited for; each of them then writes smaller sets. Clicks from the stream are written one set after the other, and\n\
         SQLite has one writer.",
    ),
    optional(
        "secrets.master_key",
        Kind::Text,
        "\"64 hexadecimal digits\"",
        "Key that encrypts partners' and shoppers' secrets in the database. When it is lost they are lost too.",
    ),
    optional(
        "secrets.master_key_file",
        Kind::Text,
        "\"kopilka.key\"",
        "File with that key. Without either, kopilka.key beside the database is used, and made on first use.",
    ),
    Key {
        path: "secrets.other_master_keys",
        kind: Kind::List,
        default: Some("[]"),
        example: Some("[\"64 hexadecimal digits\"]"),
        doc: "Keys that open what they sealed and seal nothing: while the master key is being replaced. Beside a key file, the\n\
              file with .replaced after its name is read as well.",
    },
    key("links.ttl_hours", Kind::Plain, "72", "How long a tracking link can be followed, in hours."),
    key(
        "clicks.retention_days",
        Kind::Plain,
        "400",
        "How long clicks that led to no order are kept, in days. Longer than any partner takes to report.",
    ),
    shown(
        "stream.servers",
        "[]",
        "[\"nats://10.0.0.1:4222\", \"nats://10.0.0.2:4222\", \"nats://10.0.0.3:4222\"]",
        "Servers of one NATS cluster with JetStream that keep clicks until a worker has written them to the database:\n\
         nats:// or tls:// addresses. For servers with role redirect, and for kopilka worker. Empty: there is no stream.",
    ),
    optional("stream.user", Kind::Text, "\"kopilka\"", "User that signs in at the NATS servers."),
    optional(
        "stream.password",
        Kind::Text,
        "\"a-long-password\"",
        "Its password. Without stream.user it is sent as a token.",
    ),
    optional(
        "stream.ca_file",
        Kind::Text,
        "\"nats-ca.pem\"",
        "Certificates (PEM) that tls:// servers are checked with. Without it the system's are used.",
    ),
    key(
        "stream.name",
        Kind::Text,
        "\"kopilka-clicks\"",
        "Name of the stream. Clicks that cannot be stored are kept in a second one, with -aside after the name.",
    ),
    key(
        "stream.replicas",
        Kind::Plain,
        "3",
        "On how many servers each click is kept, 1 or 3. It counts when the stream is made.",
    ),
    key(
        "stream.consume",
        Kind::Plain,
        "false",
        "Whether a server with role all moves clicks from the stream into the database, beside or instead of\n\
         kopilka worker.",
    ),
    key(
        "limits.sign_in_per_minute",
        Kind::Plain,
        "10",
        "Sign-ins and sign-ups per minute from one address, and for one account.",
    ),
    key("limits.links_per_minute", Kind::Plain, "60", "Tracking links per minute for one shopper."),
    key("limits.payouts_per_hour", Kind::Plain, "30", "Payout requests per hour for one shopper."),
    key(
        "limits.refused_kept_per_minute",
        Kind::Plain,
        "60",
        "Refused postbacks per minute and partner that are kept; further ones are only counted.",
    ),
    shown(
        "limits.adjustment_maximum",
        "[]",
        "[\"5000.00 RUB\", \"50.00 EUR\"]",
        "The most that one operator may correct shoppers' balances by within a day, one amount for each currency.\n\
         A currency without an entry has no maximum.",
    ),
    key(
        "accounts.unconfirmed_days",
        Kind::Plain,
        "7",
        "For how many days an account whose address is not confirmed waits for that; then it is forgotten. 2 or more: the code\n\
         in the letter is good for two days.",
    ),
    key("claims.answer_days", Kind::Plain, "30", "How many days a claim of a missing order may take to be answered."),
    key(
        "alarms.watch_disks",
        Kind::Plain,
        "true",
        "Whether operators are warned when a disk that this server writes to is nearly full.",
    ),
    shown(
        "payouts.review_above",
        "[]",
        "[\"5000.00 RUB\", \"50.00 EUR\"]",
        "From these amounts on, one for each currency, an operator has to approve a payout.",
    ),
    key(
        "payouts.cool_off_hours",
        Kind::Plain,
        "48",
        "How long a new payout method waits before its first use, in hours.",
    ),
    shown(
        "payouts.limits",
        "[]",
        "[{ kind = \"card\", currency = \"RUB\", minimum = \"100.00\", maximum = \"15000.00\", daily = \"30000.00\", \
         fee_fixed = \"0\", fee_percent = \"1.5\", max_open = 1 }]",
        "Limits and fees by kind of payout method (* for every kind) and currency, in major units as text.\n\
         A kind and currency without an entry cannot be paid out. daily (default: maximum) is for 24 hours;\n\
         fee_fixed and fee_percent (default: 0) are kept from the amount; max_open (default: 1) is how many payouts\n\
         of one shopper may be under way.",
    ),
    shown(
        "payouts.providers",
        "[]",
        "[{ kind = \"yookassa\", gateway = \"500000\", key = \"test_…\", kinds = [\"card\", \"sbp\", \"yoomoney\"] }]",
        "Payout providers beside the sandbox bank, in the order in which they are chosen; in a file also as\n\
         [[payouts.providers]]. docs/PAYOUTS.md lists the keys of each kind.",
    ),
    shown(
        "payouts.second_above",
        "[]",
        "[\"50000.00 RUB\", \"500.00 EUR\"]",
        "From these amounts on, one for each currency, two operators have to approve a payout that waits for one.",
    ),
    shown(
        "payouts.review.person_day",
        "[]",
        "[\"10000.00 RUB\"]",
        "An operator looks first at a payout when the shopper asks for more than this within 24 hours. One amount for each\n\
         currency, as in the next two.",
    ),
    shown("payouts.review.destination_day", "[]", "[\"10000.00 RUB\"]", "The same for one destination, whoever asks."),
    shown("payouts.review.overall_day", "[]", "[\"300000.00 RUB\"]", "The same for all shoppers together."),
    key(
        "payouts.review.shared_destination",
        Kind::Plain,
        "true",
        "Whether an operator looks first when other accounts saved the same destination. Known for what is the same text\n\
         each time; a card's token that is new each time tells nothing.",
    ),
    key(
        "payouts.review.self_referral",
        Kind::Plain,
        "true",
        "Whether an operator looks first when the shopper's address belongs to somebody who acts for a partner that the\n\
         orders came from.",
    ),
    key(
        "payouts.review.cancelled_orders",
        Kind::Plain,
        "5",
        "From how many orders on that were declined or reversed soon an operator looks first; 0: never.",
    ),
    key(
        "payouts.review.cancelled_percent",
        Kind::Plain,
        "50",
        "Which part of the shopper's orders these have to be, in percent.",
    ),
    key("payouts.review.cancelled_hours", Kind::Plain, "48", "How soon after the order that has to happen, in hours."),
    key(
        "payouts.review.quick_seconds",
        Kind::Plain,
        "0",
        "An operator looks first when an order was made within so many seconds of its click; 0: never. 10 is more than\n\
         anybody needs to follow a link and pay.",
    ),
    key(
        "payouts.review.network_accounts",
        Kind::Plain,
        "0",
        "From how many accounts on that ask for payouts from one network (an IPv4 /24, an IPv6 /48) within 24 hours an\n\
         operator looks first; 0: never. Homes and offices share a network: do not set it below 3.",
    ),
    key(
        "payouts.review.new_account_days",
        Kind::Plain,
        "0",
        "An operator looks first when the account is younger than so many days; 0: never.",
    ),
    key("payouts.review.look_back_days", Kind::Plain, "90", "How many days of orders the rules look at."),
    key("sandbox.url", Kind::Text, "\"\"", "Address of the sandbox bank (kopilka sandbox). Empty: not used."),
    optional("sandbox.key", Kind::Text, "\"sandbox-key\"", "API key of the sandbox bank."),
    optional(
        "sandbox.webhook_secret",
        Kind::Text,
        "\"sandbox-webhook\"",
        "What the sandbox bank signs its webhooks with.",
    ),
    key(
        "sandbox.public_key",
        Kind::Text,
        "\"sandbox-public\"",
        "Key of the sandbox bank that browsers turn card and wallet numbers into tokens with. Not a secret.",
    ),
    key(
        "site.time_zone",
        Kind::Text,
        "\"UTC\"",
        "Time zone of readers whose browser does not tell one: Europe/Moscow and the like.",
    ),
    optional(
        "site.folder",
        Kind::Text,
        "\"src/web\"",
        "Folder that templates, texts and static files are read from, anew for each page, to work on them without a build.",
    ),
    optional(
        "site.extension_folder",
        Kind::Text,
        "\"extension\"",
        "Folder with the packages of the browser extension that the page /extension offers: kopilka-chrome-VERSION.zip and\n\
         kopilka-firefox-VERSION.zip.",
    ),
    key("log.format", Kind::Text, "\"text\"", "text: lines for people. json: one object a line, for collectors."),
    key(
        "log.level",
        Kind::Text,
        "\"info\"",
        "error, warn, info, debug or trace; also by module: info,kopilka::http=debug.",
    ),
    key(
        "outgoing.allow_private",
        Kind::Plain,
        "false",
        "Whether this server may call private and loopback addresses (payout providers, partners' reporting).\n\
         Needed for a sandbox bank on the same machine.",
    ),
    key(
        "mail.outbox",
        Kind::Text,
        "\"outbox\"",
        "Maildir folder that outgoing mail is written to when mail.smtp is not set, for a mail program to take.",
    ),
    optional(
        "mail.smtp",
        Kind::Text,
        "\"smtps://user:password@mail.example\"",
        "Mail server: smtps:// with TLS from the start, smtp://…?tls=required with STARTTLS. Characters such as @ in a\n\
         password are written %40.",
    ),
    optional("mail.from", Kind::Text, "\"Kopilka <cashback@example.org>\"", "Whom letters are from."),
];

/// The sample file: every key with its meaning, its default and its environment variable.
#[must_use]
pub fn sample() -> String {
    let mut text = String::from(
        "# Kopilka's configuration. What is written here are the defaults; keys after a # have none.\n\
         # Every key can also be set by the environment variable named beside it, which wins over this file.\n",
    );
    let mut section = "";
    for key in KEYS {
        let (prefix, name) = key.path.rsplit_once('.').unwrap_or(("", key.path));
        if prefix != section {
            let _ = write!(text, "\n[{prefix}]\n");
            section = prefix;
        }
        let _ = writeln!(text);
        for line in key.doc.lines() {
            let _ = writeln!(text, "# {line}");
        }
        let _ = writeln!(text, "# {}", key.variable());
        if let Some(example) = key.example {
            let label = if key.default.is_some() { "For example: " } else { "" };
            let _ = writeln!(text, "# {label}{name} = {example}");
        }
        if let Some(default) = key.default {
            let _ = writeln!(text, "{name} = {default}");
        }
    }
    text
}
