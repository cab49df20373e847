//! Whom an Alertmanager tells of one alert, and together with what. Asked for when somebody looks at an alert: the groups of all
//! alerts are as long as their list, and only there stands which time interval mutes one.

use super::Alertmanager;
use super::peer::Peer;
use super::wire;
use crate::domain::alert::{Alert, Labels, Route};
use crate::domain::text::Outside;
use crate::domain::trouble::Trouble;
use crate::ports::Ports;
use futures_util::future::join_all;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Deserialize)]
pub struct Group {
    #[serde(default)]
    labels: BTreeMap<Outside, Outside>,
    receiver: Receiver,
    alerts: Vec<Member>,
}

#[derive(Deserialize)]
struct Receiver {
    name: Outside,
}

#[derive(Deserialize)]
struct Member {
    labels: BTreeMap<Outside, Outside>,
    #[serde(default)]
    status: Status,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    /// Since 0.28.
    #[serde(default)]
    muted_by: Option<Vec<Outside>>,
}

/// Every peer is asked, for alerts are not gossiped; that one of them is silent is told by the polls.
pub async fn routes(source: &Alertmanager, alert: &Alert, ports: &Ports, limit: Duration) -> Result<Vec<Route>, Trouble> {
    let filters = filters(&alert.labels);
    let peers = source.urls.iter().map(|url| Peer { source, url, ports, limit });
    let answers = join_all(peers.map(|peer| {
        let filters = &filters;
        async move { peer.with::<Vec<Group>>("alerts/groups", filters, "a list of groups").await }
    }))
    .await;
    let mut trouble = None;
    let mut routes = Vec::new();
    for answer in answers {
        match answer {
            Ok(groups) => routes.extend(groups.into_iter().filter_map(|group| route(group, alert, &source.ignored))),
            Err(why) => trouble = Some(why),
        }
    }
    routes.sort();
    routes.dedup();
    if routes.is_empty() { trouble.map_or(Ok(routes), Err) } else { Ok(routes) }
}

/// Of the alert that this matcher keeps the receivers of one peer, and which time intervals mute each now. Servers before 0.28 know of none,
/// and the others only once they were to tell of it.
pub async fn muted(peer: Peer<'_>, matcher: String) -> Result<Vec<(Outside, Vec<Outside>)>, Trouble> {
    let groups: Vec<Group> = peer.with("alerts/groups", &[matcher], "a list of groups").await?;
    let of = |group: Group| {
        (group.receiver.name, group.alerts.into_iter().find_map(|member| member.status.muted_by).unwrap_or_default())
    };
    Ok(groups.into_iter().map(of).collect())
}

/// How many labels stand in the question, and the longest of them: enough that few others are in the answer.
const NAMED: usize = 16;
const LONGEST: usize = 200;

/// Matchers that servers of every version read: names that are no words can't be written for the older ones.
fn filters(labels: &Labels) -> Vec<String> {
    let pairs = labels.iter().map(|(name, value)| (name.raw(), value.raw()));
    let short = pairs.filter(|(name, value)| wire::is_word(name) && !value.is_empty() && value.len() <= LONGEST);
    short.take(NAMED).map(|(name, value)| format!("{name}={}", quoted(value))).collect()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// How this group tells of the alert; `None` where it is not in it.
fn route(group: Group, alert: &Alert, ignored: &[String]) -> Option<Route> {
    let kept = |member: &Member| {
        let own = member.labels.iter().filter(|(name, _)| !ignored.iter().any(|other| other == name.raw()));
        own.eq(alert.labels.iter())
    };
    let member = group.alerts.into_iter().find(kept)?;
    let mut muted_by = member.status.muted_by.unwrap_or_default();
    muted_by.sort();
    let together_by = group.labels.into_keys().collect();
    Some(Route { to: group.receiver.name, together_by, muted_by })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_every_version_reads_stands_in_the_question() {
        let pairs = [("alertname", "Disk \"a\"\\"), ("my.label", "x"), ("1st", "x"), ("empty", ""), ("long", &"x".repeat(201))];
        let labels = Labels::new(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect());
        assert_eq!(filters(&labels), ["alertname=\"Disk \\\"a\\\"\\\\\""]);
    }
}
