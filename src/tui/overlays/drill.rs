//! Drills: beginning one, and what can be done with the one that is held.

use super::Overlay;
use super::choice::{Choice, Item, item};
use super::dialog::{self, Dialog, Form};
use super::page::{Content, Line, Page, field, heading};
use super::reason::{self, Reason};
use crate::domain::drill::{Debrief, Drill};
use crate::domain::ids::{IncidentId, PlaybookId, RunId, ServiceName};
use crate::domain::node::nearest;
use crate::domain::readiness::word;
use crate::domain::run::Auto;
use crate::domain::scenario::{Kind, Scenario};
use crate::domain::text::inert;
use crate::model::Command;
use crate::model::drills::{Drilling, Found};
use crate::model::runs::{RunCommand, Typed};
use crate::tui::drill::stuck;
use crate::tui::markdown;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Record, Reply, View};

/// What can be done now.
pub fn open(view: &View) -> Box<dyn Overlay> {
    match view.world.drills.open() {
        Some(drill) => menu(drill, view),
        None => {
            let real = view.world.incidents.open().next().map(|_| dialog::field("mean it", ""));
            let fields = [dialog::proposed("what", turn(view)), dialog::field("kind", ""), dialog::field("parameters", "")];
            Box::new(Dialog::new(Begin, fields.into_iter().chain(real).collect()))
        }
    }
}

/// Whose turn it is this week.
fn turn(view: &View) -> String {
    let record = view.world.practice.as_ref().and_then(|record| record.as_ref().ok());
    let turn = record.and_then(|record| view.world.board(record).week.turn);
    turn.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn menu(drill: &Drill, view: &View) -> Box<dyn Overlay> {
    let id = drill.incident;
    let show = item("show it", "its record in the log", move || vec![Reply::Show(Record::Of(id))]);
    let stands = match &drill.paused {
        Some(why) => item("resume", format!("it is paused: {}", inert(why)), move || {
            vec![Reply::Ask(Command::Drill(Drilling::Resume { drill: id }))]
        }),
        None => item("pause…", "its clock and its runs stand still", move || vec![Reply::Open(pause(id))]),
    };
    let off = item("call it off…", "its runs are ended, and clear away what they made", move || vec![Reply::Open(abort(id))]);
    let finish = item("finish…", "it is over: three questions, none of which has to be answered", move || {
        vec![Reply::Open(Box::new(Dialog::new(
            Finish(id),
            ["went well", "went badly", "lucky", "finding", "its owner", "due"].map(|label| dialog::field(label, "")).into(),
        )))]
    });
    let stands = drill.aborted.is_none().then_some(stands);
    let off = drill.aborted.is_none().then_some(off);
    let left = stuck(view, drill).map(|(run, step)| {
        let hint = format!("clearing away stopped at “{}”: its run is ended, and what is there stays", inert(&step.plan.title));
        item("leave it…", hint, move || vec![Reply::Open(leave(run))])
    });
    let items: Vec<Item> = [Some(show), left, stands, Some(finish), off].into_iter().flatten().collect();
    Box::new(Choice::new(format!("Drill {}", inert(&drill.id)), items))
}

fn pause(drill: IncidentId) -> Box<dyn Overlay> {
    reason::open(Reason {
        title: "Pause the drill".to_owned(),
        verb: "pause",
        fact: "Nothing of it goes on until it is resumed.".to_owned(),
        ask: Box::new(move |reason| Command::Drill(Drilling::Pause { drill, reason })),
    })
}

fn abort(drill: IncidentId) -> Box<dyn Overlay> {
    reason::open(Reason {
        title: "Call the drill off".to_owned(),
        verb: "call it off",
        fact: "Its runs are ended and clear away what they made, those of a console that is gone too.".to_owned(),
        ask: Box::new(move |reason| Command::Drill(Drilling::Abort { drill, reason })),
    })
}

fn leave(run: RunId) -> Box<dyn Overlay> {
    reason::open(Reason {
        title: "Leave what could not be cleared away".to_owned(),
        verb: "leave it",
        fact: "Its run is ended. Whoever comes next has to know what is left, and where.".to_owned(),
        ask: Box::new(move |reason| Command::Run(RunCommand::Abort { run, reason })),
    })
}

struct Begin;

/// What a name means: a playbook before a scenario, as for the command line.
fn named(name: &str, view: &View) -> Result<Scenario, String> {
    if let Some(book) = view.world.runs.playbook(&PlaybookId::from(name)) {
        return match book.starts_drills() {
            true => Err(format!("{} starts drills itself: name what is to be practised.", inert(name))),
            false => Ok(Scenario::for_playbook(book)),
        };
    }
    let drills = &view.world.drills;
    if let Some(script) = drills.scripts().iter().find(|script| script.id == name) {
        return Ok(script.clone());
    }
    if drills.is_broken(name) {
        return Err(format!("The scenario {} has errors: `midwatch check` tells them.", inert(name)));
    }
    let books = view.world.runs.playbooks().iter().map(|book| book.id.as_str());
    let names: Vec<&str> = books.chain(drills.scripts().iter().map(|script| script.id.as_str())).collect();
    let near = nearest(name, &names).map(|near| format!(": did you mean {near}?")).unwrap_or_default();
    Err(format!("No playbook and no scenario is named {}{near}", inert(name)))
}

/// What is typed in the fields, and what it means.
struct Wanted {
    scenario: Scenario,
    params: Typed,
    anyway: bool,
}

impl Wanted {
    fn read(texts: &[&str], view: &View) -> Result<Self, String> {
        let scenario = named(texts[0].trim(), view)?;
        let kind = match texts[1].trim() {
            "" => scenario.kind,
            word => Kind::parse(word).ok_or_else(|| {
                format!("A drill is one of {}.", Kind::ALL.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(", "))
            })?,
        };
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').ok_or_else(|| format!("{} is no NAME=VALUE.", inert(pair)))?;
            Ok((name.to_owned(), value.to_owned()))
        };
        let params = Typed(words(texts[2])?.iter().map(|word| pair(word)).collect::<Result<_, String>>()?);
        let anyway = texts.get(3).is_some_and(|text| text.trim() == "yes");
        Ok(Self { scenario: Scenario { kind, ..scenario }, params, anyway })
    }

    /// What will happen, without what nobody is to know yet.
    fn told(&self) -> String {
        let (title, last) = (inert(&self.scenario.title), self.scenario.ends());
        match self.scenario.kind {
            Kind::Live => format!("“{title}”: what is drilled on is built, broken, and cleared away."),
            Kind::GameDay => format!("“{title}”: {} are broken on purpose.", list(&self.scenario.services)),
            Kind::Tabletop => format!("“{title}” is told over {}; steps are walked, and nothing is run.", time::age(last)),
            Kind::Replay => format!("“{title}” happens again, over {}; nothing is run.", time::age(last)),
        }
    }
}

/// Parted at blanks, but for those within quotes.
fn words(text: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    match quote {
        Some(open) => Err(format!("The {open} is not closed.")),
        None => Ok(words),
    }
}

fn list(services: &[ServiceName]) -> String {
    services.iter().map(|name| inert(name.as_str()).into_owned()).collect::<Vec<_>>().join(", ")
}

impl Form for Begin {
    fn title(&self, _view: &View) -> String {
        "Begin a drill".to_owned()
    }

    fn verb(&self) -> String {
        "begin".to_owned()
    }

    fn facts(&self, texts: &[&str], view: &View) -> Vec<(String, Role)> {
        let what = match Wanted::read(texts, view) {
            Ok(wanted) => (wanted.told(), Role::Text),
            Err(_) if texts[0].trim().is_empty() => {
                let scripts: Vec<String> =
                    view.world.drills.scripts().iter().map(|script| inert(&script.id).into_owned()).collect();
                (format!("A playbook, or a scenario: {}.", scripts.join(", ")), Role::Dim)
            }
            Err(why) => (why, Role::Dim),
        };
        let real = view.world.incidents.open().next();
        let real =
            real.map(|real| (format!("{} is open and real: type yes to drill all the same.", real.label()), Role::Critical));
        let kept = ("Nothing of it counts as real, and nobody outside is told.".to_owned(), Role::Dim);
        [what].into_iter().chain(real).chain([kept]).collect()
    }

    fn submit(&self, texts: &[&str], view: &View) -> Result<Vec<Reply>, String> {
        let Wanted { scenario, params, anyway } = Wanted::read(texts, view)?;
        let scenario = Box::new(scenario);
        Ok(vec![Reply::Ask(Command::Drill(Drilling::Start { scenario, params, auto: Auto::No, anyway }))])
    }
}

struct Finish(IncidentId);

impl Form for Finish {
    fn title(&self, _view: &View) -> String {
        "The drill is over".to_owned()
    }

    fn verb(&self) -> String {
        "finish".to_owned()
    }

    fn facts(&self, _texts: &[&str], view: &View) -> Vec<(String, Role)> {
        let text = "What went well? What went badly, or was confusing? Where were we lucky? What has to be mended is a finding: it stays open until it is closed.";
        let left = view.world.runs.open().find(|(_, run)| run.incident == Some(self.0));
        let left = left.map(|(_, run)| match run.stuck_clearing() {
            Some(step) => {
                let (book, step) = (inert(&run.title), inert(&step.plan.title));
                format!(
                    "Clearing away “{book}” stopped at “{step}”: try that again, or abort its run, which leaves what is there."
                )
            }
            None => format!("“{}” is not over: end it first, or call the drill off.", inert(&run.title)),
        });
        left.map(|left| (left, Role::Warning)).into_iter().chain([(text.to_owned(), Role::Dim)]).collect()
    }

    fn submit(&self, texts: &[&str], view: &View) -> Result<Vec<Reply>, String> {
        let said = |at: usize| Some(texts[at].trim().to_owned()).filter(|text| !text.is_empty());
        let day = |due: String| due.parse().map_err(|_| format!("{} is no day: 2026-12-24.", inert(&due)));
        let (owner, due) = (said(4), said(5).map(day).transpose()?);
        let found = match said(3) {
            Some(_) if !self.has_playbook(view) => {
                return Err("A finding is about a playbook, and this drill had none: write it down as a note.".to_owned());
            }
            Some(text) => vec![Found { text, owner, due }],
            None if owner.is_none() && due.is_none() => Vec::new(),
            None => return Err("A finding says what was found.".to_owned()),
        };
        let said = Debrief { well: said(0), badly: said(1), lucky: said(2) };
        let finish = Reply::Ask(Command::Drill(Drilling::Finish { drill: self.0, said, found }));
        Ok(vec![finish, Reply::Open(Box::new(Page::new(Shown(self.0))))])
    }
}

impl Finish {
    fn has_playbook(&self, view: &View) -> bool {
        let own = view.world.drills.get(self.0).is_some_and(|drill| drill.scenario.playbook.is_some());
        own || view.world.runs.iter().any(|(_, run)| run.incident == Some(self.0) && run.playbook.is_some())
    }
}

/// What a drill that is over has shown, and how its story ends.
struct Shown(IncidentId);

impl Content for Shown {
    fn title(&self, view: &View) -> String {
        let drill = view.world.drills.get(self.0);
        drill.map_or_else(String::new, |drill| format!("Drill {}", inert(&drill.scenario.title)))
    }

    fn lines(&self, view: &View, columns: usize) -> Vec<Line> {
        let Some(drill) = view.world.drills.get(self.0) else { return Vec::new() };
        if !drill.is_over() {
            return field("over", "not yet", Role::Pending, columns);
        }
        let measured = view.world.measured(drill);
        let mut lines = field("verdict", word(measured.verdict), Role::Strong, columns);
        for (name, text) in measured.told(time::age) {
            let role = if text.starts_with('✗') { Role::Warning } else { Role::Text };
            lines.extend(field(name, &text, role, columns));
        }
        if let Some(ending) = &drill.scenario.ending {
            lines.extend(heading("How it came"));
            lines.extend(markdown::document(ending, columns));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn values_with_blanks_are_quoted() {
        let parted = |text: &str| words(text).map(|words| words.join("|"));
        assert_eq!(parted(" a=1  b=2 "), Ok("a=1|b=2".to_owned()));
        assert_eq!(parted("why=\"the pool is full\" who='ana b'"), Ok("why=the pool is full|who=ana b".to_owned()));
        assert_eq!(parted("\"why=it's full\" b="), Ok("why=it's full|b=".to_owned()));
        assert_eq!(parted("a='' b"), Ok("a=|b".to_owned()));
        assert_eq!(parted("a=\"b c"), Err("The \" is not closed.".to_owned()));
    }
}
