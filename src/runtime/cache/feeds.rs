//! What feeds have measured, from one session to the next: a trend takes hours to show.

use crate::domain::ids::FeedName;
use crate::model::World;
use crate::model::health::Past;
use std::fs;
use std::io::{self, BufReader, Write};
use std::path::Path;

pub type Feeds = Vec<(FeedName, Past)>;

/// A file that can't be read is one that isn't there.
pub fn read(path: &Path) -> Option<Feeds> {
    fs::File::open(path).ok().and_then(|file| serde_json::from_reader(BufReader::new(file)).ok())
}

pub fn snapshot(world: &World) -> Feeds {
    world.health.iter().filter_map(|feed| Some((feed.spec.name.clone(), feed.past(world.now)?))).collect()
}

pub fn write(feeds: &Feeds, to: &mut impl Write) -> io::Result<()> {
    Ok(serde_json::to_writer(to, feeds)?)
}
