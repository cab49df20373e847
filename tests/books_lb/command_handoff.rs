//! Command changes hands: everything is said, said back, and taken by somebody else.

use crate::lab::Lab;

const TALK: [&str; 7] = [
    "it-is-the-moment-for-it",
    "the-log-is-up-to-date",
    "how-it-stands",
    "what-is-under-way",
    "who-is-who",
    "what-comes-next",
    "the-new-commander-says-it-back",
];

#[test]
fn everything_is_said_and_somebody_else_takes_it() {
    let lab = Lab::bare("command-handoff", &[]);
    let ran = TALK.iter().fold(lab.run(), |ran, step| lab.done(&ran, step));
    // Who approves need not be who drives: the run goes on where it is taken up.
    let ran = lab.stands(&lab.approve(&ran, "ben", "commander"));
    lab.done(&ran, "everybody-knows");
    let ran = lab.answer(&ran, "everybody-knows", "ben, since 03:10");
    let ran = lab.done(&ran, "the-old-commander-leaves");
    assert_eq!(ran.state(), "completed", "{}", ran.failure());
    lab.assert_told(&ran);
    lab.measured(&ran, "people talk, and nothing is at risk");
}

#[test]
fn whoever_hands_over_can_not_take_it_and_nobody_goes_on_until_somebody_does() {
    let lab = Lab::bare("command-handoff", &[]);
    let ran = TALK.iter().fold(lab.run(), |ran, step| lab.done(&ran, step));
    let own = lab.midwatch(&["playbook", "approve", ran.id(), "--as", "ana", "--role", "commander"]);
    assert_ne!(own.status.code(), Some(0), "the same person");
    let guest = lab.midwatch(&["playbook", "approve", ran.id(), "--as", "ben", "--role", "operator"]);
    assert_ne!(guest.status.code(), Some(0), "another role");
    let ran = lab.stands(&ran);
    assert_eq!((ran.state(), ran.step("the-new-commander-takes-it")), ("waiting", "awaiting-approval"), "{}", ran.failure());
    assert_eq!(ran.step("everybody-knows"), "pending");
}

#[test]
fn what_was_not_said_holds_the_handover() {
    let lab = Lab::bare("command-handoff", &[]);
    let ran = lab.run();
    let early = lab.midwatch(&["playbook", "confirm", ran.id(), "it-is-the-moment-for-it"]);
    assert_ne!(early.status.code(), Some(0), "two items are open");
    assert_eq!(lab.stands(&ran).step("it-is-the-moment-for-it"), "awaiting-input");
}
