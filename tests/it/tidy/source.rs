//! The project's own files as text, and Rust code with its comments and texts blanked out.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold what was made or fetched, not what was written.
const NOT_WRITTEN: [&str; 5] = [".git", ".kopilka", "demo-data", "node_modules", "target"];

/// One file: its path from the project's folder with `/` between the parts, and its text.
pub struct Source {
    pub path: String,
    pub text: String,
}

impl Source {
    /// Whether the path begins with one of `folders`, each written with its closing `/` (or a file's whole path).
    pub fn is_under(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.starts_with(folder))
    }

    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The Rust code alone: comments and the insides of texts become blanks, lines stay where they are.
    pub fn code(&self) -> String {
        blank(&self.text, true)
    }

    /// As [`Source::code`], with texts kept.
    pub fn code_and_texts(&self) -> String {
        blank(&self.text, false)
    }

    /// `path:line: what`, the form in which every violation is told.
    pub fn at(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files that are UTF-8 text, sorted by path.
pub fn all() -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root().to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if !NOT_WRITTEN.contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if let Ok(text) = fs::read_to_string(&path) {
                found.push(Source { path: relative(&path), text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.iter().any(|file| file.path == "src/lib.rs"), "the project's files were not found");
    found
}

/// The Rust files under `folder`, which is written with its closing `/`.
pub fn rust_under(folder: &str) -> Vec<Source> {
    all().into_iter().filter(|file| file.is_rust() && file.is_under(&[folder])).collect()
}

fn relative(path: &Path) -> String {
    let parts: PathBuf = path.strip_prefix(root()).unwrap().into();
    parts.to_string_lossy().replace('\\', "/")
}

/// Where `word` stands in `text` with no letter, digit or `_` beside it, as byte offsets.
pub fn word_offsets(text: &str, word: &str) -> Vec<usize> {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let opens = word.chars().next().is_some_and(|c| is_part(Some(c)));
    let closes = word.chars().last().is_some_and(|c| is_part(Some(c)));
    text.match_indices(word)
        .filter(|(at, _)| !opens || !is_part(text[..*at].chars().next_back()))
        .filter(|(at, _)| !closes || !is_part(text[at + word.len()..].chars().next()))
        .map(|(at, _)| at)
        .collect()
}

/// The line, counted from 1, of a byte offset.
pub fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// The text with comments replaced by blanks; with `texts` the insides of string and character literals too.
fn blank(text: &str, texts: bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let (end, hide) = token(&chars, at);
        let hide = hide == Hide::Always || (texts && hide == Hide::Text);
        out.extend(chars[at..end].iter().map(|c| if hide && *c != '\n' { ' ' } else { *c }));
        at = end;
    }
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Hide {
    Never,
    Text,
    Always,
}

/// The end of what begins at `at` (a comment, a literal, or one character), and whether it is to be hidden.
fn token(chars: &[char], at: usize) -> (usize, Hide) {
    let peek = |offset: usize| chars.get(at + offset).copied().unwrap_or('\0');
    let before = if at == 0 { ' ' } else { chars[at - 1] };
    match (peek(0), peek(1)) {
        ('/', '/') => (find(chars, at, |c| c == '\n'), Hide::Always),
        ('/', '*') => (comment_end(chars, at), Hide::Always),
        ('r', '"' | '#') if !before.is_alphanumeric() || before == 'b' => raw_text_end(chars, at),
        ('"', _) => (quoted_end(chars, at, '"'), Hide::Text),
        ('\'', '\\') => (quoted_end(chars, at, '\''), Hide::Text),
        ('\'', _) if peek(2) == '\'' => (at + 3, Hide::Text),
        _ => (at + 1, Hide::Never),
    }
}

fn find(chars: &[char], from: usize, wanted: impl Fn(char) -> bool) -> usize {
    (from..chars.len()).find(|at| wanted(chars[*at])).unwrap_or(chars.len())
}

fn comment_end(chars: &[char], at: usize) -> usize {
    let (mut depth, mut end) = (0, at);
    while end < chars.len() {
        match (chars[end], chars.get(end + 1)) {
            ('/', Some('*')) => (depth, end) = (depth + 1, end + 1),
            ('*', Some('/')) => (depth, end) = (depth - 1, end + 1),
            _ => {}
        }
        end += 1;
        if depth == 0 {
            break;
        }
    }
    end.min(chars.len())
}

fn quoted_end(chars: &[char], at: usize, quote: char) -> usize {
    let mut end = at + 1;
    while end < chars.len() && chars[end] != quote {
        end += if chars[end] == '\\' { 2 } else { 1 };
    }
    (end + 1).min(chars.len())
}

/// `r"…"`, `r#"…"#` and so on; a raw identifier (`r#type`) is no text.
fn raw_text_end(chars: &[char], at: usize) -> (usize, Hide) {
    let open = find(chars, at + 1, |c| c != '#');
    if chars.get(open) != Some(&'"') {
        return (at + 1, Hide::Never);
    }
    let hashes = open - at - 1;
    let closes =
        |end: &usize| chars[*end] == '"' && chars[*end + 1..].iter().take_while(|c| **c == '#').count() >= hashes;
    let end = (open + 1..chars.len()).find(closes).map_or(chars.len(), |end| end + 1 + hashes);
    (end, Hide::Text)
}

#[test]
fn comments_and_texts_are_blanked_and_code_is_not() {
    let check = |written: &str, code: &str| assert_eq!(blank(written, true), code, "{written}");
    check("a // b\nc", "a     \nc");
    check("a /* b /* c */ d */ e", "a                   e");
    check("x(\"// \\\" y\") z", "x(         ) z");
    check("r#\"a \" b\"# c", "           c");
    check("r#type 'a' &'a str '\\'' b", "r#type     &'a str      b");
    assert_eq!(blank("\"kept\" // gone", false), "\"kept\"        ");
    assert_eq!(word_offsets("f64 af64 f64_ (f64)", "f64"), [0, 15]);
}
