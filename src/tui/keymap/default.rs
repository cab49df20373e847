//! The keys that the console comes with: one row for each.

use super::Context::{self, AlertDetail, EntryDetail, Naming, Noting, Panes, PlaybookDetail, Reading, StepDetail, Typing};
use super::Row;
use crate::tui::action::Action::{self, *};

const fn row(keys: &'static [&'static str], action: Action, contexts: &'static [Context], help: &'static str) -> Row {
    Row { keys, action, contexts, help }
}

const LISTS: &[Context] = &[Panes, Reading];

/// Every binding. Within a context the order is the one in which help and the last line of the screen show them.
#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row(&["space"], Play, &[Context::Replay], "stop or go on"),
    row(&["]"], Later, &[Context::Replay], "a minute on"),
    row(&["["], Earlier, &[Context::Replay], "back"),
    row(&["+", "="], Faster, &[Context::Replay], "faster"),
    row(&["-"], Slower, &[Context::Replay], "slower"),
    row(&["t"], Moment, &[Context::Replay], "to a time"),

    row(&["a"], Ack, &[Context::Alerts, AlertDetail], "ack"),
    row(&["A"], Unack, &[Context::Alerts, AlertDetail], "unack"),
    row(&["s"], Silence, &[Context::Alerts, AlertDetail], "silence"),
    row(&["S"], Expire, &[Context::Alerts, AlertDetail, Context::Silences], "end silence"),
    row(&["e"], Extend, &[Context::Silences], "longer"),
    row(&["z"], Snooze, &[Context::Alerts, AlertDetail], "snooze"),
    row(&["x"], Acts, &[Context::Alerts, AlertDetail], "more acts"),
    row(&["space"], Mark, &[Context::Alerts], "mark"),
    row(&["M"], MarkAll, &[Context::Alerts], "mark all"),
    row(&["L"], Link, &[Context::Alerts, AlertDetail], "link"),
    row(&["D"], Declare, &[Context::Alerts, AlertDetail], "declare"),
    row(&["f"], Group, &[Context::Alerts], "group"),
    row(&["F"], Plain, &[Context::Alerts], "plain"),
    row(&["l", "right"], Unfold, &[Context::Alerts], ""),
    row(&["h", "left"], Action::Fold, &[Context::Alerts], ""),

    row(&["r"], Run, &[Context::Playbook, PlaybookDetail, StepDetail], "run"),
    row(&["d"], DryRun, &[Context::Playbook, PlaybookDetail], "dry run"),
    row(&["s"], Skip, &[Context::Playbook], "skip…"),
    row(&["t"], Retry, &[Context::Playbook, Context::Outcomes], "try again"),
    row(&["x"], CancelStep, &[Context::Playbook], "cancel…"),
    row(&["b"], BackOut, &[Context::Playbook], "back out…"),
    row(&["o"], Action::Output, &[Context::Playbook, PlaybookDetail, StepDetail, EntryDetail], "output"),

    row(&["/"], Search, &[Context::Output], "search"),
    row(&["n"], NextMatch, &[Context::Output], "next"),
    row(&["N"], PreviousMatch, &[Context::Output], "previous"),
    row(&["a"], Attempt, &[Context::Output], "attempt before"),

    row(&["o"], Offer, &[Context::Handoff], "offer…"),
    row(&["t"], TakeOver, &[Context::Handoff], "take over"),

    row(&["w"], Action::Write, &[Context::Preview], "write…"),

    row(&["M"], Maintain, &[Context::Health, Context::ServiceDetail, Context::FeedDetail], "maintenance"),
    row(&["w"], NotTheCause, &[Context::Suspected], "wrong cause"),

    row(&["c"], Correct, &[Context::Log, EntryDetail], "correct"),
    row(&["L"], Belong, &[Context::Log, EntryDetail], "link…"),
    row(&["a"], Attach, &[Context::Log, EntryDetail], "attach…"),

    row(&["i"], Incident, &[Panes], "incident"),
    row(&["p"], Action::Playbook, &[Panes, Context::ServiceDetail], "playbook"),
    row(&["n"], Note, &[Panes], "note"),
    row(&["U"], Update, &[Panes], "update"),
    row(&["/"], Filter, &[Panes], "filter"),
    row(&["H"], History, &[Panes], "history"),
    row(&["B"], Action::Readiness, &[Panes], "readiness"),
    row(&["T"], Action::Drill, &[Panes], "drill"),
    row(&["v"], Views, &[Panes], "views"),
    row(&[":", "ctrl-p"], Palette, &[Panes], "command"),
    row(&["tab", "l", "right"], NextPane, &[Panes], "pane"),
    row(&["?", "f1"], Help, &[Panes, Reading], "help"),
    row(&["f1"], Help, &[Typing], "help"),
    row(&["!"], Action::Errors, &[Panes], "errors"),
    row(&["q", "ctrl-c"], Quit, &[Panes], "quit"),
    row(&["shift-tab", "h", "left"], PreviousPane, &[Panes], ""),
    row(&["1"], Action::Health, &[Panes], ""),
    row(&["2"], Action::Alerts, &[Panes], ""),
    row(&["3"], Action::Playbook, &[Panes], ""),
    row(&["4"], Action::Log, &[Panes], ""),
    row(&["enter"], Open, &[Panes, Context::Silences, Context::Map, Context::Errors], "details"),
    row(&["esc"], Close, &[Panes, Reading], "close"),
    row(&["q", "enter", "ctrl-c"], Leave, &[Reading], ""),
    row(&["I"], SwitchIncident, &[Panes], "incidents"),
    row(&["u"], Undo, &[Panes], "undo"),
    row(&["R"], Refresh, &[Panes, Context::Errors], "ask now"),
    row(&["O"], Aging, &[Panes], "owned"),
    row(&["m"], Action::Map, &[Panes], "map"),
    row(&["C"], Action::Changes, &[Panes], "changes"),
    row(&["l", "right"], Right, &[Context::Map], ""),
    row(&["h", "left"], Left, &[Context::Map], ""),
    row(&["W"], Sources, &[Panes], "sources"),
    row(&["P"], Action::Handoff, &[Panes], "hand over"),
    row(&["Z"], Silences, &[Panes], "silences"),
    row(&["o"], Requests, &[Panes, Context::Silences], "outcomes"),
    row(&["y"], Copy, &[Panes, Reading], "copy"),

    row(&["0"], Zoom, &[Panes], "zoom"),
    row(&[">"], Wider, &[Panes], "wider"),
    row(&["<"], Narrower, &[Panes], "narrower"),
    row(&["}"], Taller, &[Panes], "taller"),
    row(&["{"], Shorter, &[Panes], "shorter"),

    row(&["j", "down"], Down, LISTS, "down"),
    row(&["k", "up"], Up, LISTS, "up"),
    row(&["ctrl-d", "pagedown", "ctrl-f"], PageDown, LISTS, "page down"),
    row(&["ctrl-u", "pageup", "ctrl-b"], PageUp, LISTS, "page up"),
    row(&["pagedown"], PageDown, &[Typing], ""),
    row(&["pageup"], PageUp, &[Typing], ""),
    row(&["gg", "home"], Top, LISTS, "top"),
    row(&["G", "end"], Bottom, LISTS, "bottom"),
    row(&["enter"], Submit, &[Typing], "do it"),

    row(&["esc", "ctrl-c"], Cancel, &[Typing], "back"),
    row(&["tab"], Complete, &[Noting, Naming], ""),
    row(&["up"], PreviousNote, &[Noting], ""),
    row(&["down"], NextNote, &[Noting], ""),
    row(&["tab", "down"], NextField, &[Typing], "next"),
    row(&["shift-tab", "up"], PreviousField, &[Typing], "previous"),
    row(&["ctrl-l"], Redraw, &[Panes, Reading, Typing], "redraw"),
    row(&["ctrl-z"], Suspend, &[Panes, Reading, Typing], ""),

    row(&[",k"], Theme, &[Panes], "colours"),
    row(&[",p"], Action::Page, &[Panes], "page"),
    row(&[",m"], Mitigate, &[Panes], "mitigated"),
    row(&[",r"], Resolve, &[Panes], "resolved"),
    row(&[",c"], CloseIncident, &[Panes], "close incident"),
    row(&[",o"], Reopen, &[Panes], "reopen"),
    row(&[",e"], Action::Export, &[Panes], "export"),
    row(&[",s"], Severity, &[Panes], "severity"),
    row(&[",t"], Title, &[Panes], "title"),
    row(&[",l"], Lead, &[Panes], "lead"),
    row(&[",R"], Roles, &[Panes], "roles"),
    row(&[",h"], HandOver, &[Panes], "hand over"),
    row(&[",a"], Accept, &[Panes], "accept"),
    row(&[",P"], Private, &[Panes], "private"),
    row(&[",M"], Merge, &[Panes], "merge"),
    row(&[",x"], Action::Stop, &[Panes, Context::Outcomes], "stop the rest"),
    row(&[",H"], Hide, &[Panes], "hide pane"),
    row(&[",L"], Layout, &[Panes], "layout"),
];
