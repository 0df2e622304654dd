//! Who has a file open to write, as the system knows it.
//!
//! Asked by a lease to read, which is given back at once: the system grants one only while nobody, whoever that is, has the
//! file open to write. It grants leases to the owner of a file, and to who has the capability `CAP_LEASE`, as root has. A file
//! system of another machine answers for its own users only, so it is not asked.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

use rustix::fs::statfs;

/// File systems of this machine: those of Linux that disks have, and memory. Of all others it is not known who writes to them.
const LOCAL: [u32; 8] = [
    0xEF53,      // ext2, ext3, ext4
    0x5846_5342, // XFS
    0x9123_683E, // btrfs
    0x0102_1994, // tmpfs
    0x794C_7630, // overlayfs
    0x2FC1_2FC1, // ZFS
    0xF2F5_2010, // F2FS
    0xCA45_1A4E, // bcachefs
];

/// Does the system know of all who write into this folder?
#[must_use]
pub fn is_local(folder: &Path) -> bool {
    statfs(folder).is_ok_and(|system| LOCAL.contains(&(system.f_type as u32)))
}

/// Has somebody this file of a local folder open to write? `None` where the system does not say: it is somebody else's file.
#[must_use]
pub fn is_open_to_write(path: &Path) -> Option<bool> {
    // Whoever takes one that cannot be opened will be told why.
    let Ok(file) = File::open(path) else { return Some(false) };
    match lease(&file) {
        Ok(()) => Some(false),
        Err(error) => (error.kind() == io::ErrorKind::WouldBlock).then_some(true),
    }
}

/// Takes a lease to read, until the file is closed.
fn lease(file: &File) -> io::Result<()> {
    /// Which signal says that somebody opens the file to write, who waits until the lease is given back.
    const F_SETSIG: libc::c_int = 10;
    // The usual one would end the process; this one does nothing by itself.
    [(F_SETSIG, libc::SIGURG), (libc::F_SETLEASE, libc::F_RDLCK)].into_iter().try_for_each(|(what, number)| {
        #[expect(unsafe_code, reason = "no crate that is used has leases in safe words")]
        // SAFETY: both of them take a number, and the descriptor is open as long as `file` is.
        let done = unsafe { libc::fcntl(file.as_raw_fd(), what, number) };
        if done == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
    })
}

#[cfg(test)]
mod tests {
    use super::{is_local, is_open_to_write};

    #[test]
    fn who_has_a_file_open_to_write_is_seen() {
        let folder = std::env::temp_dir().join(format!("crossdock-open-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let [open, read] = ["open.csv", "read.csv"].map(|name| folder.join(name));
        for file in [&open, &read] {
            std::fs::write(file, "").unwrap();
        }
        let writer = std::fs::OpenOptions::new().append(true).open(&open).unwrap();
        let reader = std::fs::File::open(&read).unwrap();
        assert_eq!([&open, &read].map(|file| is_open_to_write(file)), [Some(true), Some(false)]);
        drop((writer, reader));
        assert_eq!(is_open_to_write(&open), Some(false));
        std::fs::remove_dir_all(folder).unwrap();
        assert_eq!(is_open_to_write(&open), Some(false), "it is gone, and cannot be taken");
    }

    #[test]
    fn what_the_system_makes_up_is_no_folder_of_a_disk() {
        assert!(!is_local(std::path::Path::new("/proc")));
    }
}
