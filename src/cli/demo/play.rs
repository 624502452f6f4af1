//! What the journey did, step by step: told to people as it happens, or kept for one JSON document.

use serde::Serialize;

use crate::cli::{CliError, say, say_json};

/// One step.
#[derive(Debug, Serialize)]
struct Step {
    name: &'static str,
    ok: bool,
    detail: String,
}

/// The whole journey as JSON.
#[derive(Serialize)]
struct Document<'p> {
    steps: &'p [Step],
    ledger: &'p str,
    ok: bool,
}

/// The journey so far.
#[derive(Debug)]
pub(super) struct Play {
    json: bool,
    bold: bool,
    steps: Vec<Step>,
}

/// What became of a step: what to tell about it, or what was not as promised.
pub(super) type Played = Result<Vec<String>, String>;

impl Play {
    pub(super) fn new(json: bool) -> Self {
        let bold = std::io::IsTerminal::is_terminal(&std::io::stdout()) && std::env::var_os("NO_COLOR").is_none();
        Self { json, bold, steps: Vec::new() }
    }

    fn styled(&self, code: &str, text: &str) -> String {
        if self.bold { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    pub(super) fn heading(&self, text: &str) {
        if !self.json {
            say(format!("\n{}", self.styled("1", text)));
        }
    }

    pub(super) fn lines(&self, lines: &[String]) {
        if !self.json {
            for line in lines {
                say(format!("  {line}"));
            }
        }
    }

    /// Notes a step. `title` is a sentence for people.
    pub(super) fn note(&mut self, name: &'static str, title: &str, played: Played) {
        let (ok, lines) = match played {
            Ok(lines) => (true, lines),
            Err(problem) => (false, vec![problem]),
        };
        if !self.json {
            let mark = if ok { self.styled("32", "ok") } else { self.styled("31;1", "NOT AS PROMISED") };
            say(format!(
                "\n{} {} — {mark}",
                self.styled("1", &format!("{:>2}.", self.steps.len() + 1)),
                self.styled("1", title)
            ));
            self.lines(&lines.iter().map(|line| format!("  {line}")).collect::<Vec<_>>());
        }
        self.steps.push(Step { name, ok, detail: lines.join("\n") });
    }

    /// Ends the journey. `ledger` is `clean` or the first finding.
    pub(super) fn finish(&self, ledger: &str) -> Result<bool, CliError> {
        let ok = ledger == "clean" && self.steps.iter().all(|step| step.ok);
        if self.json {
            say_json(&Document { steps: &self.steps, ledger, ok })?;
        } else {
            let good = self.steps.iter().filter(|step| step.ok).count();
            self.heading(&format!("{good} of {} steps were as promised; the ledger: {ledger}", self.steps.len()));
        }
        Ok(ok)
    }
}
