//! Everything that a key can do: the names under which the configuration rebinds it, and the sentence that help shows.
//! What an action means where belongs to the pane or overlay that takes it.

macro_rules! actions {
    ($(#[doc = $about:literal] $name:ident = $word:literal,)*) => {
        /// One thing that a key can do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $(#[doc = $about] $name,)*
        }

        impl Action {
            pub const ALL: &[Action] = &[$(Action::$name,)*];

            /// The name in the configuration and in the palette.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// One sentence for help.
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$name => $about.trim_ascii(),)*
                }
            }
        }
    };
}

actions! {
    /// Leave the console; asks first when a command is running or an acknowledgement would lapse.
    Quit = "quit",
    /// Leave the tour of the demo, or take it up again.
    Tour = "tour",
    /// Show the keys that work here.
    Help = "help",
    /// Do or find anything by a part of its name: actions, alerts, services, playbooks, incidents, lines of the log.
    Palette = "palette",
    /// Choose other colours; what is chosen shows at once.
    Theme = "theme",
    /// Give the pane at hand all the room, or give it back.
    Zoom = "zoom",
    /// Make the pane at hand wider.
    Wider = "wider",
    /// Make the pane at hand narrower.
    Narrower = "narrower",
    /// Make the pane at hand taller.
    Taller = "taller",
    /// Make the pane at hand less tall.
    Shorter = "shorter",
    /// Hide the pane at hand, or no longer; a hidden one shows while it has the keys.
    Hide = "hide",
    /// Choose how the screen is divided.
    Layout = "layout",
    /// Go to the next pane.
    NextPane = "next-pane",
    /// Go to the pane before.
    PreviousPane = "previous-pane",
    /// Go to the health pane.
    Health = "health",
    /// Go to the alert queue.
    Alerts = "alerts",
    /// Go to the playbook pane.
    Playbook = "playbook",
    /// Go to the log.
    Log = "log",
    /// One line down.
    Down = "down",
    /// One line up.
    Up = "up",
    /// One page down.
    PageDown = "page-down",
    /// One page up.
    PageUp = "page-up",
    /// One place to the left.
    Left = "left",
    /// One place to the right.
    Right = "right",
    /// To the first line, and to what has newly arrived.
    Top = "top",
    /// To the last line.
    Bottom = "bottom",
    /// Show everything about what is selected.
    Open = "open",
    /// Close what is on top; then drop the marks, then the filter.
    Close = "close",
    /// Close what is being read.
    Leave = "leave",
    /// Acknowledge the marked alerts, or the selected one.
    Ack = "ack",
    /// Give the acknowledgement of the marked alerts, or the selected one, up.
    Unack = "unack",
    /// Silence alerts like the selected one on its source, after showing how many that hides.
    Silence = "silence",
    /// End a silence that hides the selected alert.
    Expire = "expire",
    /// Show what is acknowledged and still fires, the oldest acknowledgement first.
    Aging = "aging",
    /// Show every silence of every source: what ends soon, what fires again then, what matches nothing.
    Silences = "silences",
    /// Let the selected silence last longer; make one that has ended again.
    Extend = "extend",
    /// Keep the marked alerts, or the selected one, quiet for a while; then they come back.
    Snooze = "snooze",
    /// Choose what to do with the marked alerts, or the selected one, from what their own systems can do.
    Acts = "acts",
    /// Mark the selected alert, or take the mark away.
    Mark = "mark",
    /// Mark everything that the filter shows.
    MarkAll = "mark-all",
    /// Choose how the queue is grouped: by cause, by name, by service, by a label, or not at all.
    Group = "group",
    /// Show every alert in a row of its own, or in groups again.
    Plain = "plain",
    /// Show the alerts of the selected group; else go to the next pane.
    Unfold = "unfold",
    /// Show the group again that the selected alert is in; else go to the pane before.
    Fold = "fold",
    /// Choose what to do with the incident, or declare one.
    Incident = "incident",
    /// Have somebody called about the selected alert or the incident.
    Page = "page",
    /// Declare an incident from the marked alerts, or the selected one.
    Declare = "declare",
    /// Show another incident's record, or none.
    SwitchIncident = "switch-incident",
    /// Make the marked alerts, or the selected one, part of the incident.
    Link = "link",
    /// Change the incident's severity.
    Severity = "severity",
    /// Change the incident's title.
    Title = "title",
    /// Name the incident's lead.
    Lead = "lead",
    /// Tell people elsewhere how the incident stands; it begins as a draft of what was done since the last time.
    Update = "update",
    /// Say who has which role in the incident.
    Roles = "roles",
    /// Ask somebody to lead the incident from now on.
    HandOver = "hand-over",
    /// Lead the incident from now on, as somebody has asked you to.
    Accept = "accept",
    /// Keep the incident in the house, or let it be told and exported again.
    Private = "private",
    /// Give everything that the incident has recorded to another one that is open, and go on there.
    Merge = "merge",
    /// Say that the incident's impact has ended.
    Mitigate = "mitigate",
    /// Say that the incident's cause is gone.
    Resolve = "resolve",
    /// Close the incident.
    CloseIncident = "close-incident",
    /// Reopen the incident.
    Reopen = "reopen",
    /// Show the incident's export as it would be written, and write it.
    Export = "export",
    /// Write what is shown into a file.
    Write = "write",
    /// Show what whoever takes over must know.
    Handoff = "handoff",
    /// Ask somebody to take the shift over, with all that you lead.
    Offer = "offer",
    /// Take the shift over that was offered to you.
    TakeOver = "take-over",
    /// Write one line into the log: `-7m …` or `14:02 …` sets its time, `!` a decision, `?` a hypothesis, `+` a to-do.
    Note = "note",
    /// Correct the time or text of the selected entry.
    Correct = "correct",
    /// Say which incidents the selected entry belongs to: make it part of one, take it out, or move it.
    Belong = "belong",
    /// Keep a file that shows something: beside the selected entry, else in the incident.
    Attach = "attach",
    /// Show only what matches.
    Filter = "filter",
    /// Show what fired in the last day, and how it ended.
    History = "history",
    /// Show what was changed where, in the hour before the first bad signal and since.
    Changes = "changes",
    /// Show which playbooks were practised, how long ago, and whose turn it is.
    Readiness = "readiness",
    /// Begin a drill, or do something with the one that is held.
    Drill = "drill",
    /// Show how far each source of alerts can be trusted now, and why no further.
    Sources = "sources",
    /// Choose one of the views that the configuration names.
    Views = "views",
    /// Undo the last undoable act.
    Undo = "undo",
    /// Say that what is suspected to be why the service is bad is not why.
    NotTheCause = "not-the-cause",
    /// Begin planned work on the selected service or feed, so that nobody is woken; or end it.
    Maintain = "maintain",
    /// Show the map of the services: what needs what, how all of it is, and who feels it when one fails.
    Map = "map",
    /// Ask every source and feed now.
    Refresh = "refresh",
    /// Show everything that failed of late, and what to do about it.
    Errors = "errors",
    /// Show what became of each request.
    Requests = "requests",
    /// Copy the selected thing's text to the clipboard.
    Copy = "copy",
    /// Run the selected step, or start the selected playbook; in the queue, the one that fits best.
    Run = "run",
    /// Start the selected playbook as a dry run.
    DryRun = "dry-run",
    /// Skip the step at hand, with a reason.
    Skip = "skip",
    /// Try what has failed again: the step; of many alerts those alone for which it failed.
    Retry = "retry",
    /// Cancel the command that is running.
    CancelStep = "cancel-step",
    /// Back out: pause the run, leave it, roll it back or end it.
    BackOut = "back-out",
    /// Show everything that the step has written, or what the checks of a suggested playbook have seen by themselves.
    Output = "output",
    /// Show what the attempt before has written.
    Attempt = "attempt",
    /// Go on to what an incident becomes next: mitigated, resolved, closed; then to its export.
    NextStatus = "next-status",
    /// Go on to the status after that as well: what is passed is recorded, too.
    Further = "further",
    /// Take the last status off again: it goes no further than to the one before.
    Nearer = "nearer",
    /// Stop what waits to be sent of an act on many; what is under way goes on to its end.
    Stop = "stop",
    /// Search in what is shown.
    Search = "search",
    /// Go to the next place that holds what was searched for.
    NextMatch = "next-match",
    /// Go to the place before that holds what was searched for.
    PreviousMatch = "previous-match",
    /// Stop the replay, or let it go on; from its end, begin again.
    Play = "play",
    /// Play twice as fast.
    Faster = "faster",
    /// Play half as fast.
    Slower = "slower",
    /// Go a minute on in the replay.
    Later = "later",
    /// Go a minute back in the replay.
    Earlier = "earlier",
    /// Go to a time of the replay.
    Moment = "moment",
    /// Draw the whole screen again.
    Redraw = "redraw",
    /// Stop the console and go back to the shell, whose `fg` brings it back.
    Suspend = "suspend",
    /// Go to the next field.
    NextField = "next-field",
    /// Go to the field before.
    PreviousField = "previous-field",
    /// Complete the name of an alert, a service or a person; again: the next one that begins so.
    Complete = "complete",
    /// Bring back what you noted before.
    PreviousNote = "previous-note",
    /// Back towards what you were typing.
    NextNote = "next-note",
    /// Do what the dialog says.
    Submit = "submit",
    /// Leave the dialog without doing anything.
    Cancel = "cancel",
}

impl Action {
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_action_has_a_name_of_its_own_and_a_sentence() {
        let names: BTreeSet<_> = Action::ALL.iter().map(|action| action.name()).collect();
        assert_eq!(names.len(), Action::ALL.len());
        for action in Action::ALL {
            assert_eq!(Action::named(action.name()), Some(*action));
            assert!(action.name().bytes().all(|c| c.is_ascii_lowercase() || c == b'-'), "{action:?}");
            assert!(action.about().ends_with('.') && action.about().len() > 10, "{action:?} needs a sentence");
        }
    }
}
