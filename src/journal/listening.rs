//! Where alerts are pushed to in place of the addresses of the configuration: `listening` in the data folder says so as long as its
//! lock is held. So the word of a process that was killed counts for nothing.

use super::JournalError;
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const FILE: &str = "listening";
/// More than any address has.
const LONGEST: u64 = 100;

/// While this lives, others are told to ask here.
#[derive(Debug)]
pub struct Elsewhere {
    held: Flock<File>,
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        // Without its lock it would count for nothing all the same.
        let _ = self.held.set_len(0);
    }
}

/// Says to all processes of a data folder that this one listens, and where; `None` while another one says so.
///
/// # Errors
/// The file can't be made, locked or written.
pub fn listen_elsewhere(folder: &Path, address: SocketAddr) -> Result<Option<Elsewhere>, JournalError> {
    let path = folder.join(FILE);
    let failed = |detail: String| JournalError::Failed { file: path.clone(), detail };
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    let held = match Flock::lock(file.map_err(|error| failed(error.to_string()))?, FlockArg::LockExclusiveNonblock) {
        Ok(held) => held,
        Err((_, Errno::EWOULDBLOCK)) => return Ok(None),
        Err((_, error)) => return Err(failed(error.to_string())),
    };
    let mut said = Elsewhere { held };
    let written = said.held.set_len(0).and_then(|()| said.held.write_all(address.to_string().as_bytes()));
    written.map_err(|error| failed(error.to_string()))?;
    Ok(Some(said))
}

/// Where another process listens in place of the addresses of the configuration.
pub fn listened_elsewhere(folder: &Path) -> Option<SocketAddr> {
    let file = File::open(folder.join(FILE)).ok()?;
    match Flock::lock(file, FlockArg::LockSharedNonblock) {
        Err((file, Errno::EWOULDBLOCK)) => {
            let mut text = String::new();
            file.take(LONGEST).read_to_string(&mut text).ok()?;
            text.parse().ok()
        }
        // Nobody holds it: whoever wrote it has ended.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_counts_as_long_as_whoever_listens_there_lives() {
        let folder = tempfile::tempdir().expect("a folder");
        let (first, second) = ("127.0.0.1:9095".parse().expect("an address"), "[::1]:80".parse().expect("an address"));
        assert_eq!(listened_elsewhere(folder.path()), None);
        let held = listen_elsewhere(folder.path(), first).expect("it can be said");
        assert!(held.is_some() && listen_elsewhere(folder.path(), second).expect("it can be asked").is_none());
        assert_eq!(listened_elsewhere(folder.path()), Some(first));
        drop(held);
        assert_eq!(listened_elsewhere(folder.path()), None);
        // What a killed process left behind.
        std::fs::write(folder.path().join(FILE), "127.0.0.1:9095").expect("written");
        assert_eq!(listened_elsewhere(folder.path()), None);
        let _held = listen_elsewhere(folder.path(), second).expect("it can be said");
        assert_eq!(listened_elsewhere(folder.path()), Some(second), "nothing of a longer one is left");
    }
}
