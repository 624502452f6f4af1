//! The bank's own record: one JSON object a line, appended and synced before anything is answered. It shares nothing
//! with Kopilka's database, so the two can be compared.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::book::{Destination, Movement, Record};

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub(super) enum Line {
    /// A destination became a token.
    Destination(Destination),
    /// A payout as it is from now on; the last one counts.
    Payout(Record),
    /// Money moved.
    Moved(Movement),
    /// The virtual clock was set: seconds ahead of the real one.
    Clock {
        /// Seconds.
        offset_seconds: i64,
    },
}

/// Where the lines go.
#[derive(Debug)]
pub(super) enum Journal {
    /// Nowhere: lost with the process.
    Memory,
    /// A file.
    File(File),
}

impl Journal {
    /// Opens or makes the file and reads what it holds. A last line without its end was not answered for: it is cut.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Vec<Line>)> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let whole = text.rfind('\n').map_or("", |end| text.get(..=end).unwrap_or(""));
        let lines = whole.lines().map(serde_json::from_str).collect::<Result<Vec<Line>, _>>()?;
        let length = u64::try_from(whole.len()).map_err(io::Error::other)?;
        file.set_len(length)?;
        file.seek(SeekFrom::End(0))?;
        Ok((Self::File(file), lines))
    }

    /// Appends and syncs, all lines in one write.
    pub(super) fn append(&mut self, lines: &[Line]) -> io::Result<()> {
        let Self::File(file) = self else { return Ok(()) };
        let mut text = Vec::new();
        for line in lines {
            serde_json::to_writer(&mut text, line)?;
            text.push(b'\n');
        }
        file.write_all(&text)?;
        file.sync_data()
    }
}
