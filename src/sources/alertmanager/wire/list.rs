//! A JSON list, read item by item while it arrives: of a storm of tens of megabytes only what is not whole yet is kept.
//! Knows nothing of what the items are.

use crate::ports::Fault;
use std::str;

/// Reads one item: is handed text that begins with it and says how long it is, `None` if it is not whole.
pub type Read<'a> = &'a mut dyn FnMut(&str) -> serde_json::Result<Option<usize>>;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Next {
    Begin,
    /// The first item, or the end.
    First,
    Item,
    /// A comma, or the end.
    Comma,
    Nothing,
}

pub struct List {
    /// What has come and could not be read yet.
    text: String,
    /// The beginning of a character whose rest has not come.
    half: Vec<u8>,
    next: Next,
    /// An item that is not whole is tried again when this much of it is there: one of megabytes, in a thousand pieces, must
    /// not be read from its beginning a thousand times.
    wanted: usize,
    items: usize,
    bytes: usize,
    fault: Option<Fault>,
}

impl Default for List {
    fn default() -> Self {
        let (text, half) = (String::new(), Vec::new());
        Self { text, half, next: Next::Begin, wanted: 0, items: 0, bytes: 0, fault: None }
    }
}

impl List {
    /// Takes the next piece. Nothing is read after a fault.
    pub fn take(&mut self, piece: &[u8], read: Read) {
        self.bytes += piece.len();
        if self.fault.is_none() {
            self.fault = self.append(piece).and_then(|()| self.advance(read)).err();
        }
    }

    /// # Errors
    /// It was no list of such items, or not a whole one.
    pub fn end(&mut self, read: Read) -> Result<(), Fault> {
        self.wanted = 0;
        match self.fault.take() {
            Some(fault) => return Err(fault),
            None => self.advance(read)?,
        }
        if self.next == Next::Nothing && self.half.is_empty() { Ok(()) } else { Err(Fault::Cut(self.bytes)) }
    }

    fn append(&mut self, piece: &[u8]) -> Result<(), Fault> {
        if self.half.is_empty() {
            return self.append_text(piece);
        }
        let mut whole = std::mem::take(&mut self.half);
        whole.extend_from_slice(piece);
        self.append_text(&whole)
    }

    fn append_text(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let (text, rest) = match str::from_utf8(bytes) {
            Ok(text) => (text, &[][..]),
            Err(error) if error.error_len().is_some() => return Err(Fault::NotText),
            Err(error) => {
                let (text, rest) = bytes.split_at(error.valid_up_to());
                (str::from_utf8(text).unwrap_or_default(), rest)
            }
        };
        self.text.push_str(text);
        self.half.extend_from_slice(rest);
        Ok(())
    }

    fn advance(&mut self, read: Read) -> Result<(), Fault> {
        if self.text.len() < self.wanted {
            return Ok(());
        }
        let mut text = std::mem::take(&mut self.text);
        let mut at = 0;
        loop {
            let rest = text[at..].trim_ascii_start();
            at = text.len() - rest.len();
            match rest.chars().next().map(|first| self.step(first, rest, read)).transpose()?.flatten() {
                Some(length) => at += length,
                None => break,
            }
        }
        text.drain(..at);
        (self.wanted, self.text) = (text.len() * 2, text);
        Ok(())
    }

    /// How much of the text that begins with `first` was read; `None` if more must come.
    fn step(&mut self, first: char, text: &str, read: Read) -> Result<Option<usize>, Fault> {
        self.next = match (self.next, first) {
            (Next::Begin, '[') => Next::First,
            (Next::First | Next::Comma, ']') => Next::Nothing,
            (Next::Comma, ',') => Next::Item,
            (Next::First | Next::Item, _) => {
                let length = read(text).map_err(|error| Fault::Other(format!("item {}: {error}", self.items + 1)))?;
                if length.is_some() {
                    (self.items, self.next) = (self.items + 1, Next::Comma);
                }
                return Ok(length);
            }
            (Next::Begin, _) => return Err(Fault::Other(format!("it begins with `{first}`"))),
            (Next::Comma, _) => return Err(Fault::Other(format!("`{first}` behind item {}", self.items))),
            (Next::Nothing, _) => return Err(Fault::Other(format!("`{first}` behind the list"))),
        };
        Ok(Some(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a list of strings in pieces of `size` bytes; gives them, and how often one was begun.
    fn read(text: &[u8], size: usize) -> (Result<Vec<String>, Fault>, usize) {
        let (mut list, mut items, mut begun) = (List::default(), Vec::new(), 0);
        let mut one = |text: &str| {
            begun += 1;
            let mut stream = serde_json::Deserializer::from_str(text).into_iter::<String>();
            match stream.next() {
                Some(Err(error)) if !error.is_eof() => Err(error),
                Some(Ok(item)) => {
                    items.push(item);
                    Ok(Some(stream.byte_offset()))
                }
                _ => Ok(None),
            }
        };
        text.chunks(size).for_each(|piece| list.take(piece, &mut one));
        let end = list.end(&mut one);
        (end.map(|()| items), begun)
    }

    #[test]
    fn a_list_is_the_same_however_it_is_cut() {
        for text in ["[]", " [ ] ", r#"["a"]"#, "[ \"a, ]\" ,\n\"ünï 👩‍🚒\", \"\\u00e9\\\"\" ]\n"] {
            let whole: Vec<String> = serde_json::from_str(text).expect("a list");
            for size in 1..=text.len() {
                assert_eq!(read(text.as_bytes(), size).0.as_ref(), Ok(&whole), "{text} in pieces of {size}");
            }
        }
    }

    #[test]
    fn what_is_no_list_is_none_however_it_is_cut() {
        let other = |text: &str| Fault::Other(text.to_owned());
        let cases: [(&[u8], Fault); 11] = [
            (b"", Fault::Cut(0)),
            (b"[", Fault::Cut(1)),
            (br#"["a", "b"#, Fault::Cut(8)),
            (br#"["a","#, Fault::Cut(5)),
            (br#"{"a": 1}"#, other("it begins with `{`")),
            (br#"["a" "b"]"#, other("`\"` behind item 1")),
            (br#"["a",]"#, other("item 2: expected value at line 1 column 1")),
            (br#"["a"] ["b"]"#, other("`[` behind the list")),
            (br#"["a", 7]"#, other("item 2: invalid type: integer `7`, expected a string at line 1 column 1")),
            (b"[\"a\xff\"]", Fault::NotText),
            (b"[\"a\"]\xc3", Fault::Cut(6)),
        ];
        for (text, fault) in cases {
            for size in 1..=text.len().max(1) {
                assert_eq!(read(text, size).0.as_ref(), Err(&fault), "in pieces of {size}");
            }
        }
    }

    #[test]
    fn an_item_of_megabytes_is_not_read_from_its_beginning_again_and_again() {
        let text = format!("[\"{}\"]", "x".repeat(4 << 20));
        let (items, begun) = read(text.as_bytes(), 1 << 10);
        assert_eq!(items.expect("a list")[0].len(), 4 << 20);
        assert!(begun < 30, "{begun} times");
    }
}
