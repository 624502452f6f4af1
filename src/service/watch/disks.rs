//! The disks that this node writes to.

use std::path::{Path, PathBuf};

use tokio::task::spawn_blocking;

use crate::service::App;

/// MiB that are free on the fullest of the disks that are written to, and how many it has; `None` where that cannot be told. The disk
/// of a PostgreSQL server is its own matter.
pub(super) async fn fullest(app: &App) -> Option<(u64, u64)> {
    if !app.config.alarms.watch_disks {
        return None;
    }
    let folders: Vec<PathBuf> =
        [app.config.sqlite_folder(), app.outbox.folder().map(Path::to_owned)].into_iter().flatten().collect();
    // A disk that hangs must not hold up whoever else works on this thread.
    spawn_blocking(move || folders.iter().filter_map(|folder| room(folder)).min()).await.ok().flatten()
}

#[cfg(unix)]
fn room(folder: &Path) -> Option<(u64, u64)> {
    let existing = folder.ancestors().find(|path| path.exists())?;
    // The current folder's name as it comes out of `Path::parent`.
    let existing = if existing.as_os_str().is_empty() { Path::new(".") } else { existing };
    let told = rustix::fs::statvfs(existing).ok()?;
    let mib = |blocks: u64| blocks.saturating_mul(told.f_frsize) >> 20;
    Some((mib(told.f_bavail), mib(told.f_blocks)))
}

#[cfg(not(unix))]
fn room(_folder: &Path) -> Option<(u64, u64)> {
    None
}
