//! Whether a folder lies on a disk of this machine. Elsewhere two machines could write at once without seeing each
//! other's locks and shared memory, and the journal would be destroyed.

use super::JournalError;
use std::path::Path;

pub fn local(folder: &Path) -> Result<(), JournalError> {
    let Some(system) = remote(folder) else { return Ok(()) };
    let why = format!("is on a network file system ({system}), which can't carry the journal");
    Err(JournalError::folder(folder, why, "Set --data to a folder on a disk of this machine."))
}

/// The name of the network file system that a folder is on.
#[cfg(target_os = "linux")]
fn remote(folder: &Path) -> Option<String> {
    #[allow(clippy::unnecessary_cast, clippy::cast_lossless, reason = "its type differs between C libraries")]
    let magic = nix::sys::statfs::statfs(folder).ok()?.filesystem_type().0 as i64;
    by_magic(magic).map(str::to_owned).or_else(|| {
        let mounts = if magic == FUSE { std::fs::read_to_string("/proc/self/mountinfo").ok()? } else { return None };
        by_name(mounted(&mounts, folder)?).map(str::to_owned)
    })
}

#[cfg(target_os = "macos")]
fn remote(folder: &Path) -> Option<String> {
    by_name(nix::sys::statfs::statfs(folder).ok()?.filesystem_type_name()).map(str::to_owned)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn remote(_: &Path) -> Option<String> {
    None
}

#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
const FUSE: i64 = 0x6573_5546;

/// Linux's numbers (statfs(2), linux/magic.h) of file systems that other machines share.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn by_magic(magic: i64) -> Option<&'static str> {
    // Some systems hand the number out with its sign extended.
    Some(match magic & 0xffff_ffff {
        0x6969 => "nfs",
        0x517b => "smbfs",
        0xff53_4d42 => "cifs",
        0xfe53_4d42 => "smb2",
        0x0102_1997 => "9p",
        0x00c3_6400 => "ceph",
        0x5346_414f | 0x6b41_4653 => "afs",
        0x7375_7245 => "coda",
        0x564c => "ncp",
        0x0bd0_0bd0 => "lustre",
        0x4750_4653 => "gpfs",
        0x1983_0326 => "beegfs",
        0x2003_0528 => "orangefs",
        0xaad7_aaea => "panfs",
        0x0116_1970 => "gfs2",
        0x7461_636f => "ocfs2",
        0x786f_4256 => "vboxsf",
        0xbacb_acbc => "vmhgfs",
        _ => return None,
    })
}

/// Names of network file systems as mount tables have them.
fn by_name(name: &str) -> Option<&str> {
    const REMOTE: &str = "nfs smbfs afpfs webdav fuse.sshfs fuse.s3fs fuse.rclone fuse.glusterfs fuse.ceph fuse.ceph-fuse fuse.davfs \
        fuse.davfs2 fuse.gcsfuse fuse.goofys fuse.juicefs fuse.curlftpfs fuse.seaweedfs fuse.moosefs fuse.mfs fuse.gvfsd-fuse \
        fuse.vmhgfs-fuse fuse.lizardfs fuse.mount-s3 fuse.blobfuse fuse.blobfuse2";
    REMOTE.split_whitespace().any(|remote| remote == name).then_some(name)
}

/// The type of the file system that holds a folder, from the text of `/proc/self/mountinfo`: of the mounts above it the
/// deepest, of equal ones the last.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn mounted<'a>(mounts: &'a str, folder: &Path) -> Option<&'a str> {
    let mount = |line: &'a str| {
        let (place, system) = line.split_once(" - ")?;
        let point = place.split(' ').nth(4)?.replace("\\040", " ");
        folder.starts_with(&point).then_some((point.len(), system.split(' ').next()?))
    };
    mounts.lines().filter_map(mount).max_by_key(|(depth, _)| *depth).map(|(_, system)| system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_of_other_machines_are_known_by_their_numbers() {
        assert_eq!(by_magic(0x6969), Some("nfs"));
        assert_eq!(by_magic(0xff53_4d42), Some("cifs"));
        assert_eq!(by_magic(i64::from(0xfe53_4d42_u32.cast_signed())), Some("smb2"), "sign-extended");
        for local in [0xef53, 0x9123_683e, 0x0102_1994, 0x5846_5342, 0x794c_7630, FUSE] {
            assert_eq!(by_magic(local), None, "ext4, btrfs, tmpfs, xfs, overlay; fuse is known by its name");
        }
    }

    #[test]
    fn a_fuse_mount_is_judged_by_its_own_name() {
        let mounts = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
                      40 22 0:50 / /mnt/far\\040away rw,nosuid shared:3 - fuse.sshfs host: rw\n\
                      41 40 0:51 / /mnt/far\\040away/near rw - fuse.gocryptfs secret rw\n";
        let judged = |folder| mounted(mounts, Path::new(folder)).and_then(by_name);
        assert_eq!(judged("/mnt/far away/data"), Some("fuse.sshfs"));
        assert_eq!(judged("/mnt/far away/near/data"), None);
        assert_eq!(judged("/mnt/far awayer"), None);
    }
}
