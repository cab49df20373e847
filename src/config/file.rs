//! The file itself: where it lies, and whether it may be trusted. It can name commands to run, so nobody but its
//! owner and root may have written it, and it is never taken from the current folder unasked.

use crate::domain::node::Roots;
use directories::BaseDirs;
use nix::unistd::{Uid, User};
use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The longest configuration, in bytes.
const LONGEST: u64 = 4 << 20;

/// A file as it was read, without a byte order mark.
#[derive(Debug, Clone)]
pub struct File {
    pub path: PathBuf,
    pub text: String,
}

impl File {
    /// Where the paths in it begin.
    pub fn roots(&self) -> Roots {
        let path = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
        Roots { home: BaseDirs::new().map(|dirs| dirs.home_dir().to_owned()), folder }
    }
}

/// The file to read: the one that was given, else the one that `$MIDWATCH_CONFIG` names, else the standard one.
///
/// # Errors
/// When nothing is given and there is no home folder to look in.
pub fn locate(given: Option<PathBuf>) -> Result<PathBuf, String> {
    let none = || "there is no home folder to look for a configuration in; name one with --config".to_owned();
    named(given).or_else(standard).ok_or_else(none)
}

/// The one that somebody asked for.
pub fn named(given: Option<PathBuf>) -> Option<PathBuf> {
    given.or_else(|| std::env::var_os("MIDWATCH_CONFIG").filter(|name| !name.is_empty()).map(PathBuf::from))
}

/// `midwatch/config.yaml` in the platform's configuration folder.
pub fn standard() -> Option<PathBuf> {
    BaseDirs::new().map(|dirs| dirs.config_dir().join("midwatch/config.yaml"))
}

/// The name of the zone that times are shown in here: `$TZ`, else the machine's.
pub fn zone() -> Option<chrono_tz::Tz> {
    let named: Option<chrono_tz::Tz> = std::env::var("TZ").ok().and_then(|name| name.trim_start_matches(':').parse().ok());
    let zone = named.or_else(|| iana_time_zone::get_timezone().ok()?.parse().ok());
    // One zone has several names, and only one of them is what people call it.
    zone.map(|zone| if matches!(zone.name(), "Etc/UTC" | "Etc/GMT" | "GMT" | "Zulu") { chrono_tz::Tz::UTC } else { zone })
}

/// The login name of whoever runs the program.
pub fn login() -> Option<String> {
    User::from_uid(Uid::effective()).ok()?.map(|user| user.name)
}

pub fn read(path: &Path) -> Result<File, String> {
    let shown = path.display();
    let file = fs::File::open(path).map_err(|error| unopened(path, &error))?;
    let about = file.metadata().map_err(|error| format!("cannot read {shown}: {error}"))?;
    trusted(path, &about)?;
    let mut bytes = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(|error| format!("cannot read {shown}: {error}"))?;
    if bytes.len() as u64 > LONGEST {
        return Err(format!("{shown} is longer than {} MiB; a configuration is not", LONGEST >> 20));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = 1 + error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        format!("{shown}:{line}: the file is not UTF-8 from here on; save it as UTF-8")
    })?;
    Ok(File { path: path.to_owned(), text: text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text) })
}

fn unopened(path: &Path, error: &io::Error) -> String {
    let next =
        if error.kind() == io::ErrorKind::NotFound { "; `midwatch init` writes one, `midwatch demo` needs none" } else { "" };
    format!("cannot read the configuration {}: {error}{next}", path.display())
}

/// Nobody but its owner can change it, and its owner is us or root.
fn trusted(path: &Path, about: &Metadata) -> Result<(), String> {
    let shown = path.display();
    if about.is_dir() {
        return Err(format!("{shown} is a folder; name the file in it"));
    }
    if ![0, Uid::effective().as_raw()].contains(&about.uid()) {
        return Err(format!(
            "{shown} belongs to somebody else, and a configuration can name commands to run; copy it to a file of your own"
        ));
    }
    // A group that is a person's own has the person's number.
    let group = about.mode() & 0o020 != 0 && about.gid() != about.uid();
    if group || about.mode() & 0o002 != 0 {
        return Err(format!(
            "others can write to {shown}, and a configuration can name commands to run; run: chmod go-w {shown}"
        ));
    }
    Ok(())
}
