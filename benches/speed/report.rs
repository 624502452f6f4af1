//! What was measured, as a table for people and as `target/bench/summary.json` for programs.

use std::path::Path;

use serde_json::{Value, json};

/// What a row must come to.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    /// The ratio to the reference must not be less.
    RatioAtLeast(f64),
    /// The ratio to the reference must not be more.
    RatioAtMost(f64),
    /// The value itself must not be more.
    AtMost(f64),
    /// Nothing: it is there to be compared.
    Shown,
}

/// One row.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its name, as documents speak of it.
    pub name: &'static str,
    /// The median of what was measured.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// What it is held against, with the median of that.
    pub reference: Option<(&'static str, f64)>,
    /// The median of the ratios within each round.
    pub ratio: Option<f64>,
    /// What is wanted.
    pub goal: Goal,
}

impl Row {
    /// A row held against a reference: each round gives a value of its own and one of the reference.
    pub fn beside(
        name: &'static str,
        unit: &'static str,
        values: &[f64],
        (reference, references): (&'static str, &[f64]),
        goal: Goal,
    ) -> Self {
        let ratios: Vec<f64> = values.iter().zip(references).map(|(value, of)| value / of).collect();
        let reference = Some((reference, median(references)));
        Self { name, value: median(values), unit, reference, ratio: Some(median(&ratios)), goal }
    }

    /// A row that stands alone.
    pub fn alone(name: &'static str, unit: &'static str, values: &[f64], goal: Goal) -> Self {
        Self { name, value: median(values), unit, reference: None, ratio: None, goal }
    }

    /// `None` where nothing is wanted.
    fn met(&self) -> Option<bool> {
        match (self.goal, self.ratio) {
            (Goal::RatioAtLeast(least), Some(ratio)) => Some(ratio >= least),
            (Goal::RatioAtMost(most), Some(ratio)) => Some(ratio <= most),
            (Goal::AtMost(most), _) => Some(self.value <= most),
            (Goal::Shown, _) => None,
            (Goal::RatioAtLeast(_) | Goal::RatioAtMost(_), None) => Some(false),
        }
    }

    fn goal(&self) -> String {
        match self.goal {
            Goal::RatioAtLeast(least) => format!("≥ {least:.1} ×"),
            Goal::RatioAtMost(most) => format!("≤ {most:.1} ×"),
            Goal::AtMost(most) => format!("≤ {most:.0} {}", self.unit),
            Goal::Shown => "–".to_owned(),
        }
    }

    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "value": rounded(self.value),
            "unit": self.unit,
            "reference": self.reference.map(|(name, _)| name),
            "reference_value": self.reference.map(|(_, value)| rounded(value)),
            "ratio": self.ratio.map(rounded),
            "goal": self.goal(),
            "met": self.met(),
        })
    }
}

/// Three digits after the point say more than the measurement knows.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// The middle one; of an even number the lower of the two.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().expect("something was measured")
}

/// Three or more digits need none after the point.
fn short(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

/// Prints the table, and writes the summary.
pub fn tell(rows: &[Row], notes: &[String], file: &Path) {
    println!("\n| name | measured | reference | ratio | goal | met |\n|---|---|---|---|---|---|");
    for row in rows {
        let reference = row.reference.map_or("–".to_owned(), |(name, value)| format!("{name}: {}", short(value)));
        let ratio = row.ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}"));
        let met = row.met().map_or("–", |met| if met { "yes" } else { "**no**" });
        println!(
            "| `{}` | {} {} | {reference} | {ratio} | {} | {met} |",
            row.name,
            short(row.value),
            row.unit,
            row.goal()
        );
    }
    println!();
    for note in notes {
        println!("{note}");
    }
    let summary = Value::Array(rows.iter().map(Row::json).collect());
    std::fs::create_dir_all(file.parent().expect("a file in a folder")).expect("a folder for the summary");
    std::fs::write(file, format!("{summary:#}\n")).expect("the summary is written");
    println!("written to {}", file.display());
}
