//! An alert storm as Alertmanager tells it.

#![allow(dead_code, reason = "each benchmark uses its own part")]

use std::fmt::Write as _;

pub const STATUS: &str = r#"{"cluster":{"status":"disabled","name":"","peers":[]},"versionInfo":{"branch":"","buildDate":"","buildUser":"","goVersion":"","revision":"","version":"0.25.0"},"config":{"original":""},"uptime":"2026-01-01T00:00:00.000Z"}"#;

/// Alerts of the usual size, keys sorted as the server sorts them: seven labels, three annotations, about 745 bytes each. Every hundredth has another summary in another `round`.
pub fn alerts(count: usize, round: usize) -> String {
    let mut all = String::from("[");
    for n in 0..count {
        let comma = if n == 0 { "" } else { "," };
        let round = if n % 100 == 0 { round } else { 0 };
        let severity = ["critical", "warning", "info"][n % 3];
        let _ = write!(
            all,
            r#"{comma}{{"annotations":{{"description":"{filler}","runbook_url":"https://runbooks.example/storm","summary":"Storm {n}: the queue of shard {n} is growing faster than it is drained ({round})"}},"endsAt":"2036-01-01T00:04:00.000Z","fingerprint":"{n:016x}","receivers":[{{"name":"ops"}}],"startsAt":"2026-01-01T00:{minute:02}:{second:02}.000Z","status":{{"inhibitedBy":[],"silencedBy":[],"state":"active"}},"updatedAt":"2026-01-01T00:00:00.000Z","generatorURL":"http://prometheus.example:9090/graph?g0.expr=queue_length","labels":{{"alertname":"Storm{kind}","cluster":"eu-1","instance":"10.1.{a}.{b}:9100","job":"queue","service":"checkout","severity":"{severity}","shard":"{n}"}}}}"#,
            filler = "Messages wait longer than the agreed time. ".repeat(3),
            minute = n / 60 % 60,
            second = n % 60,
            kind = n % 50,
            a = n / 250 % 250,
            b = n % 250,
        );
    }
    all + "]"
}

/// Silences in force that match none of these alerts, as a busy team leaves them behind.
pub fn silences(count: usize) -> String {
    let mut all = String::from("[");
    for n in 0..count {
        let comma = if n == 0 { "" } else { "," };
        let _ = write!(
            all,
            r#"{comma}{{"id":"{n:08x}-0000-4000-8000-000000000000","status":{{"state":"active"}},"updatedAt":"2026-01-01T00:00:00.000Z","comment":"replaced on the next visit to the site ({n})","createdBy":"ana","endsAt":"2036-01-01T00:04:00.000Z","matchers":[{{"isEqual":true,"isRegex":false,"name":"alertname","value":"Known{n}"}},{{"isEqual":true,"isRegex":false,"name":"instance","value":"10.9.0.{n}:9100"}}],"startsAt":"2026-01-01T00:00:00.000Z"}}"#,
        );
    }
    all + "]"
}
