//! Kinds of steps as reading, linting, help and docs see them, and what completes a step of each.

use super::{Field, Step, Target};
use crate::domain::node::{FieldSpec, Problems, Span, nearest};
use std::time::Duration;

/// What completes a step: all that the core needs to know of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// A person does it and says so.
    Person,
    /// Its body is launched, and what comes of it is judged.
    Launch,
    /// A person picks where the run goes on.
    Choice(Choice),
    /// So much time has passed, or a person ends it with a reason.
    Wait(Duration),
    /// Other people have said that it may go on.
    Approval(Approval),
    /// A run of another playbook is completed.
    Child(Child),
    /// Nothing does: it is stated wrongly, or this version only shows it. A run of it is refused.
    Unsupported,
}

impl How {
    /// Runs can carry it out.
    pub fn runs(&self) -> bool {
        !matches!(self, Self::Unsupported)
    }
}

/// `ask`, and the options nested under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// `$NAME` in it stands for a parameter or an output.
    pub question: String,
    /// At least one.
    pub options: Vec<Picked>,
}

/// One option of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picked {
    pub label: String,
    pub to: Target,
}

/// `approve`: `N of role[, role]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// So many different people, none of them who asked.
    pub count: u32,
    /// Each has one of these.
    pub roles: Vec<String>,
    /// From the moment the run comes to it; only where `timeout` is stated.
    pub expires: Option<Duration>,
}

/// `playbook`, and what it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// As it was linked: a path below the folder of this playbook.
    pub link: String,
    /// The child's parameter, and the parameter or output of ours whose value it gets. Nothing else is passed.
    pub with: Vec<(String, String)>,
}

/// One kind of step.
pub struct KindSpec {
    pub name: &'static str,
    /// One sentence for help and docs.
    pub about: &'static str,
    /// The field keys that belong to this kind, besides those that every step may have.
    pub fields: &'static [FieldSpec],
    /// How strongly a step that doesn't state its `kind` is of this one.
    pub infer: fn(&Step) -> Claim,
    /// What completes a step of this kind: its own fields, typed. What isn't acceptable is reported.
    pub how: fn(&Step, &mut Reading<'_>) -> How,
    /// What else is wrong with a step of this kind.
    pub check: fn(&Step, &mut Problems),
}

/// The strongest claim wins. Two claims of `Strong` exclude each other and are an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    No,
    /// Of this kind if no other wants it.
    Otherwise,
    /// What it is recognised by may accompany other kinds.
    Weak,
    Strong,
}

/// What a kind reads its own fields with.
pub struct Reading<'a> {
    /// Every place of the document that a link can lead to, by its anchor.
    pub anchors: &'a [(String, Target)],
    pub problems: &'a mut Problems,
}

impl Reading<'_> {
    /// A field that the kind can't do without.
    pub fn needs<'s>(&mut self, step: &'s Step, key: &str, what: &str) -> Option<&'s Field> {
        let found = step.field(key);
        if found.is_none() {
            let message = format!("a {} step needs the field `{key}`", step.kind);
            self.problems.lint("E011", step.span, message, format!("add `- **{key}:** {what}`, or leave `kind` out"));
        }
        found
    }

    /// A value that doesn't match its grammar.
    pub fn expected(&mut self, field: &Field, what: &str) {
        let message = format!("`{}` is not a value of `{}`", field.text().replace('`', "'"), field.key);
        self.problems.lint("E011", field.span, message, format!("expected {what}"));
    }

    /// Where a link inside the document leads.
    pub fn follow(&mut self, span: Span, link: &str) -> Option<Target> {
        let anchor = link.trim_start_matches('#');
        let found = self.anchors.iter().find(|(known, _)| known == anchor).map(|(_, target)| target.clone());
        if found.is_none() {
            let known: Vec<&str> = self.anchors.iter().map(|(known, _)| known.as_str()).collect();
            let help = nearest(anchor, &known).map(|near| format!("did you mean `#{near}`?"));
            self.problems.lint("E014", span, format!("there is no step or section `{anchor}`"), help);
        }
        found
    }
}
