//! The chain of one origin: each entry's hash covers its body and the hash before it, so nothing before the head can
//! be changed, taken out or put elsewhere unnoticed.

use super::ids::OriginId;
use sha2::{Digest, Sha256};

/// What stands before the first entry of an origin.
pub fn genesis(origin: OriginId) -> String {
    hash("midwatch:", &origin.to_string())
}

/// Lower-case hex of SHA-256(`prev` ‖ `body`).
pub fn hash(prev: &str, body: &str) -> String {
    hex(&Sha256::new().chain_update(prev).chain_update(body).finalize())
}

pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn anybody_can_compute_the_chain_with_sha256sum() {
        // printf 'midwatch:00000000-0000-0000-0000-000000000000' | sha256sum
        let genesis = genesis(OriginId(Uuid::nil()));
        assert_eq!(genesis, "174fd89c8e44fe3692221c8ef86b4a0bc6f28a109f795644c8f57270f36021f3");
        assert_eq!(hash(&genesis, r#"{"v":1}"#), "b26041735407698cc0895f0b830bf05c6d0058df326bee4e8bc3b4a786826f1b");
    }
}
