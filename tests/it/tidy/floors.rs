//! Which part of the library may name which other: the floors of docs/ARCHITECTURE.md as a table.

use super::report;
use super::source::{Source, line_of, rust_under, word_offsets};

/// A module of the library and those that it may name. Itself is always allowed.
const MAY_USE: [(&str, &[&str]); 13] = [
    ("base", &[]),
    ("domain", &["base"]),
    ("config", &["base", "domain"]),
    ("db", &["base", "config", "domain"]),
    ("provider", &["base", "config", "domain"]),
    ("stream", &["base", "config", "domain"]),
    ("service", &["base", "config", "db", "domain", "provider", "stream", "web"]),
    ("web", &["base", "config", "domain"]),
    ("http", &["base", "config", "db", "domain", "provider", "service", "web"]),
    ("job", &["base", "config", "db", "domain", "provider", "service", "stream", "web"]),
    ("simulator", &["base", "config", "domain", "provider"]),
    ("cli", &["base", "config", "db", "domain", "http", "job", "provider", "service", "simulator", "stream", "web"]),
    ("main", &["base", "cli", "config"]),
];

/// What only some parts may name, because it is their subject.
const AT_HOME: [(&str, &[&str]); 7] = [
    ("diesel", &["src/db/"]),
    ("diesel_migrations", &["src/db/"]),
    ("async_nats", &["src/stream/"]),
    ("reqwest", &["src/provider/", "src/simulator/", "src/cli/"]),
    ("actix_web", &["src/http/", "src/simulator/", "src/cli/"]),
    ("utoipa_actix_web", &["src/http/"]),
    ("utoipa_swagger_ui", &["src/http/"]),
];

#[test]
fn no_floor_names_one_above_it() {
    let mut broken = Vec::new();
    for file in rust_under("src/").iter().filter(|file| file.path != "src/lib.rs") {
        let module = module_of(file);
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
            broken.push(file.at(1, &format!("`{module}` has no floor: give it a line in tests/it/tidy/floors.rs")));
            continue;
        };
        for (line, named) in named_modules(file) {
            // What is not in the table is no module: a macro, which stands at the root wherever it is written.
            let is_module = MAY_USE.iter().any(|(name, _)| *name == named);
            if is_module && named != module && !allowed.contains(&named.as_str()) {
                broken.push(file.at(line, &format!("`{module}` may not name `{named}`")));
            }
        }
    }
    report("a part of the library names one that stands above or beside it", &broken);
}

#[test]
fn libraries_stay_where_they_belong() {
    let mut broken = Vec::new();
    for file in rust_under("src/") {
        let code = file.code();
        for (library, homes) in AT_HOME.iter().filter(|(_, homes)| !at_home(&file, homes)) {
            for offset in word_offsets(&code, library) {
                let what = format!("`{library}` is named outside {}", homes.join(", "));
                broken.push(file.at(line_of(&code, offset), &what));
            }
        }
    }
    report("a library is named outside the part that it belongs to", &broken);
}

/// A module may be one file (`src/cli.rs`) or a folder (`src/cli/`).
fn at_home(file: &Source, homes: &[&str]) -> bool {
    homes.iter().any(|home| file.path.starts_with(home) || file.path == format!("{}.rs", home.trim_end_matches('/')))
}

/// `db` for `src/db/clicks.rs` and for `src/db.rs`.
fn module_of(file: &Source) -> String {
    let inside = file.path.trim_start_matches("src/").trim_end_matches(".rs");
    inside.split('/').next().unwrap_or_default().to_owned()
}

/// The library's modules that a file names through `crate::`, `kopilka::` or enough of `super::`, with their lines.
fn named_modules(file: &Source) -> Vec<(usize, String)> {
    let code = file.code();
    let mut found = Vec::new();
    for root in ["crate::", "kopilka::", &"super::".repeat(depth(file))] {
        for offset in word_offsets(&code, root)
            .into_iter()
            .filter(|at| !root.starts_with("super") || !code[..*at].ends_with("::"))
        {
            let rest = &code[offset + root.len()..];
            found.extend(
                first_names(rest).into_iter().map(|(at, name)| (line_of(&code, offset + root.len() + at), name)),
            );
        }
    }
    found
}

/// How many `super::` lead from the file's module to the library's root.
fn depth(file: &Source) -> usize {
    let folders = file.path.matches('/').count();
    if file.path.ends_with("/mod.rs") { folders - 1 } else { folders }
}

/// The first name of a path, or of each path in `{…}`, with its byte offset.
fn first_names(rest: &str) -> Vec<(usize, String)> {
    let name_at = |at: usize| -> (usize, String) {
        let after = &rest[at..];
        let start = at + after.len() - after.trim_start().len();
        (start, rest[start..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
    };
    if !rest.starts_with('{') {
        return vec![name_at(0)];
    }
    let (mut names, mut depth) = (vec![name_at(1)], 0);
    for (at, c) in rest.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => names.push(name_at(at + 1)),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names.retain(|(_, name)| !name.is_empty() && name != "self");
    names
}

#[test]
fn every_way_of_naming_a_module_is_seen() {
    let text = "use crate::db::x;\nuse crate::{http::{a, b}, job};\nfn f() { super::service::go() }\n// crate::cli\n";
    let names = |path: &str| named_modules(&Source { path: path.to_owned(), text: text.to_owned() });
    let told =
        |path| names(path).into_iter().map(|(line, name)| format!("{line} {name}")).collect::<Vec<_>>().join(", ");
    assert_eq!(told("src/domain/mod.rs"), "1 db, 2 http, 2 job, 3 service");
    assert_eq!(told("src/domain/money.rs"), "1 db, 2 http, 2 job");
}
