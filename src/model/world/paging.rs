//! Pages: who can be called, and by which source. The guards are here: a name that means one, and a text that says what is wrong.

use super::World;
use super::commands::Refusal;
use crate::domain::act::Act;
use crate::domain::drill::is_alert;
use crate::domain::entry::Draft;
use crate::domain::ids::{AlertId, IncidentId, SourceName};
use crate::domain::text::inert;

/// The longest text that every pager takes, in characters.
const LONGEST: usize = 1024;

impl World {
    pub(super) fn page(
        &mut self,
        whom: &str,
        text: &str,
        about: Option<AlertId>,
        incident: Option<IncidentId>,
    ) -> Result<Vec<Draft>, Refusal> {
        let (source, to) = self.pager_of(whom)?;
        match text.chars().count() {
            0 => return Err("a page needs a text: what is wrong, in a sentence".into()),
            long if long > LONGEST => return Err(format!("a page may have at most {LONGEST} characters; this one has {long}")),
            _ => {}
        }
        if let Some(id) = incident {
            self.incident(id)?;
        }
        let line = format!("paging {}: {}", inert(&to), inert(text));
        let act = Act::Page { to, text: text.to_owned(), by: self.me.name.clone() };
        let mut draft = self.act_draft(&source, act, &line);
        let practised = |id: &IncidentId| self.incidents.get(*id).is_some_and(|incident| incident.drill.is_some());
        // What is paged about says whether it is practice, whichever incident is shown.
        let alike = |id: &IncidentId| about.as_ref().is_none_or(|alert| is_alert(alert) == practised(id));
        let incident = incident.filter(alike);
        if let Some(id) = about {
            draft = self.about_alert(draft, &id);
        }
        draft.incident = incident.or(draft.incident);
        draft.important = true;
        Ok(vec![draft])
    }

    /// The source that pages somebody, and what it calls them.
    ///
    /// # Errors
    /// The name means nobody, or several: with those that there are.
    pub fn pager_of(&self, whom: &str) -> Result<(SourceName, String), Refusal> {
        let pages = &self.settings.pages;
        let means = |(source, to): &&(SourceName, String)| to == whom || format!("{source}/{to}") == whom;
        let found: Vec<_> = pages.iter().filter(means).collect();
        let list = |all: &mut dyn Iterator<Item = &(SourceName, String)>| {
            all.map(|(source, to)| format!("{source}/{}", inert(to))).collect::<Vec<_>>().join(", ")
        };
        match found.as_slice() {
            [(source, to)] => Ok((source.clone(), to.clone())),
            [] if pages.is_empty() => Err("nobody can be paged: `page` of a pagerduty or alertmanager source names whom".into()),
            [] => Err(format!("nobody called `{}` can be paged; there are {}", inert(whom), list(&mut pages.iter()))),
            several => Err(format!("`{}` may mean {}: name one of them", inert(whom), list(&mut several.iter().copied()))),
        }
    }
}
