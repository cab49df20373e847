//! A small disk that belongs to one test: mounted in a namespace of its own, in which the test program runs that test again.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Set in the child: the folder on which the disk is mounted.
const DISK: &str = "MIDWATCH_TEST_DISK";

/// The disk, in the child. Elsewhere the test of this whole name is run again with one of this size, and there is nothing more to do.
pub fn own(test: &str, size: &str) -> Option<PathBuf> {
    let disk = std::env::var_os(DISK).map(PathBuf::from);
    if disk.is_none() {
        again(test, size);
    }
    disk
}

fn again(test: &str, size: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let root = nix::unistd::geteuid().is_root();
    let mount = format!(r#"mount -t tmpfs -o size={size},mode=700 tmpfs "$1" && exec "$2" --exact "$3" --nocapture"#);
    let mut command = Command::new("unshare");
    command.arg(if root { "-m" } else { "-rm" }).args(["sh", "-c", &mount, "sh"]).arg(folder.path());
    command.arg(std::env::current_exe().expect("this program")).arg(test).env(DISK, folder.path());
    if may_mount(root) {
        assert!(command.status().expect("runs").success());
    }
}

/// False where the system doesn't let us mount one.
fn may_mount(root: bool) -> bool {
    let mut command = Command::new("unshare");
    let able = command.args([if root { "-m" } else { "-rm" }, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status();
    let able = able.is_ok_and(|status| status.success());
    if !able {
        super::not_permitted("a full disk, which has to be mounted");
    }
    able
}

/// Leaves this many bytes free.
pub fn fill(disk: &Path, leave: u64) {
    let _ = std::fs::remove_file(disk.join("filler"));
    let stat = nix::sys::statvfs::statvfs(disk).expect("asks");
    let free = stat.blocks_available() as u64 * stat.fragment_size() as u64;
    std::fs::write(disk.join("filler"), vec![1; usize::try_from(free - leave).expect("fits")]).expect("fills");
}

/// Nothing can be written any more.
pub fn read_only(disk: &Path) {
    assert!(Command::new("mount").args(["-o", "remount,ro"]).arg(disk).status().expect("runs").success());
}
