//! What a test says of what it did.

/// Says a line past the test runner, which keeps what passing tests print to itself.
pub fn tell(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Says what was counted: in the long run past the test runner, too.
pub fn counted(line: &str) {
    if super::db::long() {
        tell(line);
    } else {
        println!("{line}");
    }
}
