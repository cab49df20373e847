//! How a server is, by one query, and what is wrong with it.

use super::super::judged;
use crate::domain::health::{FeedState, Limit, Reading};
use std::time::Duration;

/// Of a standby: whether it is being sent anything, and how long ago the last transaction was that it has shown, where there is
/// something that it hasn't. Of a primary: its standbys and the worst of them. Of both: connections. Then bytes; and whether we may see all that.
pub const QUERY: &str = "select pg_is_in_recovery(), \
     (select sum(numbackends) from pg_stat_database), \
     current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int, \
     case when pg_is_in_recovery() then (select count(*) from pg_stat_wal_receiver where status = 'streaming') \
          else (select count(*) from pg_stat_replication where state = 'streaming') end, \
     case when not pg_is_in_recovery() then (select extract(epoch from max(replay_lag)) from pg_stat_replication) \
          when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0 \
          else extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) end, \
     case when pg_is_in_recovery() then pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) \
          else (select max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)) from pg_stat_replication) end, \
     pg_has_role('pg_read_all_stats', 'usage')";

/// To everybody else no standby streams, whatever it does.
pub fn may_see(row: &[Option<String>]) -> bool {
    row.last().is_none_or(|cell| cell.as_deref() != Some("f"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Primary,
    Standby,
}

impl Role {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "primary" => Some(Self::Primary),
            "standby" | "replica" => Some(Self::Standby),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Primary => "a primary",
            Self::Standby => "a standby",
        }
    }
}

/// What is expected of a server.
pub struct Wanted {
    pub role: Option<Role>,
    /// Standbys that a primary has at least.
    pub standbys: usize,
    /// Further behind is degraded.
    pub lag: Duration,
    pub lag_bytes: Option<f64>,
    /// More of the connections, in percent, is degraded.
    pub connections: f64,
}

const MIB: f64 = 1024.0 * 1024.0;

struct Standing {
    role: Role,
    /// Streams to or from it.
    streams: usize,
    seconds: Option<f64>,
    bytes: Option<f64>,
    taken: f64,
    most: f64,
}

impl Standing {
    fn read(row: &[Option<String>]) -> Option<Self> {
        let [recovery, taken, most, streams, seconds, bytes, _] = row else { return None };
        let role = match recovery.as_deref()? {
            "t" => Role::Standby,
            "f" => Role::Primary,
            _ => return None,
        };
        let number = |cell: &Option<String>| cell.as_ref()?.parse().ok().filter(|number: &f64| number.is_finite());
        let (seconds, bytes, streams) = (number(seconds), number(bytes), streams.as_ref()?.parse().ok()?);
        Some(Self { role, streams, seconds, bytes, taken: number(taken)?, most: number(most)? })
    }

    fn told(&self) -> String {
        let lag = match (self.seconds, self.bytes) {
            // Less than that is there and gone again.
            (None | Some(..1.0), None | Some(..MIB)) => String::new(),
            (Some(seconds), Some(bytes)) => format!(", {seconds:.0} s and {} behind", size(bytes)),
            (None, Some(bytes)) => format!(", {} behind", size(bytes)),
            (seconds, None) => format!(", {:.0} s behind", seconds.unwrap_or_default()),
        };
        match self.role {
            Role::Primary => format!("primary of {} standby{}{lag}", self.streams, if self.streams == 1 { "" } else { "s" }),
            Role::Standby => format!("standby{lag}"),
        }
    }

    fn judge(&self, wanted: &Wanted) -> (FeedState, String) {
        let (told, late) = (self.told(), self.seconds.is_some_and(|seconds| seconds > wanted.lag.as_secs_f64()));
        let far = wanted.lag_bytes.filter(|most| self.bytes.is_some_and(|bytes| bytes > *most));
        match (self.role, wanted.role) {
            (role, Some(other)) if role != other => (FeedState::Failing, format!("{told}, expected {}", other.word())),
            (Role::Standby, _) if self.streams == 0 => (FeedState::Failing, format!("{told}, nobody streams to it")),
            (Role::Primary, _) if self.streams < wanted.standbys => {
                (FeedState::Degraded, format!("{told}, {} expected", wanted.standbys))
            }
            _ if late => (FeedState::Degraded, format!("{told}, expected at most {}", humantime::format_duration(wanted.lag))),
            _ if far.is_some() => (FeedState::Degraded, format!("{told}, expected at most {}", size(far.unwrap_or_default()))),
            _ => (FeedState::Healthy, told),
        }
    }
}

/// `None` when it is no such row.
pub fn judge(row: &[Option<String>], wanted: &Wanted) -> Option<Reading> {
    let standing = Standing::read(row).filter(|standing| standing.most > 0.0)?;
    let (mut state, mut message) = standing.judge(wanted);
    let percent = (standing.taken / standing.most * 1_000.0).round() / 10.0;
    if percent > wanted.connections {
        state = state.max(FeedState::Degraded);
        message += &format!("; {} of {} connections taken", standing.taken, standing.most);
    }
    let limit = Some(Limit::Above(wanted.connections));
    Some(Reading { value: Some(percent), unit: Some("%".to_owned()), limit, ..judged(state, message, None) })
}

fn size(bytes: f64) -> String {
    if bytes < MIB { format!("{bytes:.0} bytes") } else { format!("{:.1} MiB", bytes / MIB) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(role: Option<Role>, standbys: usize, row: [&str; 6]) -> (FeedState, String) {
        let wanted = Wanted { role, standbys, lag: Duration::from_secs(10), lag_bytes: Some(4e6), connections: 90.0 };
        let row: Vec<_> = row.iter().chain(&["t"]).map(|cell| Some(cell.to_string()).filter(|cell| !cell.is_empty())).collect();
        let reading = judge(&row, &wanted).expect("is such a row");
        (reading.state, reading.message.raw().to_owned())
    }

    #[test]
    fn a_primary_has_its_standbys_and_they_keep_up() {
        assert_eq!(said(None, 0, ["f", "3", "97", "0", "", ""]), (FeedState::Healthy, "primary of 0 standbys".into()));
        assert_eq!(said(None, 1, ["f", "3", "97", "1", "0.2", "24"]).1, "primary of 1 standby");
        let few = (FeedState::Degraded, "primary of 1 standby, 2 expected".to_owned());
        assert_eq!(said(Some(Role::Primary), 2, ["f", "3", "97", "1", "", ""]), few);
        let late = (FeedState::Degraded, "primary of 2 standbys, 11 s and 3.0 MiB behind, expected at most 10s".to_owned());
        assert_eq!(said(None, 0, ["f", "3", "97", "2", "11.0", "3145728"]), late);
        let far = said(None, 0, ["t", "3", "97", "1", "", "5242880"]);
        assert_eq!(far, (FeedState::Degraded, "standby, 5.0 MiB behind, expected at most 3.8 MiB".into()));
    }

    #[test]
    fn a_standby_that_nobody_streams_to_is_no_standby() {
        assert_eq!(said(Some(Role::Standby), 0, ["t", "1", "97", "1", "0", "0"]), (FeedState::Healthy, "standby".into()));
        assert_eq!(said(None, 0, ["t", "1", "97", "0", "0", "0"]), (FeedState::Failing, "standby, nobody streams to it".into()));
        let promoted = said(Some(Role::Standby), 0, ["f", "1", "97", "0", "", ""]);
        assert_eq!(promoted, (FeedState::Failing, "primary of 0 standbys, expected a standby".into()));
    }

    #[test]
    fn connections_that_run_out_are_told_and_another_answer_is_none() {
        let full = (FeedState::Degraded, "primary of 0 standbys; 96 of 97 connections taken".to_owned());
        assert_eq!(said(None, 0, ["f", "96", "97", "0", "", ""]), full);
        let wanted = Wanted { role: None, standbys: 0, lag: Duration::ZERO, lag_bytes: None, connections: 90.0 };
        let row = |cells: &[&str]| cells.iter().chain(&["t"]).map(|cell| Some(cell.to_string())).collect::<Vec<_>>();
        for other in
            [&["t"][..], &["f", "NaN", "97", "0", "0", "0"], &["f", "1", "0", "0", "0", "0"], &["x", "1", "9", "0", "0", "0"]]
        {
            assert!(judge(&row(other), &wanted).is_none(), "{other:?}");
        }
    }
}
