//! What may belong to an incident that began after it.

use super::{legion, load, words};
use crate::domain::entry::{Kind, SIGHTS, STORMS, UNWATCHED};
use crate::domain::ids::{AlertId, ServiceName};
use crate::domain::incident::{LeftOut, Past};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, Result, Row, named_params};
use serde_json::json;
use std::collections::BTreeSet;

/// By the index of times; whose service it is only the body says. What comes by the thousand gives way to what was written and changed,
/// even where it is of these very alerts: a bulk of them is acknowledged at once. Of the rest what is about these alerts comes first, then
/// what somebody did, and of all of it what happened last.
pub fn preceding(
    db: &Connection,
    (since, until): (DateTime<Utc>, DateTime<Utc>),
    (alerts, services): (&BTreeSet<AlertId>, &BTreeSet<ServiceName>),
    limit: usize,
) -> Result<Past> {
    let set = format!(
        "SELECT n, at, alert IN (SELECT value FROM json_each(:alerts)) AS own, kind IN ({}) AS one_of_many,
                kind IN ('ack', 'unack') OR kind = 'act' AND json_extract(body, '$.data.for') IS NULL AS done
            FROM entries INDEXED BY by_at WHERE at >= :since AND at < :until AND incident IS NULL
                AND ((kind IN ({}) OR kind IN ('run', 'step-ended') AND json_extract(body, '$.data.diagnosis'))
                        AND (own OR json_extract(body, '$.service') IN (SELECT value FROM json_each(:services)))
                    OR kind = 'console' AND json_extract(body, '$.data.event') IN ({})
                    OR kind = 'console' AND json_extract(body, '$.data.event') IN ({})
                        AND json_extract(body, '$.data.source') IN (SELECT value FROM json_each(:sources)))
                AND json_extract(body, '$.drill') IS NULL
            ORDER BY one_of_many, coalesce(own, 0) DESC, done DESC, at DESC, n DESC",
        legion(),
        words(&Kind::PRECEDING),
        words(&[STORMS.as_slice(), &[UNWATCHED]].concat()),
        words(&SIGHTS)
    );
    let sources: BTreeSet<&str> = alerts.iter().map(|alert| alert.source.as_str()).collect();
    let alerts: Vec<String> = alerts.iter().map(ToString::to_string).collect();
    let services: Vec<&str> = services.iter().map(ServiceName::as_str).collect();
    let [alerts, services, sources] = [json!(alerts), json!(services), json!(sources)].map(|list| list.to_string());
    let (since, until) = (since.timestamp_millis(), until.timestamp_millis());
    let params = named_params! {
        ":since": since, ":until": until, ":alerts": alerts, ":services": services, ":sources": sources, ":limit": limit
    };
    let entries = load(db, "", &format!("SELECT n FROM ({set} LIMIT :limit)"), params)?;
    let rest = format!("SELECT count(*), min(at), max(at) FROM ({set} LIMIT -1 OFFSET :limit)");
    let left_out = if entries.len() < limit { None } else { db.query_row(&rest, params, left_out)? };
    Ok(Past { entries, left_out })
}

/// Reads how many, and the times of the first and the last.
fn left_out(row: &Row) -> Result<Option<LeftOut>> {
    let time = |millis: Option<i64>| millis.and_then(DateTime::from_timestamp_millis);
    let (entries, from, until) = (row.get(0)?, time(row.get(1)?), time(row.get(2)?));
    Ok(from.zip(until).map(|(from, until)| LeftOut { entries, from, until }))
}
