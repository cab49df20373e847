//! The files of a playbook folder. Nothing outside the folder is read, nothing that is not a regular file is opened, and
//! what others could have written is marked.

use super::LONGEST;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Folders inside folders.
const DEEPEST: usize = 8;

/// More files are not listed.
const MOST: usize = 5_000;

/// One Markdown file.
pub struct Found {
    pub path: PathBuf,
    /// The text, or why there is none.
    pub text: Result<String, String>,
    /// Why nothing of it may be executed.
    pub refused: Option<String>,
}

/// Every Markdown file, in the order of the paths. Names that begin with a dot, and a folder's README, are left out.
pub fn list(folder: &Path, troubles: &mut Vec<String>) -> Vec<Found> {
    all(folder, markdown, troubles)
}

/// The same of scenarios.
pub fn scripts(folder: &Path, troubles: &mut Vec<String>) -> Vec<Found> {
    all(folder, yaml, troubles)
}

pub fn is_there(folder: &Path) -> bool {
    folder.is_dir()
}

fn all(folder: &Path, wanted: fn(&Path) -> bool, troubles: &mut Vec<String>) -> Vec<Found> {
    let root = match fs::canonicalize(folder) {
        Ok(root) => root,
        Err(error) => {
            troubles.push(format!("the folder {} can't be read: {error}", folder.display()));
            return Vec::new();
        }
    };
    let mut found = Vec::new();
    walk(&Walk { root: &root, wanted, refused: None, depth: 0 }, folder, &mut found, troubles);
    found
}

/// One file, named by itself.
pub fn one(path: &Path) -> Found {
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = real.parent().unwrap_or(Path::new("/"));
    look(folder, path.to_owned(), writable(folder))
}

/// The same, if there is such a file.
pub fn there(path: &Path) -> Option<Found> {
    fs::metadata(path).is_ok().then(|| one(path))
}

/// Puts another text in the place of a file's, whole or not at all; its mode stays.
///
/// # Errors
/// The file can't be written beside, or not be replaced.
pub fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let real = fs::canonicalize(path)?;
    let beside = real.with_extension(format!("md.{}.new", std::process::id()));
    let written = fs::write(&beside, text)
        .and_then(|()| fs::set_permissions(&beside, fs::metadata(&real)?.permissions()))
        .and_then(|()| File::open(&beside)?.sync_all())
        .and_then(|()| fs::rename(&beside, &real));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// The text of a file, or why there is none.
pub fn text_of(path: &Path) -> Result<String, String> {
    one(path).text
}

struct Walk<'a> {
    root: &'a Path,
    /// Whether a file of this name is one.
    wanted: fn(&Path) -> bool,
    refused: Option<String>,
    depth: usize,
}

fn walk(walk: &Walk<'_>, folder: &Path, found: &mut Vec<Found>, troubles: &mut Vec<String>) {
    let refused = walk.refused.clone().or_else(|| writable(folder));
    let entries = fs::read_dir(folder).and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect());
    let mut paths: Vec<PathBuf> = match entries {
        Ok(paths) => paths,
        Err(error) => return troubles.push(format!("the folder {} can't be read: {error}", folder.display())),
    };
    paths.sort();
    for path in paths.into_iter().filter(|path| !hidden(path)) {
        let folder = fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_dir()) && !(walk.wanted)(&path);
        if found.len() >= MOST {
            return troubles.push(format!("{} holds more than {MOST} files; the rest is not listed", walk.root.display()));
        }
        if (walk.wanted)(&path) {
            found.push(look(walk.root, path, refused.clone()));
        } else if folder && walk.depth < DEEPEST {
            let inner = Walk { root: walk.root, wanted: walk.wanted, refused: refused.clone(), depth: walk.depth + 1 };
            self::walk(&inner, &path, found, troubles);
        }
    }
}

fn hidden(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    name.starts_with('.') || name.eq_ignore_ascii_case("readme.md")
}

fn markdown(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("md") || extension.eq_ignore_ascii_case("markdown"))
}

fn yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("yaml") || extension.eq_ignore_ascii_case("yml"))
}

fn look(root: &Path, path: PathBuf, refused: Option<String>) -> Found {
    let refused = refused.or_else(|| writable(&path));
    let text = text(root, &path);
    Found { path, text, refused }
}

fn text(root: &Path, path: &Path) -> Result<String, String> {
    let real = fs::canonicalize(path).map_err(|error| error.to_string())?;
    if !real.starts_with(root) {
        return Err(format!("it is a link to {}, outside its folder", real.display()));
    }
    // A pipe would wait for ever at opening: look before.
    let meta = fs::metadata(&real).map_err(|error| error.to_string())?;
    match () {
        () if meta.is_dir() => Err("it is a folder".into()),
        () if !meta.is_file() => Err("it is not a regular file".into()),
        () if meta.len() > LONGEST as u64 => Err(too_long(meta.len())),
        () => read(&real),
    }
}

fn too_long(length: u64) -> String {
    format!("it has {length} bytes; {LONGEST} are the limit")
}

fn read(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    file.take(LONGEST as u64 + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() > LONGEST {
        return Err(too_long(bytes.len() as u64));
    }
    String::from_utf8(bytes).map_err(|error| format!("it is not UTF-8: see byte {}", error.utf8_error().valid_up_to()))
}

/// Why a file or folder could have been written by somebody else.
fn writable(path: &Path) -> Option<String> {
    let meta = fs::metadata(path).ok()?;
    let why = by_others(meta.mode(), (meta.uid(), meta.gid()), nix::unistd::geteuid().as_raw())?;
    Some(format!("{} {why}, so its commands are shown and not run", path.display()))
}

/// A group that is a person's own (its number is the person's) counts as the person.
fn by_others(mode: u32, (owner, group): (u32, u32), me: u32) -> Option<&'static str> {
    match () {
        () if owner != me && owner != 0 => Some("belongs to somebody else"),
        () if mode & 0o002 != 0 => Some("can be written by everybody (`chmod o-w` it)"),
        () if mode & 0o020 != 0 && group != owner => Some("can be written by its group (`chmod g-w` it)"),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::by_others;

    #[test]
    fn only_we_and_root_may_have_written_it() {
        let me = 1000;
        for (mode, owner, group, refused) in [
            (0o644, me, 50, false),
            (0o664, me, me, false),
            (0o664, me, 50, true),
            (0o646, me, me, true),
            (0o644, 0, 0, false),
            (0o664, 0, 50, true),
            (0o644, 1001, 1001, true),
        ] {
            assert_eq!(by_others(mode, (owner, group), me).is_some(), refused, "{mode:o} {owner} {group}");
        }
    }
}
