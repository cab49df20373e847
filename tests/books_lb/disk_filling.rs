//! A folder that fills: what is old goes, and whether it has stopped growing is measured.

use crate::lab::Lab;
use crate::support::missing;

fn lab() -> Option<Lab> {
    (!missing("find") && !missing("du")).then(|| Lab::set_up("disk-filling", &[]))
}

fn left(lab: &Lab) -> String {
    lab.sh("cd \"$DIR\" && find . -type f | sort | paste -sd' '")
}

#[test]
fn old_logs_go_and_nothing_else() {
    let Some(lab) = lab() else { return };
    let ran = lab.done(&lab.run(), "read-the-list");
    assert_eq!(ran.step("it-has-stopped-growing"), "succeeded", "{}", ran.failure());
    let ran = lab.done(&ran, "remove-the-cause");
    lab.assert_completed(&ran);
    assert_eq!(left(&lab), "./app/app.log ./orders.db");
    lab.measured(&ran, "0 of 2 files lost that are still wanted");
}

#[test]
fn a_folder_that_goes_on_growing_is_not_called_mended() {
    let Some(lab) = lab() else { return };
    lab.sh("touch \"$SCRATCH/flood\"");
    let ran = lab.done(&lab.run(), "read-the-list");
    // Room was made, or the flood was faster: either way it is the growth or the room that stops the run.
    assert!(["there-is-more-room-than-before", "it-has-stopped-growing"].iter().any(|step| ran.step(step) == "failed"));
    assert_eq!((ran.state(), ran.step("delete-them")), ("waiting", "succeeded"), "{}", ran.failure());
    assert_ne!(ran.step("remove-the-cause"), "succeeded");
}

#[test]
fn a_folder_that_is_not_there_or_is_a_link_is_not_touched() {
    let Some(mut lab) = lab() else { return };
    lab.sh("ln -s \"$DIR\" \"$SCRATCH/link\"");
    for name in ["link", "nothing"] {
        let path = lab.file(name).display().to_string();
        lab.set("DIR", &path);
        let ran = lab.run();
        assert_eq!((ran.state(), ran.step("the-folder-is-there")), ("blocked", "failed"), "{name}: {}", ran.failure());
    }
    assert_eq!(lab.sh("find \"$SCRATCH/logs\" -name '*.log.*' | wc -l"), "40");
}

#[test]
fn logs_that_are_still_wanted_stay_and_the_run_says_that_nothing_was_freed() {
    let Some(mut lab) = lab() else { return };
    lab.set("PATTERN", "*.gz");
    let ran = lab.done(&lab.run(), "read-the-list");
    assert_eq!((ran.state(), ran.step("there-is-more-room-than-before")), ("waiting", "failed"), "{}", ran.failure());
    assert_eq!(lab.sh("find \"$DIR\" -name '*.log.*' | wc -l"), "40");
}
