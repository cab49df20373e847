//! That the journal can't be written is said at once, and that it can again once that lasts; and who watches, where somebody hung.

use super::out;
use crate::model::World;
use crate::model::troubles::Subject;
use std::time::Duration;

/// What was said of the journal and of the watch: whoever hears it, or reads the log of a service, is told once why nothing was recorded.
#[derive(Default)]
pub struct Told {
    trouble: bool,
    /// Since when it can be written again, and nobody was told.
    well: Option<Duration>,
    reserve: bool,
    /// Whoever hung is told of.
    hung: bool,
}

/// On a disk that is nearly full one entry has room and the next has none: only what lasts so long is an end of it.
const LASTS: Duration = Duration::from_secs(30);

impl Told {
    /// What is new of it, and whether it is bad.
    pub fn news(&mut self, world: &World) -> Vec<(bool, String)> {
        let mut news = Vec::new();
        let hung = world.troubles.get(&Subject::Watch).filter(|trouble| trouble.over.is_none());
        match (hung, std::mem::replace(&mut self.hung, hung.is_some())) {
            (Some(trouble), false) => news.push((true, trouble.why.clone())),
            (None, true) if world.watching => news.push((false, "this process watches".to_owned())),
            _ => {}
        }
        if world.reserve_freed && !std::mem::replace(&mut self.reserve, true) {
            news.push((true, "the disk with the journal is full, and its reserve is in use: free some space".to_owned()));
        }
        if let Some(why) = &world.journal_trouble {
            self.well = None;
            if !std::mem::replace(&mut self.trouble, true) {
                let text = format!("the journal can't be written, and nothing is sent meanwhile: {}", out::inert(why));
                news.push((true, text));
            }
        } else if self.trouble {
            self.well.get_or_insert(world.now.mono);
            if self.due(world).is_some_and(|left| left.is_zero()) {
                (self.trouble, self.well) = (false, None);
                news.push((false, "the journal can be written again".to_owned()));
            }
        }
        news
    }

    /// How long it has to stay well still; `None` where nobody waits for that.
    pub fn due(&self, world: &World) -> Option<Duration> {
        self.well.map(|since| (since + LASTS).saturating_sub(world.now.mono))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entry::Actor;
    use crate::domain::settings::Settings;
    use crate::domain::stamp::Stamp;
    use std::sync::Arc;

    #[test]
    fn a_journal_that_now_can_and_now_can_t_be_written_is_told_once_until_it_lasts() {
        let now = Stamp { wall: "2026-03-01T03:00:00Z".parse().expect("a time"), mono: Duration::from_secs(1_000) };
        let mut world = World::new(Arc::new(Settings::default()), Actor::person("ana", None), now);
        let mut told = Told::default();
        let mut after = |seconds: u64, trouble: bool| {
            world.now.mono += Duration::from_secs(seconds);
            world.journal_trouble = trouble.then(|| "the disk is full".to_owned());
            (
                told.news(&world).into_iter().map(|(bad, _)| bad).collect::<Vec<_>>(),
                told.due(&world).map_or(0, |left| left.as_secs()),
            )
        };
        assert_eq!(after(0, false), (vec![], 0));
        assert_eq!(after(1, true), (vec![true], 0));
        for _ in 0..9 {
            assert_eq!(after(10, false), (vec![], 30));
            assert_eq!(after(10, true), (vec![], 0));
        }
        assert_eq!(after(10, false), (vec![], 30));
        assert_eq!(after(29, false), (vec![], 1));
        assert_eq!(after(1, false), (vec![false], 0));
        assert_eq!((after(1, false), after(1, true)), ((vec![], 0), (vec![true], 0)));
    }
}
