//! The style that can be checked: limits, words, what a part of the code may hold. Each test lists all that it found.

mod floors;
mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

pub use source::rust_under;
use source::{Source, line_of, word_offsets};

/// Lines that a file may have.
const LINES: usize = 500;

/// Kinds of file that [`LINES`] is for, by ending or whole name. Prose and data are as long as they are.
const LIMITED: [&str; 11] =
    [".rs", ".sh", ".sql", ".toml", ".html", ".css", ".js", ".py", ".ftl", "Makefile", ".ci/run"];

/// Files whose text was not written here.
const NOT_OURS: [&str; 4] = ["Cargo.lock", "LICENSE-APACHE", "LICENSE-MIT", "tests/data/"];

/// A word that is not written, and what is.
const WORDS: [(&str, &str); 12] = [
    ("blacklist", "blocklist"),
    ("whitelist", "allowlist"),
    ("master/slave", "primary and replica"),
    ("sanity check", "check"),
    ("dummy", "say what it stands for"),
    ("grandfathered", "kept from before"),
    ("utilize", "use"),
    ("utilise", "use"),
    ("cash back", "cashback"),
    ("post back", "postback"),
    ("post-back", "postback"),
    ("cashout", "payout"),
];

/// Fails with every violation on a line of its own.
pub fn report(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule} ({}):\n  {}", broken.len(), broken.join("\n  "));
}

/// Each of `words` in the code (not the comments or texts) of the Rust files in `folders`.
fn words_in_code(folders: &[&str], words: &[(&str, &str)]) -> Vec<String> {
    let mut broken = Vec::new();
    for file in rust_under("src/").iter().filter(|file| file.is_under(folders)) {
        let code = file.code();
        for (word, why) in words {
            for offset in word_offsets(&code, word) {
                broken.push(file.at(line_of(&code, offset), &format!("`{word}`: {why}")));
            }
        }
    }
    broken
}

#[test]
fn files_are_short() {
    let long = |file: &Source| {
        let lines = file.text.lines().count();
        let limited = LIMITED.iter().any(|ending| file.path.ends_with(ending)) || file.path.starts_with("scripts/");
        (limited && !file.is_under(&NOT_OURS) && lines > LINES).then(|| file.at(lines, "is too long"))
    };
    report(&format!("files of more than {LINES} lines"), &source::all().iter().filter_map(long).collect::<Vec<_>>());
}

#[test]
fn the_library_holds_no_tests() {
    let why = "tests live in tests/it: the library is built once for all of them";
    report("tests under src", &words_in_code(&["src/"], &[("#[test]", why), ("cfg(test)", why), ("::test]", why)]));
}

#[test]
fn the_domain_is_pure() {
    let words = [
        ("Clock", "the time is an argument"),
        ("Instant", "the time is an argument"),
        ("Local::now", "the time is an argument"),
        ("SystemTime", "the time is an argument"),
        ("Utc::now", "the time is an argument"),
        ("now_v7", "an id is an argument"),
        ("new_v4", "an id is an argument"),
        ("getrandom", "random bytes are an argument"),
        ("random_bytes", "random bytes are an argument"),
        ("Secret::random", "random bytes are an argument"),
        ("rand", "random bytes are an argument"),
        ("async", "the domain waits for nothing"),
        ("tokio", "the domain waits for nothing"),
        ("std::fs", "the domain does no I/O"),
        ("std::io", "the domain does no I/O"),
        ("TcpStream", "the domain does no I/O"),
        ("TcpListener", "the domain does no I/O"),
        ("UdpSocket", "the domain does no I/O"),
        ("ToSocketAddrs", "the domain does no I/O"),
        ("std::env", "the domain does no I/O"),
        ("std::process", "the domain does no I/O"),
        ("tracing", "the domain does no I/O"),
    ];
    report("the domain is not pure", &words_in_code(&["src/domain"], &words));
}

#[test]
fn ids_are_not_made_in_the_domain() {
    let mut broken = Vec::new();
    for file in rust_under("src/domain") {
        let code = file.code();
        // Of any kind: `ClickId::new()` ends in these letters as well.
        for (offset, _) in code.match_indices("Id::new()") {
            broken.push(file.at(line_of(&code, offset), "an id is an argument"));
        }
    }
    report("the domain makes ids", &broken);
}

#[test]
fn money_never_meets_a_float() {
    let why = "money is an integer, a rate is a Decimal";
    let mut broken = words_in_code(&["src/base", "src/domain", "src/service", "src/db"], &[("f32", why), ("f64", why)]);
    broken.extend(words_in_code(&["src/db"], &[("Double", why), ("Numeric", "is a float on SQLite")]));
    report("floats where money is", &broken);
}

#[test]
fn nothing_is_left_for_later() {
    let marks = [["FIX", "ME"].concat(), ["TO", "DO"].concat(), ["X", "XX"].concat(), ["to", "do!"].concat()];
    let mut broken = Vec::new();
    for file in written() {
        for (mark, offset) in
            marks.iter().flat_map(|mark| word_offsets(&file.text, mark).into_iter().map(move |at| (mark, at)))
        {
            broken.push(file.at(line_of(&file.text, offset), &format!("`{mark}`: do it, or file an issue")));
        }
    }
    report("work left lying", &broken);
}

#[test]
fn words_are_well_chosen() {
    let mut broken = Vec::new();
    for file in written().iter().filter(|file| file.path != "tests/it/tidy.rs") {
        let text = file.text.to_lowercase();
        for (word, instead) in WORDS {
            for offset in text.match_indices(word).map(|hit| hit.0) {
                broken.push(file.at(line_of(&text, offset), &format!("`{word}`: write {instead}")));
            }
        }
    }
    report("words that are not ours", &broken);
}

#[test]
fn no_registry_is_named() {
    // A build goes through the registry that its machine is set up with, so nothing we write ties it to one.
    let hosts = [["crates", ".io"], ["pypi", ".org"], ["npmjs", ".com"], ["npmjs", ".org"], ["pythonhosted", ".org"]];
    let mut broken = Vec::new();
    for file in written() {
        for host in hosts.map(|parts| parts.concat()) {
            for (offset, _) in file.text.match_indices(&host) {
                broken.push(file.at(line_of(&file.text, offset), "names a package registry's host"));
            }
        }
    }
    report("package registries named", &broken);
}

#[test]
fn every_module_says_what_it_is() {
    let files = source::all().into_iter().filter(|file| file.is_rust() && !file.is_under(&["target/"]));
    let silent = |file: Source| (!file.text.starts_with("//! ")).then(|| file.at(1, "does not begin with `//! …`"));
    report("modules without a word about themselves", &files.filter_map(silent).collect::<Vec<_>>());
}

#[test]
fn every_variable_is_documented() {
    let is_doc = |file: &&Source| {
        !file.is_under(&["src/", "tests/", "target/"])
            && [".md", ".toml", ".env", ".service", ".yml", ".yaml"].iter().any(|ending| file.path.ends_with(ending))
    };
    let files = source::all();
    let documented: BTreeSet<&str> =
        files.iter().filter(is_doc).flat_map(|file| variables(&file.text)).map(|(_, name)| name).collect();
    let mut broken = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() && file.is_under(&["src/"])) {
        let code = file.code_and_texts();
        for (line, name) in variables(&code).into_iter().filter(|(_, name)| !documented.contains(name)) {
            broken.push(file.at(line, &format!("{name} is in no document and no sample configuration")));
        }
    }
    report("environment variables that nobody can know of", &broken);
}

/// What is counted, what Prometheus is told of it and what an operator can read about it are one list.
#[test]
fn every_metric_is_described() {
    let (mut counted, mut described) = (BTreeSet::new(), BTreeSet::new());
    for file in source::rust_under("src") {
        let code = file.code_and_texts();
        for (at, _) in code.match_indices("!(") {
            let Some(name) = code[at + 2..].trim_start().strip_prefix("\"kopilka_") else { continue };
            let name = format!("kopilka_{}", name.split('"').next().unwrap_or_default());
            let called = code[..at].rsplit(|c: char| !c.is_ascii_lowercase() && c != '_').next().unwrap_or_default();
            match called.strip_prefix("describe_") {
                Some(kind) => described.insert((kind.to_owned(), name)),
                None => counted.insert((called.to_owned(), name)),
            };
        }
    }
    assert!(counted.len() > 15, "{counted:?}");
    assert_eq!(counted, described, "metrics that are counted, and those that src/http/metrics.rs describes");
    let manual = std::fs::read_to_string(source::root().join("docs/OPERATING.md")).unwrap();
    let (_, list) = manual.split_once("### What `/metrics` tells\n").unwrap();
    let (list, _) = list.split_once("\n#").unwrap();
    let told: BTreeSet<&str> = list
        .lines()
        .filter(|line| line.starts_with("| `"))
        .flat_map(|line| line.split('`'))
        .filter(|word| word.starts_with("kopilka_"))
        .collect();
    let names: BTreeSet<&str> = counted.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(told, names, "metrics in the list of docs/OPERATING.md, and those that are counted");
}

/// `KOPILKA_…` names with their lines.
fn variables(text: &str) -> Vec<(usize, &str)> {
    let name = |at: usize| {
        text[at..]
            .split(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_')
            .next()
            .unwrap_or_default()
    };
    text.match_indices("KOPILKA_").map(|(at, _)| (line_of(text, at), name(at))).collect()
}

#[test]
fn migrations_are_the_same_in_both_databases() {
    let (sqlite, postgres) = ("migrations/sqlite", "migrations/postgres");
    let (of_sqlite, of_postgres) = (folders_in(sqlite), folders_in(postgres));
    let mut broken = Vec::new();
    for (here, names, other) in [(sqlite, &of_sqlite, &of_postgres), (postgres, &of_postgres, &of_sqlite)] {
        broken.extend(names.difference(other).map(|name| format!("{here}/{name}:1: the other database has none")));
        for file in names.iter().flat_map(|name| ["up.sql", "down.sql"].map(|file| format!("{here}/{name}/{file}"))) {
            let text = fs::read_to_string(source::root().join(&file)).unwrap_or_default();
            if text.trim().is_empty() {
                broken.push(format!("{file}:1: is missing or empty"));
            }
        }
    }
    report("migrations that do not match", &broken);
}

fn folders_in(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(source::root().join(folder)).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn a_newcomer_finds_the_way() {
    let wanted = [
        ("README.md", "make demo"),
        ("README.md", "make test"),
        ("CONTRIBUTING.md", "make lint"),
        ("CONTRIBUTING.md", "make test"),
        ("docs/TESTING.md", "TEST_DATABASE_URL"),
    ];
    let read = |path: &str| fs::read_to_string(source::root().join(path)).unwrap_or_default();
    let missing = wanted.iter().filter(|(path, words)| !read(path).contains(words));
    report(
        "what a newcomer looks for",
        &missing.map(|(path, words)| format!("{path}:1: does not mention `{words}`")).collect::<Vec<_>>(),
    );
}

#[test]
fn every_named_target_exists() {
    let makefile = fs::read_to_string(source::root().join("Makefile")).unwrap();
    let targets: BTreeSet<&str> =
        makefile.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name).collect();
    let mut broken = Vec::new();
    for file in source::all().iter().filter(|file| file.path.ends_with(".md")) {
        for (offset, quoted) in file.text.match_indices("`make ").map(|(at, hit)| (at, &file.text[at + hit.len()..])) {
            let target = quoted.split(|c: char| !c.is_ascii_lowercase() && c != '-').next().unwrap_or_default();
            if !targets.contains(target) {
                broken.push(file.at(line_of(&file.text, offset), &format!("`make {target}` does not exist")));
            }
        }
    }
    report("targets that the Makefile does not have", &broken);
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut broken = Vec::new();
    for file in source::all().iter().filter(|file| file.path.ends_with(".md")) {
        let folder = source::root().join(&file.path).parent().unwrap().to_path_buf();
        for (offset, after) in file.text.match_indices("](").map(|(at, hit)| (at, &file.text[at + hit.len()..])) {
            let target = after.split([')', '#', ' ']).next().unwrap_or_default();
            let elsewhere = target.is_empty() || target.contains("://") || target.starts_with("mailto:");
            if !elsewhere && !folder.join(target).exists() {
                broken.push(file.at(line_of(&file.text, offset), &format!("`{target}` is not there")));
            }
        }
    }
    report("links that lead nowhere", &broken);
}

#[test]
fn scripts_stop_at_the_first_failure() {
    let is_script = |file: &Source| {
        file.path.starts_with("scripts/") || file.path.starts_with(".ci/") || file.path.ends_with(".sh")
    };
    let mut broken = Vec::new();
    for file in source::all()
        .iter()
        .filter(|file| is_script(file) && file.text.lines().next().is_some_and(|line| line.contains("bash")))
    {
        if !file.text.contains("\nset -euo pipefail\n") {
            broken.push(file.at(1, "has no `set -euo pipefail`"));
        }
        if !is_executable(&source::root().join(&file.path)) {
            broken.push(file.at(1, "cannot be executed"));
        }
    }
    report("scripts that go on after a failure or cannot be run", &broken);
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Path) -> bool {
    true
}

/// The files that were written here, in whatever language.
fn written() -> Vec<Source> {
    source::all()
        .into_iter()
        .filter(|file| !file.is_under(&NOT_OURS) && !file.path.ends_with("package-lock.json"))
        .collect()
}
