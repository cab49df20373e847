//! Room kept for the night when the disk is full: a file that is given up so that the acknowledgement and the notes
//! still fit.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// 16 MiB: some ten thousand entries.
pub const SIZE: u64 = 16 << 20;

fn path(folder: &Path) -> PathBuf {
    folder.join("reserve")
}

/// Sets the room aside where that has not been done; whether there is a reserve now. A disk without room for it keeps
/// what it has.
pub fn keep(folder: &Path, size: u64) -> bool {
    let file = path(folder);
    if file.metadata().is_ok_and(|meta| meta.len() >= size) {
        return true;
    }
    if !roomy(folder, size) {
        return false;
    }
    let made = allocate(&file, size).is_ok();
    if !made {
        // Less than the whole is no reserve; the journal works without.
        let _ = std::fs::remove_file(&file);
    }
    made
}

/// Twice the reserve is free: it must not be what fills the disk.
fn roomy(folder: &Path, size: u64) -> bool {
    free(folder).is_none_or(|free| free > 2 * size)
}

/// Bytes that we may still use there.
pub fn free(folder: &Path) -> Option<u64> {
    let stat = nix::sys::statvfs::statvfs(folder).ok()?;
    #[allow(clippy::unnecessary_cast, reason = "narrower on some systems")]
    Some((stat.blocks_available() as u64).saturating_mul(stat.fragment_size() as u64))
}

fn allocate(path: &Path, size: u64) -> io::Result<()> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    fill(&file, size)?;
    file.sync_all()
}

#[cfg(target_os = "linux")]
fn fill(file: &File, size: u64) -> io::Result<()> {
    let size = i64::try_from(size).map_err(io::Error::other)?;
    Ok(nix::fcntl::posix_fallocate(file, 0, size)?)
}

#[cfg(not(target_os = "linux"))]
fn fill(mut file: &File, size: u64) -> io::Result<()> {
    io::copy(&mut io::Read::take(io::repeat(0x5a), size), &mut file).map(|_| ())
}

/// Gives the room up. False where there is none.
pub fn give_up(folder: &Path) -> bool {
    std::fs::remove_file(path(folder)).is_ok()
}
