//! The messages of DNS: one question, and what the answer to it says.

use hickory_proto::op::{Edns, Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use std::net::IpAddr;

pub const A: RecordType = RecordType::A;
pub const TYPES: &str = "a type such as A, AAAA, CAA, CNAME, MX, NS, PTR, SOA, SRV or TXT";

const KNOWN: [RecordType; 10] = [
    RecordType::A,
    RecordType::AAAA,
    RecordType::CAA,
    RecordType::CNAME,
    RecordType::MX,
    RecordType::NS,
    RecordType::PTR,
    RecordType::SOA,
    RecordType::SRV,
    RecordType::TXT,
];

/// The longest datagram that gets through everywhere in one piece.
const DATAGRAM: u16 = 1232;

/// More aliases of aliases are a circle.
const ALIASES: usize = 16;

pub fn sort(text: &str) -> Option<RecordType> {
    KNOWN.into_iter().find(|sort| sort.to_string() == text.to_ascii_uppercase())
}

pub struct Question {
    name: Name,
    sort: RecordType,
}

/// What a server says.
#[derive(Debug, PartialEq)]
pub enum Said {
    /// Sorted; none when there is none of this type.
    Records(Vec<String>),
    /// The name is an alias of this one, about which nothing is said.
    Elsewhere(String),
    /// An error of the protocol, in words.
    Refusal(String),
}

impl Question {
    /// `None` when that is no name. An address is asked for by its name for PTR.
    pub fn of(text: &str, sort: RecordType) -> Option<Self> {
        let mut name = match text.parse::<IpAddr>() {
            Ok(ip) if sort == RecordType::PTR => Name::from(ip),
            Ok(_) => return None,
            Err(_) => Name::from_str_relaxed(text).ok().filter(|name| name.num_labels() > 0 || text == ".")?,
        };
        name.set_fqdn(true);
        Some(Self { name, sort })
    }

    pub fn sort(&self) -> RecordType {
        self.sort
    }

    /// The question with a new number.
    pub fn ask(&self) -> (u16, Vec<u8>) {
        let mut message = Message::query();
        message.metadata.recursion_desired = true;
        message.add_query(Query::query(self.name.clone(), self.sort));
        let mut edns = Edns::new();
        edns.set_max_payload(DATAGRAM);
        message.set_edns(edns);
        // Only what is no name can't be written, and this is one.
        (message.metadata.id, message.to_vec().unwrap_or_default())
    }

    /// The error says what is wrong with the answer itself.
    pub fn read(&self, bytes: &[u8]) -> Result<Said, &'static str> {
        let message = Message::from_vec(bytes).map_err(|_| "what answers there does not speak DNS")?;
        let code = message.metadata.response_code;
        let asked = message.queries.first();
        if asked.is_some_and(|query| query.name != self.name || query.query_type != self.sort) {
            return Err("it answers another question");
        }
        Ok(match code {
            ResponseCode::NoError => self.found(&message.answers),
            code => Said::Refusal(words(code)),
        })
    }

    /// The records of the name, or of whatever it is an alias of.
    fn found(&self, answers: &[Record]) -> Said {
        let mut name = &self.name;
        for _ in 0..ALIASES {
            let of_name = || answers.iter().filter(|record| record.name == *name).map(|record| &record.data);
            let mut records: Vec<_> = of_name().filter(|data| data.record_type() == self.sort).map(told).collect();
            let alias = of_name().find_map(|data| if let RData::CNAME(alias) = data { Some(&alias.0) } else { None });
            match alias {
                Some(alias) if records.is_empty() => name = alias,
                None if records.is_empty() && *name != self.name => break,
                _ => {
                    records.sort();
                    records.dedup();
                    return Said::Records(records);
                }
            }
        }
        Said::Elsewhere(plain(&name.to_utf8()).to_owned())
    }
}

fn words(code: ResponseCode) -> String {
    match code {
        ResponseCode::NXDomain => "there is no such name (NXDOMAIN)".to_owned(),
        ResponseCode::ServFail => "the server could not find out (SERVFAIL)".to_owned(),
        ResponseCode::Refused => "the server refuses to answer this (REFUSED)".to_owned(),
        code => format!("the server answers with an error: {}", code.to_str()),
    }
}

/// A record as people write it: names without the dot at their end, texts without quotes.
fn told(data: &RData) -> String {
    match data {
        RData::TXT(text) => text.txt_data.iter().map(|part| String::from_utf8_lossy(part)).collect(),
        data => plain(&data.to_string()).to_owned(),
    }
}

pub fn plain(name: &str) -> &str {
    name.strip_suffix('.').filter(|rest| !rest.is_empty()).unwrap_or(name)
}

/// Whether these bytes are meant to be the answer to the question with this number. Anybody can send a datagram.
pub fn answers(bytes: &[u8], id: u16) -> bool {
    bytes.get(..2) == Some(&id.to_be_bytes()) && bytes.get(2).is_some_and(|flags| flags & 0x80 != 0)
}

/// The rest didn't fit.
pub fn is_cut(bytes: &[u8]) -> bool {
    bytes.get(2).is_some_and(|flags| flags & 0x02 != 0)
}

/// A message as TCP carries it: after its length.
pub fn frame(message: &[u8]) -> Vec<u8> {
    let length = u16::try_from(message.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes(), message].concat()
}

/// The message, once it is whole.
pub fn framed(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.get(..u16::from_be_bytes(*length).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_proto::rr::rdata::{CNAME, TXT};

    fn name(text: &str) -> Name {
        Question::of(text, A).expect("a name").name
    }

    fn answer(question: &Question, code: ResponseCode, records: &[(&str, RData)]) -> Result<Said, &'static str> {
        let (id, bytes) = question.ask();
        let mut message = Message::from_vec(&bytes).expect("our own").into_response();
        message.metadata.response_code = code;
        message.add_answers(records.iter().map(|(owner, data)| Record::from_rdata(name(owner), 60, data.clone())));
        let bytes = message.to_vec().expect("writes");
        assert!(answers(&bytes, id) && !answers(&bytes, id ^ 1) && !is_cut(&bytes));
        question.read(&bytes)
    }

    fn alias(of: &str) -> RData {
        RData::CNAME(CNAME(name(of)))
    }

    fn address(last: u8) -> RData {
        RData::A(std::net::Ipv4Addr::new(10, 0, 0, last).into())
    }

    #[test]
    fn aliases_are_followed_as_far_as_the_answer_tells() {
        let www = Question::of("www.lab.test", A).expect("a name");
        let said = |records: &[(&str, RData)]| answer(&www, ResponseCode::NoError, records).expect("an answer");
        let both = || Said::Records(vec!["10.0.0.1".into(), "10.0.0.2".into()]);
        assert_eq!(
            said(&[("WEB.lab.test", address(2)), ("www.lab.test", alias("web.lab.test")), ("web.lab.test", address(1))]),
            both()
        );
        let twice = [("www.lab.test", address(2)), ("www.lab.test", address(1)), ("www.lab.test", address(2))];
        assert_eq!(said(&twice), both(), "one that is told twice is one");
        assert_eq!(said(&[("www.lab.test", alias("cdn.example"))]), Said::Elsewhere("cdn.example".into()));
        assert_eq!(said(&[("other.lab.test", address(1))]), Said::Records(vec![]), "of another name");
        let round = [("www.lab.test", alias("a.test")), ("a.test", alias("www.lab.test"))];
        assert!(matches!(said(&round), Said::Elsewhere(_)));
        let itself = Question::of("www.lab.test", RecordType::CNAME).expect("a name");
        let told = answer(&itself, ResponseCode::NoError, &[("www.lab.test", alias("web.lab.test"))]).expect("an answer");
        assert_eq!(told, Said::Records(vec!["web.lab.test".into()]));
    }

    #[test]
    fn errors_have_words_and_texts_are_joined() {
        let question = Question::of("lab.test", RecordType::TXT).expect("a name");
        let refusal = answer(&question, ResponseCode::NXDomain, &[]);
        assert_eq!(refusal, Ok(Said::Refusal("there is no such name (NXDOMAIN)".into())));
        let text = RData::TXT(TXT::new(vec!["v=spf1 ".into(), "-all".into()]));
        assert_eq!(
            answer(&question, ResponseCode::NoError, &[("lab.test", text)]),
            Ok(Said::Records(vec!["v=spf1 -all".into()]))
        );
        let other = Question::of("lab.test", A).expect("a name");
        let (_, bytes) = other.ask();
        assert_eq!(question.read(&bytes), Err("it answers another question"));
        assert!(question.read(b"HTTP/1.1 400 Bad Request\r\n\r\n").is_err());
    }

    #[test]
    fn names_and_types_are_read_as_people_write_them() {
        assert!(Question::of("10.0.0.1", A).is_none() && Question::of("", A).is_none() && Question::of("a..b", A).is_none());
        let reverse = Question::of("10.0.0.1", RecordType::PTR).expect("an address");
        assert_eq!(reverse.name.to_utf8(), "1.0.0.10.in-addr.arpa.");
        assert!(Question::of("_ssh._tcp.lab.test", RecordType::SRV).is_some());
        assert_eq!((sort("mx"), sort("ANY"), sort("x")), (Some(RecordType::MX), None, None));
        assert_eq!(["a.test.", ".", "a"].map(plain), ["a.test", ".", "a"]);
    }

    #[test]
    fn over_tcp_a_message_has_its_length() {
        let whole = frame(b"abc");
        assert_eq!((whole.as_slice(), framed(&whole)), (&b"\0\x03abc"[..], Some(&b"abc"[..])));
        assert!((0..whole.len()).all(|end| framed(&whole[..end]).is_none()));
    }
}
