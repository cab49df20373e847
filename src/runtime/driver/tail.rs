//! The newest lines of a running attempt, in the order in which they were written.

use crate::domain::text::Outside;
use crate::runtime::supervisor::Folder;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Lines that are shown.
const LINES: usize = 40;

/// At most this much of each file is read at a time.
const BYTES: u64 = 32 * 1024;

/// At most this much of each file is read for somebody who looks at all of it.
const MOST: u64 = 2 << 20;

/// What both streams hold, in the order in which it was written; and whether more is kept than that.
pub(super) fn whole(folder: &Folder) -> (String, bool) {
    let [index, out, err] = ["index", "out", "err"].map(|name| end_of(&folder.file(name), MOST));
    let cut = out.from > 0 || err.from > 0;
    (interleaved(&index, &[("out", out), ("err", err)]), cut)
}

pub(super) struct Tail {
    out: PathBuf,
    err: PathBuf,
    index: PathBuf,
    seen: (u64, u64),
}

impl Tail {
    pub fn new(folder: &Folder) -> Self {
        Self { out: folder.file("out"), err: folder.file("err"), index: folder.file("index"), seen: (0, 0) }
    }

    /// The newest lines, through `clean`, and how much is kept; `None` when nothing has come since the last look.
    pub fn news(&mut self, clean: impl Fn(&str) -> String) -> Option<(Arc<[Outside]>, u64)> {
        let length = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
        let now = (length(&self.out), length(&self.err));
        if now == self.seen {
            return None;
        }
        self.seen = now;
        let text =
            interleaved(&end_of(&self.index, BYTES), &[("out", end_of(&self.out, BYTES)), ("err", end_of(&self.err, BYTES))]);
        // Before it is parted into lines: a secret may have several.
        let text = clean(&text);
        let lines: Vec<&str> = text.lines().collect();
        let newest = lines.iter().skip(lines.len().saturating_sub(LINES)).map(|line| Outside::from(*line));
        Some((newest.collect(), now.0 + now.1))
    }
}

/// The end of a file and where it begins.
#[derive(Default)]
struct End {
    from: u64,
    bytes: Vec<u8>,
}

impl End {
    fn slice(&self, from: u64, to: u64) -> &[u8] {
        let at = |place: u64| (place.saturating_sub(self.from) as usize).min(self.bytes.len());
        &self.bytes[at(from)..at(to).max(at(from))]
    }
}

fn end_of(path: &Path, most: u64) -> End {
    let read = || {
        let mut file = File::open(path)?;
        let from = file.metadata()?.len().saturating_sub(most);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(End { from, bytes })
    };
    read().unwrap_or_default()
}

/// Puts the pieces of both streams in the order of the index.
fn interleaved(index: &End, streams: &[(&str, End)]) -> String {
    let index = String::from_utf8_lossy(&index.bytes);
    let pieces: Vec<(u64, &str)> = index.lines().filter_map(piece).collect();
    // Backwards: a piece ends where the next one of its stream begins.
    let mut ends: BTreeMap<&str, u64> = BTreeMap::new();
    let mut parts: Vec<&[u8]> = Vec::new();
    for (offset, stream) in pieces.iter().rev() {
        let Some((_, end)) = streams.iter().find(|(name, _)| name == stream) else { continue };
        parts.push(end.slice(*offset, ends.get(stream).copied().unwrap_or(u64::MAX)));
        ends.insert(stream, *offset);
    }
    parts.reverse();
    String::from_utf8_lossy(&parts.concat()).into_owned()
}

/// `offset stream wall_ms`.
fn piece(line: &str) -> Option<(u64, &str)> {
    let mut fields = line.split(' ');
    let piece = (fields.next()?.parse().ok()?, fields.next()?);
    fields.next().map(|_| piece)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_streams_stand_in_the_order_of_the_index() {
        let end = |text: &str| End { from: 0, bytes: text.as_bytes().to_vec() };
        let index = end("0 out 1\n0 err 2\n4 out 3\n");
        let text = interleaved(&index, &[("out", end("one\nthree\n")), ("err", end("two\n"))]);
        assert_eq!(text, "one\ntwo\nthree\n");
    }

    #[test]
    fn what_lies_before_the_part_that_was_read_is_left_out() {
        let out = End { from: 4, bytes: b"two\nthree\n".to_vec() };
        assert_eq!(interleaved(&End { from: 0, bytes: b"0 out 1\n8 out 2\n".to_vec() }, &[("out", out)]), "two\nthree\n");
    }
}
