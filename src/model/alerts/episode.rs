//! What the journal says of one alert: its episodes and who has acknowledged them. Made of small marks, not of whole
//! entries, so that a storm of twenty thousand alerts stays small.

use super::ended::is_presumed;
use crate::domain::entry::{Clock, Entry, Kind};
use crate::domain::ids::{EntryId, OriginId};
use crate::domain::text::inert;
use chrono::{DateTime, Utc};

/// Why an acknowledgement ended that was never one of ours, in the `data` of the entry that says so: of ours it says nothing.
pub(in crate::model) const ENDED_ELSEWHERE: &str = "ended elsewhere";
/// Why one is on record that was never one of ours, in the `data` of the entry that says so.
pub(in crate::model) const GIVEN_ELSEWHERE: &str = "given elsewhere";
/// Why one ended that had taken the place of another, and has given it back.
pub(in crate::model) const UNDONE: &str = "undone";

/// Somebody owns an episode until a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// The entry that recorded it; `None` for one that the source tells: its own, or a foreign silence that says so.
    pub entry: Option<EntryId>,
    pub by: String,
    /// When it was given, where that is known.
    pub since: Option<DateTime<Utc>>,
    /// `None`: until somebody gives it up. Our own always end.
    pub until: Option<DateTime<Utc>>,
    pub reason: String,
    pub ticket: Option<String>,
    /// Somebody else had it, and it was taken over from them.
    pub from: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
enum Mark {
    Fired(DateTime<Utc>),
    /// Whether it was only taken for over.
    Resolved {
        presumed: bool,
    },
    /// Boxed: few alerts have one.
    Ack(Box<(DateTime<Utc>, Ack)>),
    /// Ends the acknowledgement that it names; one that names none, as older journals have them, the newest before it.
    Unack(Option<EntryId>),
    /// This acknowledgement was taken back as if it had never been given: whoever had the alert before has it again.
    Undone(EntryId),
    /// The source has contradicted this acknowledgement.
    Lost(EntryId),
    /// In this episode somebody held it elsewhere, and holds it no more.
    Released(DateTime<Utc>),
    /// In this episode somebody has acknowledged it elsewhere: who, and after how many such acknowledgements had ended. Boxed as above.
    Elsewhere(Box<(DateTime<Utc>, usize, String)>),
    /// A person knows that this episode is over.
    Known(DateTime<Utc>),
}

impl Mark {
    fn is_ack(&self, entry: EntryId) -> bool {
        matches!(self, Self::Ack(ack) if ack.1.entry == Some(entry))
    }

    fn undoes(&self, ack: &Ack) -> bool {
        matches!(self, Self::Undone(entry) if ack.entry == Some(*entry))
    }
}

type Order = (Clock, OriginId, u64);

/// All recorded turns of one alert, in the order of the fold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    marks: Vec<(Order, Mark)>,
}

impl Record {
    pub(super) fn concerns(entry: &Entry) -> bool {
        let concerns = matches!(entry.kind, Kind::AlertFired | Kind::AlertResolved | Kind::KnownOver | Kind::Ack | Kind::Unack);
        concerns || lost(entry).is_some() || freed(entry).is_some()
    }

    pub(super) fn insert(&mut self, entry: &Entry) {
        let mark = match entry.kind {
            Kind::AlertFired => Mark::Fired(entry.data_of("starts_at").unwrap_or(entry.at)),
            Kind::AlertResolved => Mark::Resolved { presumed: is_presumed(entry) },
            Kind::KnownOver => Mark::Known(entry.data_of("episode").unwrap_or(entry.at)),
            Kind::Ack if entry.text_of("why") == Some(GIVEN_ELSEWHERE) => {
                let (before, by) = (entry.data_of("before").unwrap_or(0), entry.text_of("by").unwrap_or_default().to_owned());
                Mark::Elsewhere(Box::new((entry.data_of("episode").unwrap_or(entry.at), before, by)))
            }
            Kind::Ack => Mark::Ack(Box::new((entry.data_of("episode").unwrap_or(entry.at), ack(entry)))),
            Kind::Unack if entry.text_of("why") == Some(ENDED_ELSEWHERE) => {
                Mark::Released(entry.data_of("episode").unwrap_or(entry.at))
            }
            Kind::Unack => match entry.data_of("ack") {
                Some(ack) if entry.text_of("why") == Some(UNDONE) => Mark::Undone(ack),
                ack => Mark::Unack(ack),
            },
            _ => match (lost(entry), freed(entry)) {
                (Some(ack), _) => Mark::Lost(ack),
                (None, Some(episode)) => Mark::Released(episode),
                (None, None) => return,
            },
        };
        let place = self.marks.partition_point(|(order, _)| *order < entry.order());
        if self.marks.get(place).is_none_or(|(order, _)| *order != entry.order()) {
            // Most alerts have one or two marks, and a storm has tens of thousands of alerts.
            self.marks.reserve_exact(1);
            self.marks.insert(place, (entry.order(), mark));
        }
    }

    /// The episode that has begun and not ended.
    pub fn open_episode(&self) -> Option<DateTime<Utc>> {
        self.marks.iter().fold(None, |open, (_, mark)| match mark {
            Mark::Fired(starts_at) => open.or(Some(*starts_at)),
            Mark::Resolved { .. } => None,
            _ => open,
        })
    }

    /// When its episodes began, the newest first: none in the time to come, whatever its source says.
    pub(super) fn beginnings(&self) -> impl Iterator<Item = DateTime<Utc>> {
        self.marks.iter().rev().filter_map(|((clock, ..), mark)| match mark {
            Mark::Fired(at) => Some(DateTime::from_timestamp_millis(clock.ms).map_or(*at, |recorded| recorded.min(*at))),
            _ => None,
        })
    }

    /// The beginning of its open episode was recorded after this.
    pub(super) fn began_since(&self, then: DateTime<Utc>) -> bool {
        let fired = |(_, mark): &&(Order, Mark)| matches!(mark, Mark::Fired(_));
        self.marks.iter().rev().find(fired).is_some_and(|((clock, ..), _)| clock.ms > then.timestamp_millis())
    }

    /// It is recorded that an episode began so.
    pub(super) fn has_begun(&self, episode: DateTime<Utc>) -> bool {
        self.marks.iter().any(|(_, mark)| *mark == Mark::Fired(episode))
    }

    /// A person knows that this episode is over.
    pub(super) fn is_known_over(&self, episode: DateTime<Utc>) -> bool {
        self.marks.iter().any(|(_, mark)| *mark == Mark::Known(episode))
    }

    /// The end of its newest episode is recorded.
    pub fn is_over(&self) -> bool {
        let turn = |mark: &Mark| match mark {
            Mark::Fired(_) => Some(false),
            Mark::Resolved { .. } => Some(true),
            _ => None,
        };
        self.marks.iter().rev().find_map(|(_, mark)| turn(mark)).unwrap_or(false)
    }

    /// The end of its newest episode was recorded after this.
    pub(super) fn ended_since(&self, then: DateTime<Utc>) -> bool {
        let turn = |(_, mark): &&(Order, Mark)| matches!(mark, Mark::Fired(_) | Mark::Resolved { .. });
        let last = self.marks.iter().rev().find(turn);
        last.is_some_and(|((clock, ..), mark)| matches!(mark, Mark::Resolved { .. }) && then.timestamp_millis() < clock.ms)
    }

    /// The last that is recorded of it is that this episode was taken for over.
    pub(super) fn was_presumed(&self, episode: DateTime<Utc>) -> bool {
        let turn = |mark: &&Mark| matches!(mark, Mark::Fired(_) | Mark::Resolved { .. });
        let last = self.marks.iter().rev().map(|(_, mark)| mark).find(turn);
        last == Some(&Mark::Resolved { presumed: true }) && self.has_begun(episode)
    }

    pub fn is_open(&self) -> bool {
        self.open_episode().is_some()
    }

    /// Which episode an alert that starts at `starts_at` belongs to: the open one; a new one otherwise, which never
    /// takes the name of an episode that has ended.
    pub(super) fn episode_of(&self, starts_at: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
        self.open_episode().unwrap_or(if self.has_begun(starts_at) { now } else { starts_at })
    }

    /// The acknowledgement in force on an episode.
    pub(in crate::model) fn ack(&self, episode: DateTime<Utc>, now: DateTime<Utc>) -> Option<&Ack> {
        let (acked, ack) = self.last()?;
        (self.is_of(*acked, episode) && ack.until.is_none_or(|until| now < until)).then_some(ack)
    }

    /// The newest acknowledgement of an episode, whose time is over.
    pub(in crate::model) fn ran_out(&self, episode: DateTime<Utc>, now: DateTime<Utc>) -> Option<&Ack> {
        let late = self.late();
        let mut acks = self.marks.iter().rev().filter_map(|(_, mark)| match mark {
            Mark::Ack(ack) if self.counts(&late, &ack.1) => Some(ack.as_ref()),
            _ => None,
        });
        let (acked, ack) = acks.next()?;
        (self.is_of(*acked, episode) && ack.until.is_some_and(|until| until <= now)).then_some(ack)
    }

    /// What was given in an episode holds in the next one, where nobody has said that the first was over: that was only presumed, and whoever
    /// had it has it still.
    fn is_of(&self, acked: DateTime<Utc>, episode: DateTime<Utc>) -> bool {
        let mut goes_on = false;
        for (_, mark) in self.marks.iter().filter(|_| acked != episode) {
            match mark {
                Mark::Fired(at) if *at == episode => return goes_on,
                Mark::Fired(at) => goes_on |= *at == acked,
                Mark::Resolved { presumed: false } | Mark::Known(_) => goes_on = false,
                _ => {}
            }
        }
        // The beginning of the next one may be on its way into the journal.
        acked == episode || goes_on && self.has_begun(acked) && !self.is_open()
    }

    /// Its source has said that somebody else holds the alert, or nobody can.
    pub(in crate::model) fn is_lost(&self, ack: &Ack) -> bool {
        self.marks.iter().any(|(_, mark)| matches!(mark, Mark::Lost(lost) if Some(*lost) == ack.entry))
    }

    /// Somebody has acknowledged this episode here, whether that is in force or not.
    pub(in crate::model) fn was_acked(&self, episode: DateTime<Utc>) -> bool {
        self.marks.iter().any(|(_, mark)| matches!(mark, Mark::Ack(ack) if ack.0 == episode))
    }

    /// The same, here or elsewhere, and recorded since then.
    pub(super) fn taken_up_since(&self, episode: DateTime<Utc>, then: DateTime<Utc>) -> bool {
        self.marks.iter().any(|((clock, ..), mark)| match mark {
            Mark::Ack(ack) => ack.0 == episode && clock.ms >= then.timestamp_millis(),
            Mark::Elsewhere(given) => given.0 == episode && clock.ms >= then.timestamp_millis(),
            _ => false,
        })
    }

    /// Those that were given here in an episode, in force or not.
    pub(in crate::model) fn acks_of(&self, episode: DateTime<Utc>) -> impl Iterator<Item = EntryId> {
        self.marks.iter().filter_map(move |(_, mark)| match mark {
            Mark::Ack(ack) if self.is_of(ack.0, episode) => ack.1.entry,
            _ => None,
        })
    }

    /// It is on record that somebody has acknowledged this episode elsewhere.
    pub(in crate::model) fn is_given(&self, episode: DateTime<Utc>, before: usize, by: &str) -> bool {
        let given = |given: &(DateTime<Utc>, usize, String)| given.0 == episode && given.1 == before && given.2 == by;
        self.marks.iter().any(|(_, mark)| matches!(mark, Mark::Elsewhere(it) if given(it)))
    }

    /// Of several who took an alert over from the same person, without having heard of each other, the first has it. Whose was in force
    /// when this one was recorded, where that is somebody else than whom it was taken over from.
    pub(in crate::model) fn forestalled(&self, ack: EntryId) -> Option<&Ack> {
        self.late().into_iter().find(|(late, _)| late.entry == Some(ack)).map(|(_, first)| first)
    }

    /// The acknowledgements that came too late so, each with the one that was first: also where that has been undone since, for whoever
    /// had the alert before has it again then, and not who came too late.
    fn late(&self) -> Vec<(&Ack, &Ack)> {
        let mut line: Vec<&(DateTime<Utc>, Ack)> = Vec::new();
        let mut late = Vec::new();
        for (_, mark) in &self.marks {
            let holds = |entry: &EntryId| line.last().is_some_and(|last| last.1.entry == Some(*entry));
            match mark {
                Mark::Ack(ack) => match line.last().filter(|first| forestalls(first, ack)) {
                    Some((_, first)) => late.push((&ack.1, first)),
                    None => line.push(ack),
                },
                Mark::Unack(named) if named.as_ref().is_none_or(holds) => line.clear(),
                // What its system has overruled holds nothing.
                Mark::Lost(named) if holds(named) => line.clear(),
                Mark::Undone(named) => line.retain(|ack| ack.1.entry != Some(*named)),
                _ => {}
            }
        }
        late
    }

    /// It was neither undone nor too late.
    fn counts(&self, late: &[(&Ack, &Ack)], ack: &Ack) -> bool {
        !self.is_undone(ack) && !late.iter().any(|(late, _)| late.entry == ack.entry)
    }

    fn is_undone(&self, ack: &Ack) -> bool {
        self.marks.iter().any(|(_, mark)| mark.undoes(ack))
    }

    /// The acknowledgement whose place this one took and that would be in force still without it.
    pub(in crate::model) fn before(&self, ack: EntryId, now: DateTime<Utc>) -> Option<&Ack> {
        let before = self.line_of(ack).nth(1).and_then(|entry| self.ack_of(entry))?;
        before.until.is_none_or(|until| now < until).then_some(before)
    }

    /// How often in an episode somebody's end who held it elsewhere is recorded.
    pub(in crate::model) fn released(&self, episode: DateTime<Utc>) -> usize {
        self.marks.iter().filter(|(_, mark)| *mark == Mark::Released(episode)).count()
    }

    /// The newest acknowledgement that nobody has taken back, whether it still runs or not.
    pub fn last_ack(&self) -> Option<&Ack> {
        self.last().map(|(_, ack)| ack)
    }

    /// An acknowledgement and those before it whose place it took, newest first: back to where somebody gave one up, or to
    /// another episode. One that came too late took nobody's place.
    pub fn line_of(&self, ack: EntryId) -> impl Iterator<Item = EntryId> {
        let late = self.late();
        let mut line: Vec<(DateTime<Utc>, EntryId)> = Vec::new();
        for (_, mark) in &self.marks {
            match mark {
                Mark::Ack(next) if late.iter().any(|(late, _)| late.entry == next.1.entry) => {}
                Mark::Ack(next) => line.extend(next.1.entry.map(|entry| (next.0, entry))),
                Mark::Unack(named) if named.is_none_or(|named| line.last().is_some_and(|(_, last)| *last == named)) => {
                    line.clear();
                }
                Mark::Undone(undone) => line.retain(|(_, entry)| entry != undone),
                _ => {}
            }
            if mark.is_ack(ack) {
                break;
            }
        }
        let episode = line.last().filter(|(_, last)| *last == ack).map(|(episode, _)| *episode);
        line.into_iter().rev().take_while(move |(of, _)| Some(*of) == episode).map(|(_, entry)| entry)
    }

    /// An acknowledgement by the entry that recorded it, whether it is in force or not.
    pub(in crate::model) fn ack_of(&self, entry: EntryId) -> Option<&Ack> {
        self.marks.iter().rev().find_map(|(_, mark)| match mark {
            Mark::Ack(ack) if ack.1.entry == Some(entry) => Some(&ack.1),
            _ => None,
        })
    }

    fn last(&self) -> Option<&(DateTime<Utc>, Ack)> {
        let late = self.late();
        let newest = |mark: &&Mark| match mark {
            Mark::Ack(ack) => self.counts(&late, &ack.1),
            mark => **mark == Mark::Unack(None),
        };
        let newest = self.marks.iter().rev().map(|(_, mark)| mark).find(newest)?;
        let Mark::Ack(ack) = newest else { return None };
        // Named, whichever of the two was written first: whoever gave an older one up has not given this one up.
        let given_up = |(_, mark): &(Order, Mark)| matches!(mark, Mark::Unack(Some(named)) if ack.1.entry == Some(*named));
        (!self.marks.iter().any(given_up)).then_some(ack.as_ref())
    }
}

/// Whoever took it over had not heard of the one that was in force.
fn forestalls((episode, first): &(DateTime<Utc>, Ack), (of, ack): &(DateTime<Utc>, Ack)) -> bool {
    let in_force = ack.since.zip(first.until).is_none_or(|(since, until)| since < until);
    let known = |from: &String| *from == inert(&first.by);
    episode == of && in_force && first.by != ack.by && ack.from.as_ref().is_some_and(|from| !known(from))
}

/// The acknowledgement that an act was to carry, and that its source has contradicted.
fn lost(entry: &Entry) -> Option<EntryId> {
    entry.data_of("lost").filter(|_| entry.kind == Kind::ActEnded)
}

/// The episode in which it was taken at its source from somebody who had it elsewhere.
fn freed(entry: &Entry) -> Option<DateTime<Utc>> {
    entry.data_of("freed").filter(|_| entry.kind == Kind::ActEnded)
}

fn ack(entry: &Entry) -> Ack {
    Ack {
        entry: Some(entry.id),
        by: entry.actor.name.clone(),
        since: Some(entry.at),
        until: Some(entry.data_of("until").unwrap_or(entry.at)),
        reason: entry.text_of("reason").unwrap_or_default().to_owned(),
        ticket: entry.text_of("ticket").map(str::to_owned),
        from: entry.text_of("from").map(str::to_owned),
    }
}
