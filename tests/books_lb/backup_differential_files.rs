//! Files are backed up, restored and compared, and old backups are thrown away by day, week and month.

use crate::lab::Lab;
use crate::support::missing;
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeSet;

fn lab(kind: &str) -> Option<Lab> {
    (!missing("tar") && !missing("sha256sum")).then(|| Lab::set_up("backup-differential-files", &[("KIND", kind)]))
}

fn archives(lab: &Lab) -> Vec<String> {
    lab.sh("cd \"$DEST\" && ls | sed -n 's/\\.tar\\.gz$//p'").lines().map(str::to_owned).collect()
}

/// The day that an archive's name says.
fn day(name: &str) -> NaiveDate {
    NaiveDate::parse_from_str(&name[5..13], "%Y%m%d").expect("a day")
}

/// Those of these full backups, newest first, that must stay: 7 days, 5 weeks, 12 months.
fn kept(fulls: &[String]) -> BTreeSet<String> {
    let first_of_each = |most: usize, key: &dyn Fn(NaiveDate) -> String| {
        let mut seen = Vec::new();
        let mut kept = Vec::new();
        for name in fulls {
            let key = key(day(name));
            if !seen.contains(&key) && seen.len() < most {
                seen.push(key);
                kept.push(name.clone());
            }
        }
        kept
    };
    let days = first_of_each(7, &|day| day.to_string());
    let weeks = first_of_each(5, &|day| format!("{:?}", day.iso_week()));
    let months = first_of_each(12, &|day| format!("{} {}", day.year(), day.month()));
    [days, weeks, months].concat().into_iter().collect()
}

#[test]
fn a_differential_backup_and_its_full_one_give_back_what_is_there_now() {
    let Some(lab) = lab("differential") else { return };
    let ran = lab.done(&lab.run(), "keep-a-copy-elsewhere");
    lab.assert_completed(&ran);
    let newest = archives(&lab).into_iter().find(|name| name.starts_with("diff-")).expect("one was written");
    let full = newest.split_once("-of-").expect("it names its full one").1;
    let restore = format!(
        "mkdir \"$SCRATCH/back\" && for name in {full} {newest}; do
           tar -xzf \"$DEST/$name.tar.gz\" --listed-incremental=/dev/null -C \"$SCRATCH/back\"; done
         diff -r \"$SRC\" \"$SCRATCH/back\" && find \"$SCRATCH/back\" -type f | wc -l"
    );
    assert_eq!(lab.sh(&restore), "201", "one of 201 was deleted and one is new");
    assert!(lab.sh(&format!("tar -tzf \"$DEST/{newest}.tar.gz\" | grep -vc '/$'")) == "2", "it holds what has changed");
    lab.measured(&ran, "0 of 201 files lost by a restore");
}

#[test]
fn the_newest_of_each_day_week_and_month_stays() {
    let Some(lab) = lab("full") else { return };
    let before: BTreeSet<String> = archives(&lab).into_iter().collect();
    let ran = lab.done(&lab.run(), "keep-a-copy-elsewhere");
    lab.assert_completed(&ran);
    let after: BTreeSet<String> = archives(&lab).into_iter().collect();
    let mut all: Vec<String> = before.union(&after).cloned().collect();
    all.reverse();
    assert_eq!(all.len(), 102, "a hundred days, the one of the setup and the one of the run");
    assert_eq!(after, kept(&all));
}

#[test]
fn differential_backups_go_with_their_full_one_or_with_age() {
    let Some(lab) = lab("differential") else { return };
    lab.sh("cd \"$DEST\"; old=$(ls full-*.tar.gz | head -n 1); newest=$(ls full-*.tar.gz | tail -n 1); today=$(date -u +%Y%m%d)
         echo x > \"diff-${today}T000001Z-of-$old\"; echo x > \"diff-20200101T000000Z-of-$newest\"");
    let ran = lab.done(&lab.run(), "keep-a-copy-elsewhere");
    lab.assert_completed(&ran);
    let left: Vec<String> = archives(&lab).into_iter().filter(|name| name.starts_with("diff-")).collect();
    assert_eq!(left.len(), 1, "only the new one is left: {left:?}");
}

#[test]
fn nothing_is_built_on_a_damaged_full_backup_or_on_none() {
    let Some(lab) = lab("differential") else { return };
    let step = "the-full-one-that-it-builds-on-is-intact";
    lab.sh("cd \"$DEST\"; printf x | dd of=\"$(ls full-*.tar.gz | tail -n 1)\" bs=1 seek=100 conv=notrunc status=none");
    let ran = lab.run();
    assert_eq!((ran.state(), ran.step(step)), ("blocked", "failed"), "{}", ran.failure());
    lab.sh("rm \"$DEST\"/full-*.tar.gz");
    let ran = lab.run();
    assert_eq!((ran.state(), ran.step(step)), ("blocked", "failed"), "{}", ran.failure());
    assert_eq!(archives(&lab), Vec::<String>::new());
}

#[test]
fn a_disk_that_is_not_mounted_is_not_backed_up() {
    let Some(lab) = lab("full") else { return };
    lab.sh("mv \"$SRC\" \"$SRC.away\" && mkdir \"$SRC\" && touch \"$SRC/lost+found\"");
    let before = archives(&lab);
    let ran = lab.run();
    assert_eq!((ran.state(), ran.step("there-is-something-to-back-up")), ("blocked", "failed"), "{}", ran.failure());
    assert_eq!(archives(&lab), before);
}

#[test]
fn a_backup_that_does_not_give_back_what_was_there_is_thrown_away_and_old_ones_are_kept() {
    let Some(lab) = lab("differential") else { return };
    // The checksum holds, the content does not: only a restore finds that.
    lab.sh("full=$(ls \"$DEST\"/full-*.tar.gz | tail -n 1); cp -a \"$SRC\" \"$SCRATCH/other\"
         echo rotten > \"$SCRATCH/other/deep/it's order 8\"
         tar -czf \"$full\" --listed-incremental=\"$SCRATCH/snar\" -C \"$SCRATCH/other\" .
         cd \"$DEST\" && sha256sum \"$(basename \"$full\")\" > \"${full%.tar.gz}.sha256\"");
    let before = archives(&lab);
    let ran = lab.roll_back(lab.run());
    assert_eq!((ran.state(), ran.step("restore-it-and-compare")), ("rolled-back", "failed"), "{}", ran.failure());
    assert_eq!((archives(&lab), ran.step("throw-old-ones-away")), (before, "skipped"));
    lab.assert_told(&ran);
}
