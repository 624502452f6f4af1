//! A disk that can be filled up.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A disk of its own, in memory, that only its own processes see. Goes with this value.
pub struct Disk {
    place: TempDir,
    /// What a program is run inside of, to see it.
    pub inside: Vec<String>,
    keeper: Child,
}

impl Disk {
    /// Makes one of so many MiB: as root of a user namespace, else as the machine's root. `None` where neither is allowed.
    pub fn make(size: u32) -> Option<Self> {
        Self::make_with(size, &["-U", "-r", "-m"], &["-U", "-m", "--preserve-credentials"])
            .or_else(|| Self::make_for_others(size))
    }

    /// Makes one that programs of other users run on as well; `None` where only the user's own are allowed.
    pub fn make_for_others(size: u32) -> Option<Self> {
        Self::make_with(size, &["-m"], &["-m"])
    }

    fn make_with(size: u32, unshare: &[&str], enter: &[&str]) -> Option<Self> {
        let place = TempDir::new().unwrap();
        let script = format!("mount -t tmpfs -o size={size}m,mode=755 disk \"$1\" && echo made && cat");
        let mut command = Command::new("unshare");
        command.args(unshare).args(["sh", "-c", &script, "sh"]).arg(place.path());
        let mut keeper = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let mut told = String::new();
        BufReader::new(keeper.stdout.as_mut().unwrap()).read_line(&mut told).unwrap();
        let target = keeper.id().to_string();
        let words = ["nsenter", "-t", &target].into_iter().chain(enter.iter().copied()).chain(["--"]);
        let inside = words.map(str::to_owned).collect();
        let disk = Self { place, inside, keeper };
        (told.trim() == "made").then_some(disk)
    }

    /// Where it is, for this process.
    pub fn place(&self) -> &Path {
        self.place.path()
    }

    /// How this process finds what those inside call `/`.
    pub fn root(&self) -> PathBuf {
        format!("/proc/{}/root", self.keeper.id()).into()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// Runs a shell's line inside; whether it succeeded.
    pub fn shell(&self, line: &str) -> bool {
        let mut command = Command::new(&self.inside[0]);
        command.args(&self.inside[1..]).args(["sh", "-c", line, "sh"]).arg(self.place.path());
        command.stderr(Stdio::null()).status().unwrap().success()
    }

    /// A neighbour's file takes all room but so many KiB.
    pub fn fill(&self, left: u32) {
        // The load writes meanwhile: that the neighbour finds less room than there was a moment ago is no failure.
        let line = "free=$(df -k --output=avail \"$1\" | tail -n 1); head -c $(((free - left) * 1024)) /dev/zero >\"$1/neighbour\"";
        self.shell(&format!("left={left}; {line}; test -e \"$1/neighbour\""));
    }

    pub fn make_room(&self) {
        assert!(self.shell("rm \"$1/neighbour\""));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}
