//! How the queue is shown: which alerts have one row together, and which of those are unfolded. Nothing is kept of what the
//! alerts are; groups and causes follow the world.

use super::order;
use super::row::doubted;
use super::rows::Row;
use crate::domain::alert::Severity;
use crate::domain::ids::{AlertId, ServiceName};
use crate::model::World;
use crate::model::alerts::{State, Tracked};
use crate::model::causes::{Causes, OPEN};
use crate::model::filter::Filter;
use crate::model::groups::{By, Group, Groups};
use crate::tui::hits::{Fold, Target};
use crate::tui::view::{Arranged, View};
use std::collections::BTreeSet;

pub(super) struct Shape {
    how: Arranged,
    /// What was chosen before every alert was to have its row.
    before: Arranged,
    /// It is by name because of a storm, and nobody has chosen that.
    stormed: bool,
    /// A storm rages, as far as the rows know.
    rages: bool,
    unfolded: BTreeSet<Fold>,
    /// Kept where alerts share rows.
    groups: Option<Groups>,
    /// Those of all alerts while a filter is typed: to take a storm apart costs more than a key may.
    aside: Option<Groups>,
    causes: Causes,
    /// Those by which alerts are folded now.
    folding: Causes,
    /// Of the world that the causes are of.
    revision: Option<(u64, u64, u64)>,
    /// Changes whenever rows are other ones though the queue is the same.
    version: u64,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            how: Arranged::ByCause,
            before: Arranged::ByCause,
            stormed: false,
            rages: false,
            unfolded: BTreeSet::new(),
            groups: None,
            aside: None,
            causes: Causes::default(),
            folding: Causes::default(),
            revision: None,
            version: 0,
        }
    }
}

impl Shape {
    pub fn how(&self) -> &Arranged {
        &self.how
    }

    pub fn version(&self) -> u64 {
        self.version
    }

    pub fn causes(&self) -> &Causes {
        &self.causes
    }

    pub fn folds_causes(&self) -> bool {
        self.how == Arranged::ByCause
    }

    pub fn is_stormed(&self) -> bool {
        self.stormed
    }

    /// In a storm the usual queue gives way to the names in it, largest first; when few enough fire it comes back by itself. Whether the rows
    /// are other ones by that.
    fn weather(&mut self, rages: bool) -> bool {
        if std::mem::replace(&mut self.rages, rages) == rages {
            return false;
        }
        match (rages, std::mem::take(&mut self.stormed)) {
            (true, _) if self.how == Arranged::ByCause => (self.how, self.stormed) = (Arranged::By(By::Name), true),
            (false, true) if self.how == Arranged::Plain => self.before = Arranged::ByCause,
            (false, true) => self.how = Arranged::ByCause,
            _ => return false,
        }
        self.unfolded.retain(|fold| matches!(fold, Fold::Symptoms(_)));
        self.version += 1;
        true
    }

    pub fn arrange(&mut self, how: &Arranged) {
        self.stormed &= *how == Arranged::Plain || self.how == Arranged::Plain;
        if self.how != *how {
            self.before = if *how == Arranged::Plain { self.how.clone() } else { Arranged::ByCause };
            self.how = how.clone();
            self.unfolded.retain(|fold| matches!(fold, Fold::Symptoms(_)));
            self.version += 1;
        }
    }

    /// Every alert in a row of its own, or as it was before.
    pub fn toggle_plain(&mut self) {
        let how = if self.how == Arranged::Plain { self.before.clone() } else { Arranged::Plain };
        self.arrange(&how);
    }

    /// Whether any group stands with its members below it.
    pub fn has_unfolded(&self) -> bool {
        !self.unfolded.is_empty()
    }

    pub fn is_unfolded(&self, fold: &Fold) -> bool {
        self.unfolded.contains(fold)
    }

    pub fn toggle(&mut self, fold: &Fold) {
        if !self.unfolded.remove(fold) {
            self.unfolded.insert(fold.clone());
        }
        self.version += 1;
    }

    /// Follows the world. What has no cause any more is unfolded at once. What has got one is folded when that moves nothing
    /// under anybody's eyes: `settled` says so. A storm that begins or ends groups the queue anew at once, and the answer is that
    /// it did: thousands of rows are nothing that anybody reads.
    pub fn follow(&mut self, filter: &Filter, settled: bool, world: &World) -> bool {
        let revision = Some((world.alerts.revision(), world.health.stirred(), world.suspicions().revision()));
        if self.revision != revision {
            (self.causes, self.revision) = (world.causes(), revision);
        }
        // What came in it does not go with it: as long as more fires than makes a storm, nobody reads that row by row.
        let many = world.alerts.count(State::Firing) > world.settings.storm.above;
        let turned = self.weather(world.storm.raging().is_some() || self.stormed && many);
        let folding = if settled || turned { self.causes.clone() } else { self.causes.shared_with(&self.folding) };
        if self.folding != folding {
            self.folding = folding;
            self.version += 1;
        }
        let narrowed = !filter.is_empty();
        let by = match &self.how {
            Arranged::By(by) => Some(by.clone()),
            Arranged::ByCause => Some(By::Service).filter(|_| narrowed || !self.folding.is_empty()),
            Arranged::Plain => Some(By::Service).filter(|_| narrowed),
        };
        let together = self.how != Arranged::Plain;
        let suit = |groups: &mut Groups| by.as_ref().is_some_and(|by| groups.are(by, filter, together));
        if !self.groups.as_mut().is_some_and(suit) {
            let kept = self.aside.take_if(suit);
            let before = std::mem::replace(&mut self.groups, kept);
            self.aside = self.aside.take().or(before.filter(Groups::are_of_all)).filter(|_| narrowed);
        }
        if self.groups.is_none() {
            self.groups = by.map(|by| Groups::new(by, filter.clone(), together));
        }
        if let Some(groups) = &mut self.groups {
            groups.follow(world);
        }
        turned
    }

    fn group(&self, fold: &Fold) -> Option<&Group> {
        let key = match fold {
            Fold::Symptoms(service) => service.as_str(),
            Fold::Group(key) => key,
        };
        self.groups.as_ref()?.get(key)
    }

    /// How many alerts the filter holds for.
    pub fn matching(&self) -> Option<usize> {
        self.groups.as_ref().map(Groups::matching)
    }

    /// What explains alerts of this severity in this service, and so folds them.
    pub fn explains(&self, service: &ServiceName, severity: Severity) -> bool {
        self.folding.by(service, severity).is_some()
    }

    /// How many alerts have one row together; nothing where that is one, for it has a row of its own.
    pub fn count(&self, fold: &Fold) -> Option<usize> {
        let group = self.group(fold)?;
        let count = match fold {
            Fold::Group(_) => group.len(),
            Fold::Symptoms(service) => self.symptoms(service, group, &OPEN),
        };
        (count > 1).then_some(count)
    }

    /// How many of them are in a state.
    pub fn counted(&self, fold: &Fold, state: State) -> usize {
        let Some(group) = self.group(fold) else { return 0 };
        match fold {
            Fold::Group(_) => group.count(state),
            // What is quiet or over is no symptom of anything.
            Fold::Symptoms(_) if !OPEN.contains(&state) => 0,
            Fold::Symptoms(service) => self.symptoms(service, group, &[state]),
        }
    }

    /// How many of them nobody can believe now: of sources that are not heard, and such as are and do not list them any more. Not
    /// counted is the one that has a row of its own.
    pub fn doubts_but(&self, fold: &Fold, but: Option<&Tracked>, world: &World) -> (usize, usize) {
        let belongs = |state: State, severity: Severity| match fold {
            Fold::Group(_) => state != State::Resolved,
            Fold::Symptoms(service) => OPEN.contains(&state) && self.explains(service, severity),
        };
        let told =
            self.group(fold).into_iter().flat_map(Group::told).filter(|(_, state, severity, _)| belongs(*state, *severity));
        let doubts =
            told.fold((0, 0), |(stale, unlisted), (source, _, _, (all, missing))| match doubted(world.alerts.source(source)) {
                Some(_) => (stale + all, unlisted),
                None => (stale, unlisted + missing),
            });
        let Some(but) = but.filter(|but| but.state != State::Resolved) else { return doubts };
        match doubted(world.alerts.source(&but.alert.id.source)) {
            Some(_) => (doubts.0.saturating_sub(1), doubts.1),
            None => (doubts.0, doubts.1.saturating_sub(usize::from(but.missing > 0 || but.unheard))),
        }
    }

    fn symptoms(&self, service: &ServiceName, group: &Group, states: &[State]) -> usize {
        let explained = Severity::ALL.into_iter().filter(|severity| self.explains(service, *severity));
        explained.flat_map(|severity| states.iter().map(move |state| group.counted(*state, severity))).sum()
    }

    /// The alerts of a fold, in the order of the queue.
    pub fn members<'a>(&'a self, fold: &'a Fold, world: &'a World) -> impl Iterator<Item = &'a Tracked> {
        let alerts = self.group(fold).into_iter().flat_map(Group::members).filter_map(|id| world.alerts.get(id));
        alerts.filter(move |tracked| matches!(fold, Fold::Group(_)) || self.folding.of(tracked).is_some())
    }

    /// The first of them, however many stand before it that it does not fold.
    pub fn first<'a>(&'a self, fold: &Fold, world: &'a World) -> Option<&'a Tracked> {
        self.first_but(fold, None, world)
    }

    pub fn first_but<'a>(&'a self, fold: &Fold, but: Option<&Tracked>, world: &'a World) -> Option<&'a Tracked> {
        const WORST_FIRST: [Severity; 4] = [Severity::Critical, Severity::Warning, Severity::Unknown, Severity::Info];
        let group = self.group(fold)?;
        let other = |id: &&AlertId| but.is_none_or(|but| but.alert.id != **id);
        let id = match fold {
            Fold::Group(_) => group.members().find(other),
            Fold::Symptoms(service) => {
                let explained = WORST_FIRST.into_iter().filter(|severity| self.explains(service, *severity));
                explained.flat_map(|severity| group.open_of(severity)).find(other)
            }
        };
        world.alerts.get(id?)
    }

    /// By how many it has grown in the last minute.
    pub fn slope(&self, fold: &Fold, world: &World) -> i64 {
        match fold {
            Fold::Group(_) => self.group(fold).map_or(0, |group| group.slope(world.now)),
            Fold::Symptoms(_) => 0,
        }
    }

    /// When the first of those began that are not over.
    pub fn oldest_but(&self, fold: &Fold, but: Option<&Tracked>) -> Option<chrono::DateTime<chrono::Utc>> {
        self.group(fold)?.oldest_but(but.filter(|but| OPEN.contains(&but.state)).map(|but| but.episode))
    }

    /// What an alert would share its row with.
    pub fn fold_of(&self, tracked: &Tracked) -> Option<Fold> {
        let fold = match &self.how {
            Arranged::Plain => return None,
            Arranged::ByCause => Fold::Symptoms(self.folding.of(tracked).and(tracked.service.clone())?),
            Arranged::By(_) => Fold::Group(self.groups.as_ref()?.of(&tracked.alert.id)?.clone()),
        };
        self.count(&fold).map(|_| fold)
    }

    /// The fold whose row tells of an alert, because it is not unfolded.
    pub fn folded_in(&self, id: &AlertId, world: &World) -> Option<Fold> {
        world.alerts.get(id).and_then(|tracked| self.fold_of(tracked)).filter(|fold| !self.is_unfolded(fold))
    }

    /// The alert whose row tells of this one too, among those that every alert has.
    fn told_by<'w>(&self, tracked: &'w Tracked, world: &'w World) -> Option<&'w AlertId> {
        // A filter may hold for this one alone.
        let own = self.groups.as_ref().is_some_and(|groups| groups.of(&tracked.alert.id).is_some());
        world.alerts.told_by(tracked).filter(|_| !own && self.how != Arranged::Plain)
    }

    /// What the row stands for that tells of an alert for certain: another alert of the same problem, or where it was pending the one
    /// that fires.
    pub fn own_row(&self, target: &Target, world: &World) -> Target {
        let Target::Alert(id) = target else { return target.clone() };
        let now = world.alerts.now(id);
        let lead = world.alerts.get(now).and_then(|tracked| self.told_by(tracked, world));
        Target::Alert(lead.unwrap_or(now).clone())
    }

    /// Whether it has a row at all, however far down.
    pub fn has_row(&self, target: &Target, world: &World) -> bool {
        match target {
            Target::Alert(id) => self.lists(id, world) && self.folded_in(id, world).is_none(),
            Target::Fold(fold) => self.count(fold).is_some(),
            _ => false,
        }
    }

    /// The list has it, in a row of its own or in another's.
    pub fn tells_of(&self, id: &AlertId, world: &World) -> bool {
        let by_another = || world.alerts.get(id).and_then(|tracked| self.told_by(tracked, world));
        self.lists(id, world) || by_another().is_some_and(|lead| self.lists(lead, world))
    }

    fn lists(&self, id: &AlertId, world: &World) -> bool {
        self.groups.as_ref().map_or_else(|| world.alerts.get(id).is_some(), |groups| groups.of(id).is_some())
    }

    /// All rows, from the top of the queue.
    pub fn rows<'a>(&'a self, view: &'a View) -> Box<dyn Iterator<Item = Row> + 'a> {
        match (&self.how, &self.groups) {
            (Arranged::By(_), Some(groups)) => {
                Box::new(groups.iter().flat_map(move |(key, group)| self.grouped(key, group, view)))
            }
            (_, Some(groups)) => Box::new(order::rows(self, groups, view)),
            (_, None) => {
                let own = |tracked: &&Tracked| self.told_by(tracked, view.world).is_none();
                Box::new(view.world.alerts.queue().filter(own).map(|tracked| Row::of(tracked, false)))
            }
        }
    }

    fn grouped<'a>(&'a self, key: &std::sync::Arc<str>, group: &'a Group, view: &'a View) -> Box<dyn Iterator<Item = Row> + 'a> {
        let members = move || group.members().filter_map(|id| view.world.alerts.get(id));
        let fold = Fold::Group(key.clone());
        match (group.len(), self.is_unfolded(&fold)) {
            (1, _) => Box::new(members().map(|tracked| Row::of(tracked, false))),
            (_, false) => Box::new(std::iter::once(Row::folded(fold))),
            (_, true) => Box::new(std::iter::once(Row::folded(fold)).chain(members().map(|tracked| Row::of(tracked, true)))),
        }
    }

    pub fn fold_rows(&self, fold: Fold, view: &View) -> Vec<Row> {
        if !self.is_unfolded(&fold) {
            return vec![Row::folded(fold)];
        }
        let members = self.members(&fold, view.world).map(|tracked| Row::of(tracked, true)).collect::<Vec<_>>();
        std::iter::once(Row::folded(fold.clone())).chain(members).collect()
    }
}
