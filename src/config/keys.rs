//! Every key of the file but those of kinds, with what it means and what holds without it: the reference is made of it.

/// Key, meaning, and what holds otherwise, in the order of the file.
#[rustfmt::skip]
pub const ALL: &[(&str, &str, &str)] = &[
    ("`operator.name`", "who acts; stands in every entry of the log and every silence", "the login name"),
    ("`operator.email`, `operator.role`", "what else is written beside the name", "none"),
    ("`environment`", "`prod`, `staging` or `lab`: in the status line and in every confirmation", "`prod`"),
    ("`severity.critical`, `.warning`, `.info`", "words of the label `severity` and what they mean here", "those of the [chapter](configuration.md#severity)"),
    ("`services[]`", "the services that alerts and feeds belong to: [their keys](#services)", "none"),
    ("`maintenance[]`", "planned work on services and feeds: [their keys](#maintenance)", "none"),
    ("`feeds[]`", "health that midwatch asks itself", "none"),
    ("`sources[]`", "systems that alerts come from", "none"),
    ("`queue.storm.above`, `.within`", "more new alerts than that within that time are a storm, `10` and more within `10s` to `1h`", "`200` within `1m`"),
    ("`queue.same`", "labels that say, where all of them are equal, that alerts of several sources tell of the same problem", "none: nothing does"),
    ("`queue.memory`", "how far back details and `midwatch history` look in the journal", "`30d`"),
    ("`queue.watchdogs`", "names of alerts that always fire, to say that alerting works: a silence that hides one has to be confirmed, and one that ends calls as a critical alert does; `[]`: none", "`Watchdog`, `DeadMansSwitch`, `DeadManSwitch`, `DeadMansSnitch`, `PrometheusAlertmanagerE2eDeadManSwitch`"),
    ("`updates.every`", "how often an update of an incident is promised, `1m` to `7days`, or `off`; or one for each severity: `{SEV1: 15m, SEV5: off}`", "`20m`"),
    ("`updates.to[]`", "where updates are posted; `updates` may be this list alone", "none: they are only recorded"),
    ("`export.redact[]`", "regular expressions: what fits one of them is struck from every export, besides what looks like a secret", "none"),
    ("`practice.hold[]`", "days on which nothing is practised", "none"),
    ("`practice.remind`", "the day of the week from which a turn that was not kept is an alert in the queue, or `never`", "`friday`"),
    ("`playbooks.folders`", "folders of Markdown playbooks", "none"),
    ("`playbooks.env`", "environment variables that commands of playbooks may see, besides the few that all get", "none"),
    ("`playbooks.transport`", "the program and its arguments that reach a step's `host`; one word is `HOST`, and `sh -s` or `bash -s` follows", "`[ssh, -o, BatchMode=yes, --, HOST]`"),
    ("`playbooks.diagnose`", "`true`: when an alert fires, the checks of the playbooks that fit are run by themselves; see [Diagnosis](playbooks.md#diagnosis)", "`false`"),
    ("`console.theme`", "the name of a theme of the program (`midwatch themes` lists them), or the path of a file (with a `/`, or ending in `.yaml`); `auto`: `midwatch`, or `midwatch-light` where the terminal says that its background is light", "`auto`"),
    ("`console.time_zone`", "`local`, `UTC` or a name such as `Europe/Berlin`: the zone that times are shown in", "`local`"),
    ("`console.mouse`", "`true` or `false`", "`true`"),
    ("`console.motion`", "`reduced`: nothing moves by itself that need not: clocks move every ten seconds, measured values at most every two, and the cursor in a field does not blink; keys are shown at once. Nothing blinks, spins or slides in any case", "`full`"),
    ("`console.hyperlinks`", "whether addresses in details are links that the terminal opens (OSC 8): only `http` and `https`, and only to the address that stands there; `false` turns it off", "`true`"),
    ("`console.attention[]`", "what calls an operator who looks elsewhere: the [rules](console.md#what-calls-you)", "what is critical, by `bell` and `osc9`"),
    ("`console.call`", "`command`: a program of yours, as a list, that the way `command` runs; `within`: how long it may take, `1s` to `1m`", "none, `10s`"),
    ("`console.ack.for`", "how long an acknowledgement lasts unless told otherwise, `1m` to `7days`; or a time for each severity: `{critical: 30m, warning: 4h, info: 1d}`", "`1h`"),
    ("`console.layouts`", "ways to divide the [screen](console.md#layouts), each under its name", "the program's: `usual`, `queue`, `run`, `record`"),
    ("`console.views`", "filters of the queue, each under its name", "none"),
    ("`console.keys`", "keys of actions, in place of their own; `midwatch keys` lists the actions. One key, two characters (`gg`, `,m`), or keys with blanks between them (`ctrl-x s`): after the first the console shows what may follow. They win over the program's own: what loses its key is named by `check` and by help, and stays in the palette; `silence: []` says that it needs none. Two of yours, of which one is, or begins, the other in the same place, are an error", "none"),
    ("`links[]`", "addresses that are opened under another name", "none"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_file_is_told() {
        for key in crate::config::KEYS {
            assert!(ALL.iter().any(|(told, _, _)| told.starts_with(&format!("`{key}"))), "{key} is missing");
        }
    }
}
