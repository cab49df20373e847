//! What feeds have measured, from one session to the next: a trend takes hours to show.

use crate::domain::ids::FeedName;
use crate::model::World;
use crate::model::health::Past;
use serde_json::Value;
use std::fs;
use std::io::{self, BufReader, Write};
use std::path::Path;

pub type Feeds = Vec<(FeedName, Past)>;

/// A file that can't be read is one that isn't there; a feed of which something else is kept than this version knows has no past.
pub fn read(path: &Path) -> Option<Feeds> {
    let file = fs::File::open(path).ok()?;
    let all: Vec<(FeedName, Value)> = serde_json::from_reader(BufReader::new(file)).ok()?;
    Some(all.into_iter().filter_map(|(feed, past)| Some((feed, serde_json::from_value(past).ok()?))).collect())
}

pub fn snapshot(world: &World) -> Feeds {
    world.health.iter().filter_map(|feed| Some((feed.spec.name.clone(), feed.past(world.now)?))).collect()
}

pub fn write(feeds: &Feeds, to: &mut impl Write) -> io::Result<()> {
    Ok(serde_json::to_writer(to, feeds)?)
}

#[cfg(test)]
mod tests;
