//! What alerts were, of late, and what became of the acknowledgements among that: an acknowledgement alone says only that somebody wanted it.

use super::load;
use crate::domain::entry::Entry;
use crate::domain::ids::AlertId;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, Result, named_params};
use std::sync::Arc;

/// By the index of times: one of alerts would cost every append of a storm a page. The plus as for `CARRYING`.
const NEWEST: &str = "
    newest(n, id, kind) AS MATERIALIZED (SELECT n, id, kind FROM entries WHERE at >= :since AND alert IS NOT NULL
            AND (:alert IS NULL OR alert = :alert) AND kind IN ('alert-fired', 'alert-resolved', 'known-over', 'ack', 'run', 'run-driver', 'run-resumed', 'run-ended')
        ORDER BY at DESC LIMIT :limit),
    -- How what has ended had begun: their keys differ in the last word alone. Only of what began before all of these.
    began(n, alert, episode) AS MATERIALIZED (SELECT f.n, f.alert, json_extract(r.body, '$.data.starts_at')
        FROM newest CROSS JOIN entries r ON r.n = newest.n
        CROSS JOIN entries f INDEXED BY by_key ON f.key = rtrim(r.key, 'abcdefghijklmnopqrstuvwxyz') || 'fired'
        WHERE newest.kind = 'alert-resolved' AND f.n NOT IN (SELECT n FROM newest)),
    held(n, id) AS MATERIALIZED (SELECT a.n, a.id FROM began CROSS JOIN entries a INDEXED BY acks
            ON a.alert = began.alert AND a.kind IN ('ack', 'unack') AND a.kind = 'ack'
            AND json_extract(a.body, '$.data.episode') = began.episode
        UNION SELECT n, id FROM newest WHERE kind = 'ack'),
    acts(n, id) AS MATERIALIZED (SELECT x.n, x.id FROM held CROSS JOIN entries x INDEXED BY serving
        ON json_extract(x.body, '$.data.for') = +held.id AND x.kind = 'act'),";

const SET: &str = "SELECT n FROM newest UNION SELECT n FROM began UNION SELECT n FROM held UNION SELECT n FROM acts
    UNION SELECT e.n FROM acts CROSS JOIN entries e INDEXED BY by_key
        ON e.key IN ('act/' || acts.id || '/unsent', 'act/' || acts.id || '/ended', 'act/' || acts.id || '/settled')";

/// The newest `limit` entries since then, of one alert or of all, with what was done for acknowledgements among them and how that ended. Of
/// what ended then, its beginning and who had it are among them however long ago that was: the end alone says neither.
pub fn past(db: &Connection, alert: Option<&AlertId>, since: DateTime<Utc>, limit: usize) -> Result<Vec<Arc<Entry>>> {
    let alert = alert.map(ToString::to_string);
    load(db, NEWEST, SET, named_params! { ":since": since.timestamp_millis(), ":alert": alert, ":limit": limit })
}
