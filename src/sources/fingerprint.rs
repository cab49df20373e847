//! The name that Alertmanager gives to a set of labels: FNV-1a of 64 bits over the sorted pairs. Other sources use it for
//! alerts that come without a name of their own.

use crate::domain::alert::Labels;

const BASIS: u64 = 14_695_981_039_346_656_037;
const PRIME: u64 = 1_099_511_628_211;

/// Sixteen lower-case hexadecimal digits.
pub fn of(labels: &Labels) -> String {
    let hash = labels.iter().fold(BASIS, |hash, (name, value)| add(add(hash, name.raw()), value.raw()));
    format!("{hash:016x}")
}

/// Text and a byte that no UTF-8 has, so that pairs can't run into each other.
fn add(hash: u64, text: &str) -> u64 {
    text.bytes().chain([0xff]).fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

/// What Alertmanager itself would write.
pub fn valid(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        Labels::new(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    #[test]
    fn real_servers_agree() {
        assert_eq!(of(&labels(&[])), "cbf29ce484222325");
        assert_eq!(of(&labels(&[("alertname", "Watchdog")])), "003b0a0f7d3fa569");
        let disk = labels(&[("severity", "critical"), ("instance", "db1"), ("alertname", "DiskFull")]);
        assert_eq!(of(&disk), "e94c744ae3d44df8");
        assert!(valid(&of(&disk)) && !valid("E94C744AE3D44DF8") && !valid("../../x"));
    }
}
