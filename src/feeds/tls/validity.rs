//! The parts of a certificate that say when it is valid and who signed it, read from its DER. Nothing here decides about trust: rustls does.

use chrono::{DateTime, NaiveDateTime, Utc};

#[derive(Debug, PartialEq)]
pub struct Validity {
    pub begins: DateTime<Utc>,
    pub ends: DateTime<Utc>,
    /// Signed by whom it names: by itself.
    pub own: bool,
}

const SEQUENCE: u8 = 0x30;
/// The version, which the oldest certificates lack.
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// One element: its tag, its content, and what follows it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, short], rest) = bytes.split_first_chunk::<2>()?;
    let (length, rest) = match short {
        0..=0x7f => (usize::from(short), rest),
        // More than four bytes of length is no certificate.
        0x81..=0x84 => {
            let (long, rest) = rest.split_at_checked(usize::from(short & 0x7f))?;
            (long.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// The content of a sequence, and what follows it.
fn sequence(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (tag, content, rest) = element(bytes)?;
    (tag == SEQUENCE).then_some((content, rest))
}

pub fn read(certificate: &[u8]) -> Option<Validity> {
    let (signed, _) = sequence(sequence(certificate)?.0)?;
    let (tag, _, after) = element(signed)?;
    let serial = if tag == VERSION { after } else { signed };
    let (_, _, algorithm) = element(serial)?;
    let (_, issuer) = sequence(algorithm)?;
    let (issuer, validity) = sequence(issuer)?;
    let (validity, subject) = sequence(validity)?;
    let (subject, _) = sequence(subject)?;
    let (tag, begins, ends) = element(validity)?;
    let begins = time(tag, begins)?;
    let (tag, ends, _) = element(ends)?;
    Some(Validity { begins, ends: time(tag, ends)?, own: issuer == subject })
}

fn time(tag: u8, text: &[u8]) -> Option<DateTime<Utc>> {
    let text = std::str::from_utf8(text).ok()?;
    let text = match tag {
        // RFC 5280: from 50 on it is the twentieth century.
        UTC_TIME if text.get(..2)? >= "50" => format!("19{text}"),
        UTC_TIME => format!("20{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%SZ").ok().map(|time| time.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        let length = content.len();
        let head = if length < 0x80 { vec![tag, length as u8] } else { vec![tag, 0x82, (length >> 8) as u8, length as u8] };
        [head, content].concat()
    }

    fn certificate(version: bool, issuer: &[u8], subject: &[u8], times: [(u8, &[u8]); 2]) -> Vec<u8> {
        let version = if version { der(VERSION, &[&[2, 1, 2]]) } else { Vec::new() };
        let [begins, ends] = times.map(|(tag, text)| der(tag, &[text]));
        let (issuer, subject) = (der(SEQUENCE, &[issuer]), der(SEQUENCE, &[subject]));
        let validity = der(SEQUENCE, &[&begins, &ends]);
        let signed = der(SEQUENCE, &[&version, &[2, 1, 9], &der(SEQUENCE, &[&[5, 0]]), &issuer, &validity, &subject, &[0; 200]]);
        der(SEQUENCE, &[&signed, &der(SEQUENCE, &[])])
    }

    #[test]
    fn both_kinds_of_time_are_read_and_who_signed_it() {
        let times: [(u8, &[u8]); 2] = [(UTC_TIME, b"991231235959Z"), (GENERALIZED_TIME, b"20500101000000Z")];
        let found = read(&certificate(true, b"a", b"b", times)).expect("is one");
        assert_eq!(found.begins.to_rfc3339(), "1999-12-31T23:59:59+00:00");
        assert_eq!(found.ends.to_rfc3339(), "2050-01-01T00:00:00+00:00");
        assert!(!found.own);
        let times: [(u8, &[u8]); 2] = [(UTC_TIME, b"500101000000Z"), (UTC_TIME, b"491231235959Z")];
        let old = read(&certificate(false, b"a", b"a", times)).expect("is one without a version");
        assert_eq!((old.begins.to_rfc3339(), old.own), ("1950-01-01T00:00:00+00:00".to_owned(), true));
        assert_eq!(old.ends.to_rfc3339(), "2049-12-31T23:59:59+00:00");
    }

    #[test]
    fn whatever_is_broken_is_none_and_never_a_panic() {
        let times: [(u8, &[u8]); 2] = [(UTC_TIME, b"260101000000Z"), (UTC_TIME, b"270101000000Z")];
        let good = certificate(true, b"a", b"b", times);
        assert!((0..good.len()).all(|end| read(&good[..end]).is_none()));
        for place in 0..80.min(good.len()) {
            for byte in [0, 0x17, 0x7f, 0x80, 0x84, 0xff] {
                let mut broken = good.clone();
                broken[place] = byte;
                let _ = read(&broken);
            }
        }
        assert_eq!(read(&certificate(true, b"a", b"b", [(UTC_TIME, b"26"), (UTC_TIME, b"\xff\xff")])), None);
        assert_eq!(read(&[SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
