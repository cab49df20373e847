//! Files that adapters read.

use crate::domain::trouble::{Reason, Trouble};
use crate::ports::Files;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path, longest: usize) -> Result<Vec<u8>, Trouble> {
        let failed = |error: io::Error| Trouble::new(Reason::Local, format!("cannot read {}: {error}", path.display()));
        let file = open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        file.take(longest as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() > longest {
            return Err(Trouble::new(Reason::TooLarge, format!("{} is longer than {longest} bytes", path.display())));
        }
        Ok(bytes)
    }
}

/// Opens a regular file. Reading a pipe or a terminal could wait for ever.
fn open(path: &Path) -> io::Result<File> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    File::open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("f");
        std::fs::write(&path, "12345").expect("written");
        assert_eq!(Disk.read(&path, 5).expect("fits"), b"12345");
        assert_eq!(Disk.read(&path, 4).expect_err("too long").reason, Reason::TooLarge);
    }

    #[test]
    fn what_is_no_file_is_told_apart_by_its_sentence() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = Disk.read(&folder.path().join("gone"), 9).expect_err("missing");
        assert!(missing.to_string().contains("gone: No such file"), "{missing}");
        let directory = Disk.read(folder.path(), 9).expect_err("a folder");
        assert!(directory.to_string().contains("not a regular file"), "{directory}");
    }
}
