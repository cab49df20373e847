//! What a block writes, on disk: two streams and the index that interleaves them, never larger than they may be.
//!
//! Invariant: every line of the index points into the stream's file as it is now, also after the oldest output was dropped.

use super::folder::{Folder, Refusal, UNKEPT};
use chrono::{DateTime, Utc};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

/// The least that a cap can be: room for the mark and a line.
const LEAST: u64 = 4096;

/// Chunks of one stream that follow each other within this time share a line of the index.
const TOGETHER_MS: i64 = 50;

/// The index is cut to its newest half past this size.
const LONGEST_INDEX: u64 = 1 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    Out,
    Err,
}

impl Stream {
    pub fn word(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::Err => "err",
        }
    }
}

/// Both streams and the index.
pub(super) struct Capture {
    out: Growing,
    err: Growing,
    index: Growing,
    longest: u64,
    last: Option<(Stream, i64)>,
    closed: bool,
    pub truncated: bool,
    /// The first failure to write: the block goes on, its output is lost from there.
    pub failed: Option<String>,
}

impl Capture {
    pub fn create(folder: &Folder, longest: u64) -> Result<Self, Refusal> {
        Ok(Self {
            out: Growing::create(folder.file("out"))?,
            err: Growing::create(folder.file("err"))?,
            index: Growing::create(folder.file("index"))?,
            longest: longest.max(LEAST),
            last: None,
            closed: false,
            truncated: false,
            failed: None,
        })
    }

    pub fn take(&mut self, stream: Stream, bytes: &[u8], at: DateTime<Utc>) {
        if self.closed || self.failed.is_some() {
            return;
        }
        if let Err(error) = self.append(stream, bytes, at.timestamp_millis()) {
            self.truncated = true;
            self.failed = Some(format!("{UNKEPT}{error}"));
        }
    }

    /// Keeps nothing that comes later, and waits for the disk.
    pub fn close(&mut self) {
        self.closed = true;
        for file in [&self.out, &self.err, &self.index] {
            if let Err(error) = file.file.sync_all() {
                self.failed.get_or_insert(format!("{UNKEPT}{error}"));
            }
        }
    }

    fn append(&mut self, stream: Stream, bytes: &[u8], ms: i64) -> io::Result<()> {
        let offset = self.stream(stream).length;
        self.stream(stream).append(bytes)?;
        if !self.last.is_some_and(|(last, then)| last == stream && ms - then < TOGETHER_MS) {
            self.last = Some((stream, ms));
            self.index.append(format!("{offset} {} {ms}\n", stream.word()).as_bytes())?;
        }
        while self.out.length + self.err.length > self.longest {
            let larger = if self.out.length >= self.err.length { Stream::Out } else { Stream::Err };
            self.shorten(larger)?;
        }
        if self.index.length > LONGEST_INDEX {
            let half = self.index.length / 2;
            self.index.rewrite(|lines, kept| keep_from(lines, kept, half))?;
        }
        Ok(())
    }

    fn stream(&mut self, stream: Stream) -> &mut Growing {
        match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        }
    }

    /// Drops the older half of a stream behind a mark, and moves the index along.
    fn shorten(&mut self, stream: Stream) -> io::Result<()> {
        self.truncated = true;
        let file = self.stream(stream);
        let cut = file.length - file.length / 2;
        let dropped = file.dropped + cut - file.mark;
        let mark = format!("[midwatch: the first {dropped} bytes of output are not kept]\n");
        file.rewrite(|old, new| {
            old.seek(SeekFrom::Start(cut))?;
            new.write_all(mark.as_bytes())?;
            io::copy(old, new).map(drop)
        })?;
        (file.dropped, file.mark) = (dropped, mark.len() as u64);
        let word = stream.word();
        self.last = None;
        self.index.rewrite(|lines, kept| shift(lines, kept, word, cut, mark.len() as u64))
    }
}

/// A file that only grows, until it is written anew.
struct Growing {
    path: PathBuf,
    file: File,
    length: u64,
    /// Bytes that the block wrote and the file no longer has.
    dropped: u64,
    /// Length of the mark at its beginning.
    mark: u64,
}

impl Growing {
    fn create(path: PathBuf) -> Result<Self, Refusal> {
        let file = open_new(&path).map_err(|source| Refusal::Io { path: path.clone(), source })?;
        Ok(Self { path, file, length: 0, dropped: 0, mark: 0 })
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Puts another file in its place. Whoever reads along finds the old one or the new one.
    fn rewrite(&mut self, fill: impl FnOnce(&mut File, &mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
        let temporary = self.path.with_extension("tmp");
        let mut new = BufWriter::new(open_new(&temporary)?);
        fill(&mut File::open(&self.path)?, &mut new)?;
        self.file = new.into_inner()?;
        self.length = self.file.stream_position()?;
        fs::rename(&temporary, &self.path)
    }
}

fn open_new(path: &std::path::Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// Keeps the lines that begin after `from`.
fn keep_from(old: &mut File, new: &mut impl Write, from: u64) -> io::Result<()> {
    old.seek(SeekFrom::Start(from))?;
    let mut rest = BufReader::new(old);
    rest.skip_until(b'\n')?;
    io::copy(&mut rest, new).map(drop)
}

/// Moves the lines of one stream by what was cut from it; the line in which the cut fell now begins behind the mark.
fn shift(old: &mut File, new: &mut impl Write, stream: &str, cut: u64, mark: u64) -> io::Result<()> {
    let mut text = String::new();
    old.read_to_string(&mut text)?;
    let mut across = None;
    for line in text.lines() {
        let fields: Vec<&str> = line.splitn(3, ' ').collect();
        let [offset, name, ms] = fields[..] else { continue };
        let offset: u64 = offset.parse().unwrap_or(0);
        match name == stream {
            true if offset < cut => across = Some(ms.to_owned()),
            true => {
                if let Some(ms) = across.take().filter(|_| offset > cut) {
                    writeln!(new, "{mark} {name} {ms}")?;
                }
                across = None;
                writeln!(new, "{} {name} {ms}", offset - cut + mark)?;
            }
            false => writeln!(new, "{line}")?,
        }
    }
    if let Some(ms) = across {
        writeln!(new, "{mark} {stream} {ms}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(ms).expect("a time")
    }

    #[test]
    fn the_tail_is_kept_and_the_index_points_into_what_is_left() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = Folder::at(place.path());
        let mut capture = Capture::create(&folder, LEAST).expect("files");
        for number in 0..1000_i64 {
            capture.take(Stream::Out, format!("line {number}\n").as_bytes(), at(number * 100));
        }
        capture.take(Stream::Err, b"oops\n", at(200_000));
        capture.close();
        let out = fs::read_to_string(folder.file("out")).expect("text");
        assert!(out.len() as u64 <= LEAST);
        assert!(out.starts_with("[midwatch: the first ") && out.ends_with("line 999\n"));
        let index = fs::read_to_string(folder.file("index")).expect("text");
        let (last_out, err) = (index.lines().rev().nth(1).expect("a line"), index.lines().last().expect("a line"));
        let offset: usize = last_out.split(' ').next().expect("an offset").parse().expect("a number");
        assert_eq!(&out[offset..], "line 999\n");
        assert_eq!(err, "0 err 200000");
        assert!(capture.truncated);
    }

    #[test]
    fn the_mark_counts_every_byte_that_is_gone() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = Folder::at(place.path());
        let mut capture = Capture::create(&folder, LEAST).expect("files");
        (0..100).for_each(|_| capture.take(Stream::Out, &[b'x'; 1000], at(0)));
        let out = fs::read_to_string(folder.file("out")).expect("text");
        let (mark, rest) = out.split_once('\n').expect("a mark");
        let said: usize = mark.split(' ').nth(3).expect("a count").parse().expect("a number");
        assert_eq!(said + rest.len(), 100_000);
    }
}
