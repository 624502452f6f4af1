//! Where the master key comes from: the configuration, a file, or a fresh file on first use.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::{Config, ConfigError};
use crate::base::secret::{MasterKey, random_bytes};

/// Where the master key was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyOrigin {
    /// In `secrets.master_key`.
    Configured,
    /// In this file.
    File(PathBuf),
    /// In this file, which was just made.
    Made(PathBuf),
}

impl Config {
    /// The file that holds the master key unless `secrets.master_key` is set: `secrets.master_key_file`, or
    /// `kopilka.key` beside the SQLite file (in the current folder for PostgreSQL).
    #[must_use]
    pub fn master_key_path(&self) -> PathBuf {
        if let Some(path) = &self.secrets.master_key_file {
            return path.clone();
        }
        self.sqlite_folder().unwrap_or_default().join("kopilka.key")
    }

    /// The folder that the SQLite file is in.
    #[must_use]
    pub fn sqlite_folder(&self) -> Option<PathBuf> {
        let path = self.database.url.expose().strip_prefix("sqlite:")?;
        Path::new(path.strip_prefix("//").unwrap_or(path)).parent().map(Path::to_owned)
    }

    /// The master key. With `make`, a missing file is created with a random key that only its owner can read.
    ///
    /// # Errors
    /// [`ConfigError`] that names the key or the file: malformed, unreadable, or missing and not to be made.
    pub fn master_key(&self, make: bool) -> Result<(MasterKey, KeyOrigin), ConfigError> {
        let (key, origin) = self.sealing_key(make)?;
        let mut others = Vec::new();
        for text in &self.secrets.other_master_keys {
            let other = MasterKey::from_hex(text.expose());
            others.push(other.map_err(|cause| ConfigError::key("secrets.other_master_keys", cause))?);
        }
        let path = self.replaced_key_path();
        if self.secrets.master_key.is_none() && path.exists() {
            let wrong = |cause: &dyn std::fmt::Display| ConfigError::MasterKeyFile {
                path: path.clone(),
                problem: cause.to_string(),
            };
            for line in std::fs::read_to_string(&path).map_err(|cause| wrong(&cause))?.lines() {
                others.push(MasterKey::from_hex(line).map_err(|cause| wrong(&cause))?);
            }
        }
        Ok((key.beside(others), origin))
    }

    /// The file beside the master key's that holds those that it replaced, one a line; read when it is there.
    #[must_use]
    pub fn replaced_key_path(&self) -> PathBuf {
        let mut name = self.master_key_path().into_os_string();
        name.push(".replaced");
        PathBuf::from(name)
    }

    /// Makes a new master key in the file; the one that was there moves to [`Config::replaced_key_path`]. Gives the new one's id.
    ///
    /// # Errors
    /// [`ConfigError`]: the key does not stand in a file, or the files cannot be written. The old key is never lost.
    pub fn replace_master_key(&self) -> Result<String, ConfigError> {
        if self.secrets.master_key.is_some() {
            let problem = "is set: put a new key there by hand, and this one into secrets.other_master_keys";
            return Err(ConfigError::key("secrets.master_key", problem));
        }
        let (path, replaced) = (self.master_key_path(), self.replaced_key_path());
        let wrong = |cause: &dyn std::fmt::Display| ConfigError::MasterKeyFile {
            path: path.clone(),
            problem: cause.to_string(),
        };
        let old = std::fs::read_to_string(&path).map_err(|cause| wrong(&cause))?;
        MasterKey::from_hex(&old).map_err(|cause| wrong(&cause))?;
        let known = if replaced.exists() {
            std::fs::read_to_string(&replaced).map_err(|cause| wrong(&cause))?
        } else {
            String::new()
        };
        let text = hex::encode(random_bytes(32).map_err(|cause| wrong(&cause))?);
        let fresh = MasterKey::from_hex(&text).map_err(|cause| wrong(&cause))?;
        // First the old key gets its second place, then the new one takes the first, each whole or not at all.
        let swap = |at: &Path, text: &str| {
            let mut name = at.to_path_buf().into_os_string();
            name.push(".new");
            let draft = PathBuf::from(name);
            create_private(&draft, text).and_then(|()| std::fs::rename(&draft, at))
        };
        swap(&replaced, format!("{}\n{known}", old.trim()).trim_end()).map_err(|cause| wrong(&cause))?;
        swap(&path, &text).map_err(|cause| wrong(&cause))?;
        Ok(fresh.id().to_owned())
    }

    fn sealing_key(&self, make: bool) -> Result<(MasterKey, KeyOrigin), ConfigError> {
        if let Some(text) = &self.secrets.master_key {
            let key =
                MasterKey::from_hex(text.expose()).map_err(|cause| ConfigError::key("secrets.master_key", cause))?;
            return Ok((key, KeyOrigin::Configured));
        }
        let path = self.master_key_path();
        let wrong = |cause: &dyn std::fmt::Display| ConfigError::MasterKeyFile {
            path: path.clone(),
            problem: cause.to_string(),
        };
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let key = MasterKey::from_hex(&text).map_err(|cause| wrong(&cause))?;
                Ok((key, KeyOrigin::File(path.clone())))
            }
            Err(cause) if cause.kind() == ErrorKind::NotFound && make => {
                let text = hex::encode(random_bytes(32).map_err(|cause| wrong(&cause))?);
                create_private(&path, &text).map_err(|cause| wrong(&cause))?;
                let key = MasterKey::from_hex(&text).map_err(|cause| wrong(&cause))?;
                Ok((key, KeyOrigin::Made(path.clone())))
            }
            Err(cause) => Err(wrong(&cause)),
        }
    }
}

/// Writes a new file that only its owner can read, and waits until it is on the disk: without it, what was
/// sealed is lost.
fn create_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}
