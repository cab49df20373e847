//! The little of Redis's protocol that it takes to ask: commands as arrays of texts, and replies of one line or one text.

/// A reply.
#[derive(Debug, PartialEq)]
pub enum Reply<'a> {
    /// A status, or a text.
    Text(&'a str),
    /// Its words, whose first one is the sort of error.
    Error(&'a str),
}

/// What the bytes are so far.
#[derive(Debug, PartialEq)]
pub enum Read<'a> {
    Whole(Vec<Reply<'a>>),
    /// More has to come.
    Begun,
    Nonsense,
}

pub fn command(words: &[&str]) -> Vec<u8> {
    let texts: String = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
    format!("*{}\r\n{texts}", words.len()).into_bytes()
}

/// The first replies of an answer, as many as were asked for.
pub fn replies(bytes: &[u8], count: usize) -> Read<'_> {
    let (mut found, mut rest) = (Vec::new(), bytes);
    while found.len() < count {
        match reply(rest) {
            Ok(Some((reply, after))) => {
                found.push(reply);
                rest = after;
            }
            Ok(None) => return Read::Begun,
            Err(()) => return Read::Nonsense,
        }
    }
    Read::Whole(found)
}

type Next<'a> = Option<(Reply<'a>, &'a [u8])>;

/// The longest first line of a reply.
const LINE: usize = 4 << 10;

fn reply(bytes: &[u8]) -> Result<Next<'_>, ()> {
    let Some(sort) = bytes.first() else { return Ok(None) };
    if !b"+-$".contains(sort) {
        return Err(());
    }
    let Some(end) = bytes.windows(2).take(LINE).position(|pair| pair == b"\r\n") else {
        return if bytes.len() < LINE { Ok(None) } else { Err(()) };
    };
    let (line, rest) = (text(&bytes[1..end])?, &bytes[end + 2..]);
    match sort {
        b'+' => Ok(Some((Reply::Text(line), rest))),
        b'-' => Ok(Some((Reply::Error(line), rest))),
        _ => {
            let length: usize = line.parse().map_err(drop)?;
            let Some((body, after)) = rest.split_at_checked(length) else { return Ok(None) };
            Ok(after.strip_prefix(b"\r\n").map(|after| text(body).map(|body| (Reply::Text(body), after))).transpose()?)
        }
    }
}

fn text(bytes: &[u8]) -> Result<&str, ()> {
    std::str::from_utf8(bytes).map_err(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_read_as_they_come_in() {
        let all = b"+OK\r\n$11\r\nrole:master\r\n-ERR no\r\n";
        let (ok, info) = (Reply::Text("OK"), Reply::Text("role:master"));
        assert_eq!(replies(all, 2), Read::Whole(vec![ok, info]));
        assert_eq!(replies(b"-NOAUTH x\r\n", 1), Read::Whole(vec![Reply::Error("NOAUTH x")]));
        for end in 0..all.len() - 9 {
            assert_eq!(replies(&all[..end], 2), Read::Begun, "{end}");
        }
    }

    #[test]
    fn what_is_another_protocol_is_nonsense() {
        for other in [&b"HTTP/1.1 400 Bad"[..], b"$x\r\n", b"$-1\r\n", b"+\xff\r\n", b"\0", &[b'+'; 5_000]] {
            assert_eq!(replies(other, 1), Read::Nonsense, "{:?}", String::from_utf8_lossy(other));
        }
        assert_eq!(replies(b"$99999999999\r\n", 1), Read::Begun, "the port has a limit of its own");
        assert_eq!(command(&["AUTH", "pâ"]), "*2\r\n$4\r\nAUTH\r\n$3\r\npâ\r\n".as_bytes());
    }
}
