//! A playbook to be read, and the dialog that prepares a run of it.

use super::Overlay;
use super::dialog::{self, Dialog, Field, Form};
use super::page::{Content, Line, Page, field, heading, plain, whole};
use super::readiness::look;
use crate::domain::ids::{AlertId, IncidentId, PlaybookId};
use crate::domain::node::{Level, Problem};
use crate::domain::playbook::{How, Param, ParamType, Playbook, Resolved, Risk, Section, Step};
use crate::domain::run::{Auto, RunMode};
use crate::domain::text::inert;
use crate::model::Command;
use crate::model::runs::{RunCommand, Typed};
use crate::tui::action::Action;
use crate::tui::keymap::Context;
use crate::tui::markdown::{self, Memo};
use crate::tui::panes;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, View};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// Problems that are listed.
const MOST_PROBLEMS: usize = 20;

struct Read {
    id: PlaybookId,
    /// By digest and width.
    text: Memo<(String, usize)>,
}

pub fn open(id: PlaybookId) -> Box<dyn Overlay> {
    Box::new(Page::new(Read { id, text: Memo::default() }))
}

impl Content for Read {
    fn contexts(&self) -> &'static [Context] {
        &[Context::PlaybookDetail, Context::Reading]
    }

    fn title(&self, view: &View) -> String {
        view.world.runs.playbook(&self.id).map_or_else(|| self.id.to_string(), |book| inert(&book.title).into_owned())
    }

    fn lines(&self, view: &View, columns: usize) -> Vec<Line> {
        let Some(book) = view.world.runs.playbook(&self.id) else {
            return vec![plain("It is not in the library any more.", Role::Stale)];
        };
        let mut lines = field("file", &inert(&book.place.to_string()), Role::Dim, columns);
        let reason = panes::playbook::reason(view, &self.id);
        lines.extend(reason.into_iter().flat_map(|why| field("suggested", &why, Role::New, columns)));
        let seen = panes::playbook::diagnosis(view, &self.id).map(|(id, run)| panes::playbook::seen(view, id, run));
        lines.extend(seen.into_iter().flat_map(|seen| field("diagnosis", &seen, Role::Text, columns)));
        let practised = view.world.readiness(book).map(|row| (row.badge(time::age, view.now.wall), look(row.state).1));
        lines.extend(practised.into_iter().flat_map(|(badge, role)| field("practice", &badge, role, columns)));
        let unfit = book.unfit().map(|why| match book.errors() {
            0 => why,
            1 => "an error stands in the way, see below".to_owned(),
            count => format!("{count} errors stand in the way, see below"),
        });
        lines.extend(unfit.into_iter().flat_map(|why| field("✗ can't run", &inert(&why), Role::Critical, columns)));
        let warnings = book.problems.len() - book.errors();
        if warnings > 0 {
            let text = format!("{warnings}, below the text");
            lines.extend(field("▲ warnings", &text, Role::Warning, columns));
        }
        lines.extend(problems(book, Level::Error, columns));
        lines.push(Vec::new());
        lines
    }

    /// What stands in the way, the text, what else is wrong.
    fn parts(&self, view: &View, columns: usize) -> Vec<Rc<[Line]>> {
        let Some(book) = view.world.runs.playbook(&self.id) else { return vec![whole(self.lines(view, columns), columns)] };
        let text = self.text.lines((book.digest.clone(), columns), || markdown::document(&book.text, columns));
        let warnings = problems(book, Level::Warning, columns);
        let heading = if warnings.is_empty() { Vec::new() } else { heading("Warnings") };
        vec![whole(self.lines(view, columns), columns), text, heading.into_iter().chain(warnings).collect()]
    }

    fn update(&mut self, action: Action, view: &View) -> Vec<Reply> {
        let mode = match action {
            Action::Run => RunMode::Live,
            Action::DryRun => RunMode::DryRun,
            Action::Output => return super::diagnosis::open(&self.id, view),
            _ => return Vec::new(),
        };
        // The run is followed in its pane.
        [Reply::Close].into_iter().chain(prepare(&self.id, mode, view)).collect()
    }
}

/// As the command line says them: place, code, message; then what to do.
fn problems(book: &Playbook, level: Level, columns: usize) -> Vec<Line> {
    let of_level = || book.problems.iter().filter(|problem| problem.level == level);
    let mut lines: Vec<Line> = of_level().take(MOST_PROBLEMS).flat_map(|problem| told(book, problem, columns)).collect();
    if let Some(more) = of_level().count().checked_sub(MOST_PROBLEMS).filter(|more| *more > 0) {
        lines.push(plain(format!("and {more} more: `midwatch check` lists them"), Role::Dim));
    }
    lines
}

fn told(book: &Playbook, problem: &Problem, columns: usize) -> Vec<Line> {
    let (glyph, word, role) = match problem.level {
        Level::Error => ("✗", "error", Role::Critical),
        Level::Warning => ("▲", "warning", Role::Warning),
    };
    let code = problem.code.unwrap_or(word);
    let (name, span) = (inert(book.place.file_name()), problem.span);
    let mut lines = field(&format!("{glyph} {code}"), &format!("{name}:{}:{}", span.line, span.col), Role::Dim, columns);
    lines.extend(field("", &inert(&problem.message), role, columns));
    lines.extend(problem.help.iter().flat_map(|help| field("", &inert(help), Role::Dim, columns)));
    lines
}

struct Prepare {
    book: Arc<Playbook>,
    mode: RunMode,
    alert: Option<AlertId>,
    incident: Option<IncidentId>,
    /// The values that the fields began with, by name.
    before: Vec<(String, String)>,
}

/// The dialog that prepares a run; or why there can't be one.
pub fn prepare(id: &PlaybookId, mode: RunMode, view: &View) -> Vec<Reply> {
    let Some(book) = view.world.runs.playbook(id).cloned() else {
        return vec![Reply::Say("The playbook is not in the library any more.".to_owned())];
    };
    if let Some(why) = book.unfit() {
        return vec![Reply::Say(format!("It can't be run: {}", inert(&why)))];
    }
    // Of the alert that it is suggested for; the one under the cursor may be another one.
    let alert = view.suggestion(id).map_or_else(|| view.alert.cloned(), |suggestion| suggestion.alert);
    let incident = view.incident.map(|incident| incident.id);
    let mut form = Prepare { book, mode, alert, incident, before: Vec::new() };
    let resolved = form.resolved(&Typed::default(), view);
    form.before = form.book.params.iter().map(|param| (param.name.clone(), known(&resolved, &param.name))).collect();
    let fields: Vec<Field> = form.book.params.iter().zip(&form.before).map(|(param, (_, value))| asked(param, value)).collect();
    vec![Reply::Open(Box::new(Dialog::new(form, fields)))]
}

/// A field for a parameter; of a secret nothing is shown, whether it is typed or known.
pub fn asked(param: &Param, value: &str) -> Field {
    match param.kind {
        ParamType::Secret => dialog::secret(inert(&param.name)),
        _ => dialog::field(inert(&param.name), value),
    }
}

fn known(resolved: &Resolved, name: &str) -> String {
    resolved.plain(name).unwrap_or_default().to_owned()
}

impl Prepare {
    fn resolved(&self, typed: &Typed, view: &View) -> Resolved {
        view.world.resolved(&self.book, typed, self.alert.as_ref())
    }

    /// What the operator has changed: the rest keeps where it came from.
    fn typed(&self, texts: &[&str]) -> Typed {
        let changed = self.before.iter().zip(texts).filter(|((_, before), text)| before != **text);
        Typed(changed.map(|((name, _), text)| (name.clone(), (*text).to_owned())).collect::<BTreeMap<_, _>>())
    }
}

/// How much of it runs, and how much of that does what; the scene of a drill is no part of a run.
fn what_it_does(book: &Playbook) -> String {
    let drill = |step: &&Step| matches!(step.section, Section::DrillSetup | Section::DrillCleanup);
    let steps: Vec<&Step> = book.steps.iter().filter(|step| !drill(step)).collect();
    let runs = |risk: Risk| steps.iter().filter(|step| step.how == How::Launch && step.fields.risk == risk).count();
    let (reads, changes, destroys) = (runs(Risk::Read), runs(Risk::Change), runs(Risk::Destructive));
    let people = steps.len() - reads - changes - destroys;
    format!(
        "{} steps: {reads} only look, {changes} change something, {destroys} destroy something, {people} are yours.",
        steps.len()
    )
}

impl Form for Prepare {
    fn title(&self, _view: &View) -> String {
        format!("Start {}", inert(&self.book.title))
    }

    fn verb(&self) -> String {
        "prepare the run".to_owned()
    }

    fn facts(&self, texts: &[&str], view: &View) -> Vec<(String, Role)> {
        let resolved = self.resolved(&self.typed(texts), view);
        let mut facts: Vec<(String, Role)> =
            resolved.refused.iter().map(|why| (format!("✗ {}", inert(&why.to_string())), Role::Critical)).collect();
        let from = resolved.values.iter().map(|(name, _, origin)| format!("{} from {}", inert(name), inert(&origin.to_string())));
        facts.extend(from.map(|text| (text, Role::Dim)));
        facts.push((what_it_does(&self.book), Role::Text));
        if let Some((id, run)) = panes::playbook::diagnosis(view, &self.book.id) {
            let seen = panes::playbook::seen(view, id, run);
            facts.push((format!("Diagnosis: {seen}. The checks are looked at again."), Role::Dim));
        }
        facts.push(("Nothing runs yet: each step waits until you start it.".to_owned(), Role::Dim));
        if self.book.params.iter().any(|param| param.kind == ParamType::Secret) {
            facts.push(("Secrets are neither shown nor recorded.".to_owned(), Role::Dim));
        }
        facts
    }

    fn submit(&self, texts: &[&str], view: &View) -> Result<Vec<Reply>, String> {
        let params = self.typed(texts);
        if let Some(why) = self.resolved(&params, view).refused.first() {
            return Err(inert(&why.to_string()).into_owned());
        }
        let command = RunCommand::Prepare {
            playbook: self.book.id.clone(),
            params,
            alert: self.alert.clone(),
            incident: self.incident,
            mode: self.mode,
            auto: Auto::No,
        };
        // There it goes on, wherever it was begun.
        Ok(vec![Reply::Ask(Command::Run(command)), Reply::Do(Action::Playbook)])
    }
}
