//! What `INFO replication` says, and what is wrong with it.

use super::super::judged;
use crate::domain::health::{FeedState, Reading};
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Primary,
    Replica,
}

impl Role {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "primary" | "master" => Some(Self::Primary),
            "replica" | "slave" => Some(Self::Replica),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Primary => "a primary",
            Self::Replica => "a replica",
        }
    }
}

/// What is expected of a server.
pub struct Wanted {
    pub role: Option<Role>,
    /// Replicas that a primary has at least.
    pub replicas: usize,
    /// Longer without a word from the other side is degraded.
    pub lag: Duration,
}

struct Info<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Info<'a> {
    fn text(&self, name: &str) -> &'a str {
        self.0.get(name).copied().unwrap_or("")
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.text(name).parse().ok()
    }
}

/// `None` when it is no such list.
pub fn judge(text: &str, wanted: &Wanted) -> Option<Reading> {
    let info = Info(text.lines().filter_map(|line| line.split_once(':')).collect());
    let role = Role::parse(info.text("role"))?;
    let reading = match role {
        Role::Primary => primary(&info, wanted),
        Role::Replica => replica(&info, wanted),
    };
    Some(match wanted.role.filter(|wanted| *wanted != role) {
        Some(wanted) => {
            let message = format!("{}, expected {}", reading.message.raw(), wanted.word());
            Reading { state: FeedState::Failing, message: message.into(), ..reading }
        }
        None => reading,
    })
}

fn primary(info: &Info, wanted: &Wanted) -> Reading {
    let count = info.number("connected_slaves").unwrap_or(0);
    let fields =
        (0..count).map(|index| info.text(&format!("slave{index}")).split(',').filter_map(|pair| pair.split_once('=')).collect());
    let replicas: Vec<_> = fields.map(Info).collect();
    let online: Vec<_> = replicas.iter().filter(|replica| replica.text("state") == "online").collect();
    let lag = online.iter().filter_map(|replica| replica.number("lag")).max();
    let told = format!("primary of {} replica{}", online.len(), if online.len() == 1 { "" } else { "s" });
    let (state, message) = match lag {
        _ if online.len() < wanted.replicas => (FeedState::Degraded, format!("{told}, {} expected", wanted.replicas)),
        Some(lag) if lag > wanted.lag.as_secs() => (FeedState::Degraded, format!("{told}, one of them silent for {lag} s")),
        _ => (FeedState::Healthy, told),
    };
    lagging(judged(state, message, None), lag)
}

fn replica(info: &Info, wanted: &Wanted) -> Reading {
    let told = format!("replica of {}:{}", info.text("master_host"), info.text("master_port"));
    let silent = info.number("master_last_io_seconds_ago");
    let (state, message) = match silent {
        _ if info.text("master_sync_in_progress") == "1" => (FeedState::Degraded, format!("{told}, copying all of its data")),
        _ if info.text("master_link_status") != "up" => {
            let since = info.number("master_link_down_since_seconds").map(|since| format!(" for {since} s")).unwrap_or_default();
            (FeedState::Failing, format!("{told}, the link is down{since}"))
        }
        Some(silent) if silent > wanted.lag.as_secs() => (FeedState::Degraded, format!("{told}, which is silent for {silent} s")),
        _ => (FeedState::Healthy, told),
    };
    lagging(judged(state, message, None), silent)
}

fn lagging(reading: Reading, lag: Option<u64>) -> Reading {
    Reading { value: lag.map(|lag| lag as f64), unit: lag.map(|_| "s".to_owned()), ..reading }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(role: Option<Role>, replicas: usize, text: &str) -> (FeedState, String, Option<f64>) {
        let wanted = Wanted { role, replicas, lag: Duration::from_secs(10) };
        let reading = judge(text, &wanted).expect("is a list");
        (reading.state, reading.message.raw().to_owned(), reading.value)
    }

    const PRIMARY: &str = "# Replication\r\nrole:master\r\nconnected_slaves:2\r\nslave0:ip=::1,port=1,state=online,offset=1,lag=1\r\n\
        slave1:ip=::1,port=2,state=wait_bgsave,offset=0,lag=99\r\n";

    fn replica(link: &str, more: &str) -> String {
        format!("role:slave\r\nmaster_host:db\r\nmaster_port:6379\r\nmaster_link_status:{link}\r\n{more}")
    }

    #[test]
    fn a_primary_has_the_replicas_that_are_expected_of_it() {
        assert_eq!(said(None, 0, PRIMARY), (FeedState::Healthy, "primary of 1 replica".into(), Some(1.0)));
        let few = (FeedState::Degraded, "primary of 1 replica, 2 expected".to_owned(), Some(1.0));
        assert_eq!(said(Some(Role::Primary), 2, PRIMARY), few);
        let silent = PRIMARY.replace("lag=1\r", "lag=11\r");
        assert_eq!(said(None, 1, &silent).1, "primary of 1 replica, one of them silent for 11 s");
        let other = said(Some(Role::Replica), 0, "role:master\r\nconnected_slaves:4000000000000\r\n"[..13].into());
        assert_eq!(other, (FeedState::Failing, "primary of 0 replicas, expected a replica".into(), None));
    }

    #[test]
    fn a_replica_is_as_well_as_its_link() {
        let well = replica("up", "master_last_io_seconds_ago:3\r\n");
        assert_eq!(said(Some(Role::Replica), 0, &well), (FeedState::Healthy, "replica of db:6379".into(), Some(3.0)));
        let silent = said(None, 0, &replica("up", "master_last_io_seconds_ago:11\r\n"));
        assert_eq!(silent, (FeedState::Degraded, "replica of db:6379, which is silent for 11 s".into(), Some(11.0)));
        let broken = replica("down", "master_last_io_seconds_ago:-1\r\nmaster_link_down_since_seconds:7\r\n");
        assert_eq!(said(None, 0, &broken), (FeedState::Failing, "replica of db:6379, the link is down for 7 s".into(), None));
        assert_eq!(said(None, 0, &replica("down", "master_sync_in_progress:1\r\n")).0, FeedState::Degraded);
        let promoted = said(Some(Role::Primary), 0, &well);
        assert_eq!((promoted.0, promoted.1.as_str()), (FeedState::Failing, "replica of db:6379, expected a primary"));
        assert!(judge("redis_version:7\r\n", &Wanted { role: None, replicas: 0, lag: Duration::ZERO }).is_none());
    }
}
