//! The database file: made whole or not at all, opened with the settings that durability needs, brought to this
//! program's format.

use super::{JournalError, shape};
use nix::unistd::{AccessFlags, access};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Result, TransactionBehavior};
use std::fs::{DirEntry, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Each brings the format from the version of its index to the next. Never edited once released.
const MIGRATIONS: &[&str] = &[include_str!("migrations/0001.sql"), include_str!("migrations/0002.sql")];

/// The format that this program writes, and the newest that it reads.
pub const FORMAT: i64 = MIGRATIONS.len() as i64;

/// `PRAGMA application_id`: "mwjl". Tells a journal from any other SQLite file.
const APPLICATION: i64 = 0x6d77_6a6c;

/// How long a write waits for other processes.
const PATIENCE: Duration = Duration::from_secs(2);

pub fn path(folder: &Path) -> PathBuf {
    folder.join("journal.db")
}

/// Opens the journal of a folder for writing; makes it where there is none.
pub fn open(file: &Path) -> Result<Connection, JournalError> {
    if !file.exists() {
        place(file, |draft| fresh(draft).map_err(|error| JournalError::of(&error, file)))?;
    }
    clear(file);
    is_file(file)?;
    may_write(file).map_err(|error| JournalError::ReadOnly { file: file.to_owned(), why: error.desc().into() })?;
    let mut db = connect(file, file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    write_ahead(&db).and_then(|()| migrate(&mut db)).map_err(|error| JournalError::of(&error, file))?;
    fits(db, file)
}

fn fits(db: Connection, file: &Path) -> Result<Connection, JournalError> {
    match shape::difference(&db).map_err(|error| JournalError::of(&error, file))? {
        Some(detail) => Err(JournalError::Shape { file: file.to_owned(), detail }),
        None => Ok(db),
    }
}

/// Opens a journal that stays as it is; where there is none, an empty one that only this process sees.
pub fn read(file: &Path) -> Result<Connection, JournalError> {
    if file.exists() { fits(existing(file)?, file) } else { empty().map_err(|error| JournalError::of(&error, file)) }
}

/// Opens a journal that must be there, wherever it is; it stays as it is.
pub fn existing(file: &Path) -> Result<Connection, JournalError> {
    if !file.exists() {
        return Err(JournalError::Failed { file: file.to_owned(), detail: "there is no such file".into() });
    }
    is_file(file)?;
    if !logged(file) && may_write(file).is_err() {
        return still(file);
    }
    match connect(file, file, OpenFlags::SQLITE_OPEN_READ_ONLY) {
        // What SQLite shares with writers finds no room.
        Err(error) if error.is_full() => if logged(file) { alone(file) } else { still(file) }.map_err(|_| error),
        opened => opened,
    }
}

/// Of a folder or a pipe in its place, SQLite would only say that something failed.
fn is_file(file: &Path) -> Result<(), JournalError> {
    match file.metadata() {
        Ok(meta) if !meta.is_file() => Err(JournalError::Failed { file: file.to_owned(), detail: "it is not a file".into() }),
        _ => Ok(()),
    }
}

/// Whether there are entries that stand in the log alone.
fn logged(file: &Path) -> bool {
    let mut log = file.to_owned().into_os_string();
    log.push("-wal");
    Path::new(&log).metadata().is_ok_and(|log| log.len() > 0)
}

/// A file that nobody is writing to, where SQLite could not make what it shares with writers.
fn still(file: &Path) -> Result<Connection, JournalError> {
    let lost = || JournalError::Failed { file: file.to_owned(), detail: "it has no real path".into() };
    let path = file.canonicalize().map_err(|_| lost())?;
    let mut address = url::Url::from_file_path(path).map_err(|()| lost())?;
    address.set_query(Some("immutable=1"));
    connect(file, address.as_str(), OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI)
}

/// A file with a log and no room to share it: this process alone, for as long as it reads, and whoever asked to read writes nothing.
fn alone(file: &Path) -> Result<Connection, JournalError> {
    let wrong = |error| JournalError::of(&error, file);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(file, flags).map_err(wrong)?;
    db.pragma_update(None, "locking_mode", "EXCLUSIVE").map_err(wrong)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(wrong)?;
    tune(&db).map_err(wrong)?;
    known(&db, file)?;
    Ok(db)
}

/// The file, and beside it what SQLite needs while it writes.
fn may_write(file: &Path) -> nix::Result<()> {
    access(file, AccessFlags::W_OK)?;
    file.parent().map_or(Ok(()), |folder| access(folder, AccessFlags::W_OK))
}

fn connect(file: &Path, address: impl AsRef<Path>, flags: OpenFlags) -> Result<Connection, JournalError> {
    let wrong = |error| JournalError::of(&error, file);
    let db = Connection::open_with_flags(address, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(wrong)?;
    tune(&db).map_err(wrong)?;
    known(&db, file)?;
    Ok(db)
}

pub fn tune(db: &Connection) -> Result<()> {
    db.busy_timeout(PATIENCE)?;
    db.pragma_update(None, "synchronous", "FULL")?;
    // In KiB: a storm's pages stay at hand until they are committed.
    db.pragma_update(None, "cache_size", -2048)?;
    // A storm must not leave its whole log behind.
    db.pragma_update(None, "journal_size_limit", 16 << 20)?;
    db.pragma_update(None, "trusted_schema", false)?;
    db.pragma_update(None, "cell_size_check", true)?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Refuses what is not a journal, or one of a newer format.
fn known(db: &Connection, file: &Path) -> Result<(), JournalError> {
    let number = |name| db.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let wrong = |error| JournalError::of(&error, file);
    let (application, found) = (number("application_id").map_err(wrong)?, number("user_version").map_err(wrong)?);
    if application != APPLICATION {
        return Err(JournalError::Damaged {
            file: file.to_owned(),
            detail: "it is not a journal of midwatch, or its beginning is lost".into(),
        });
    }
    match found {
        found if found > FORMAT => Err(JournalError::Newer { file: file.to_owned(), found, known: FORMAT }),
        _ => Ok(()),
    }
}

/// A journal without entries.
fn fresh(file: &Path) -> Result<()> {
    let mut db = Connection::open(file)?;
    tune(&db)?;
    write_ahead(&db)?;
    db.pragma_update(None, "application_id", APPLICATION)?;
    migrate(&mut db)
}

/// The file remembers it; one that was copied in by hand may not have it.
pub fn write_ahead(db: &Connection) -> Result<()> {
    db.pragma_update_and_check(None, "journal_mode", "WAL", |mode| match mode.get_ref(0)?.as_str()? {
        "wal" => Ok(()),
        other => Err(rusqlite::Error::InvalidParameterName(format!("the disk can't carry a write-ahead log ({other})"))),
    })
}

/// A journal without entries that only this process sees.
pub fn empty() -> Result<Connection> {
    let mut db = Connection::open_in_memory()?;
    migrate(&mut db)?;
    Ok(db)
}

fn migrate(db: &mut Connection) -> Result<()> {
    let version = |db: &Connection| db.pragma_query_value(None, "user_version", |row| row.get::<_, usize>(0));
    if version(db)? == MIGRATIONS.len() {
        return Ok(());
    }
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have done it while this one waited.
    for migration in MIGRATIONS.iter().skip(version(&tx)?) {
        tx.execute_batch(migration)?;
    }
    tx.pragma_update(None, "user_version", FORMAT)?;
    tx.commit()
}

/// Lets `make` write a file under another name and then gives it its own: there is never half a file under that name,
/// and never one in place of another. Where somebody else was first, theirs stays.
pub fn place(file: &Path, make: impl FnOnce(&Path) -> Result<(), JournalError>) -> Result<bool, JournalError> {
    let draft = file.with_extension(format!("{}.new", uuid::Uuid::new_v4().simple()));
    let failed = |error: io::Error| unwritable(file, &error);
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft).map_err(failed)?;
    let made = make(&draft).and_then(|()| publish(&draft, file).map_err(failed));
    // A file that was linked is there under its name; one that failed is worth nothing.
    let _ = std::fs::remove_file(&draft);
    made
}

/// What a process that was killed left of a file that it was making. One that is younger may be in the making still.
fn clear(file: &Path) {
    let (Some(folder), Some(stem)) = (file.parent(), file.file_stem().and_then(|stem| stem.to_str())) else { return };
    let half = |name: &str| name.strip_prefix(stem).and_then(|rest| rest.strip_prefix('.')).is_some_and(is_draft);
    let old = |entry: &DirEntry| entry.metadata().ok()?.modified().ok()?.elapsed().ok().filter(|age| *age > FORSAKEN);
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(half) && old(&entry).is_some() {
            // The next start tries again.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// `ID.new`, as `place` names them, or what SQLite keeps beside one while it writes. Whatever else is called alike is somebody's own.
fn is_draft(rest: &str) -> bool {
    let Some((id, rest)) = rest.split_once(".new") else { return false };
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) && ["", "-wal", "-shm", "-journal"].contains(&rest)
}

/// A file that is made takes less than a second.
const FORSAKEN: Duration = Duration::from_secs(60);

fn publish(draft: &Path, file: &Path) -> io::Result<bool> {
    File::open(draft)?.sync_all()?;
    let placed = match std::fs::hard_link(draft, file) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(error) => return Err(error),
    };
    // A bare name stands in the current folder, and its parent is the empty path.
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()?;
    Ok(placed)
}

fn unwritable(file: &Path, error: &io::Error) -> JournalError {
    let file = file.to_owned();
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => JournalError::Full { file },
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
            JournalError::ReadOnly { file, why: error.to_string() }
        }
        _ => JournalError::Failed { file, detail: error.to_string() },
    }
}
