//! The filter line: what it offers, and what it says of a mistake.

use crate::screen::{Desk, alert, outage};
use std::sync::Arc;

fn typing(desk: &mut Desk, text: &str) {
    desk.press("/").type_text(text);
}

/// The line above the one that is typed into.
fn offered(desk: &Desk) -> String {
    let text = desk.text();
    let lines: Vec<&str> = text.lines().collect();
    let typed = lines.iter().position(|line| line.starts_with(" / ")).expect("a filter line");
    lines[typed - 1].trim().to_owned()
}

#[test]
fn tab_takes_what_is_in_the_queue_the_most_frequent_first() {
    let mut desk = outage();
    typing(&mut desk, "service:");
    assert_eq!(offered(&desk), "service:postgres 3   service:checkout 1");
    desk.press("tab").expect("/ service:postgres").expect("ReplicaLag").expect_not("CRIT Checkout");
    desk.press("tab").expect("/ service:checkout").expect("CRIT Checkout").expect_not("WARN ReplicaLag");
    desk.press("shift-tab").expect("/ service:postgres").press("enter").expect_not("/ service:postgres").expect("ReplicaLag");
}

#[test]
fn the_only_way_on_is_taken_and_what_follows_is_another_word() {
    let mut desk = outage();
    typing(&mut desk, "pos");
    assert_eq!(offered(&desk), "PostgresDown 1");
    desk.press("tab").type_text("ins");
    assert_eq!(offered(&desk), "instance= 5");
    desk.press("tab").expect("/ PostgresDown instance=").type_text("db-1");
    desk.press("tab").expect("/ PostgresDown instance=db-1:5432").press("ctrl-u").type_text("(-serv");
    desk.press("tab").expect("/ (-service:");
}

#[test]
fn what_needs_quotes_has_them_and_what_cannot_be_typed_is_not_offered() {
    let mut desk = outage();
    let teams = ["data base", "data \"q\"", "data\u{1b}[31m", "-data"];
    let alerts: Vec<_> = teams.iter().map(|team| with(alert("Odd", "info", "checkout", team, 1), team)).collect();
    desk.fires(&alerts);
    typing(&mut desk, "team=");
    assert_eq!(offered(&desk), "team=\"-data\" 1   team=\"data base\" 1");
    desk.press("tab tab").expect("/ team=\"data base\"").expect("1 of 9");
}

#[test]
fn a_label_with_an_odd_name_is_offered_in_quotes_and_so_are_its_values() {
    let mut desk = outage();
    let named = |name: &str, value: &str| {
        let mut alert = (*alert("Odd", "info", "checkout", value, 1)).clone();
        let pairs = alert.labels.iter().map(|(name, value)| (name.clone(), value.clone()));
        alert.labels = midwatch::domain::alert::Labels::new(pairs.chain([(name.into(), value.into())]).collect());
        Arc::new(alert)
    };
    desk.fires(&[named("data base", "b 1"), named("data=x", "b2"), named("data \"q\"", "b3"), named("data.ok", "b4")]);
    typing(&mut desk, "dat");
    assert_eq!(offered(&desk), "\"data base\"= 1   data.ok= 1   \"data=x\"= 1");
    desk.press("ctrl-u").type_text("\"data b");
    desk.press("tab").expect("/ \"data base\"=").press("tab").expect("/ \"data base\"=\"b 1\"").expect("1 of 9");
    desk.press("ctrl-u").type_text("-\"data=x\"=").press("tab").expect("/ -\"data=x\"=b2").expect("8 of 9");
}

fn with(alert: Arc<midwatch::domain::alert::Alert>, team: &str) -> Arc<midwatch::domain::alert::Alert> {
    let mut alert = (*alert).clone();
    let pairs = alert.labels.iter().map(|(name, value)| (name.clone(), value.clone()));
    alert.labels = midwatch::domain::alert::Labels::new(pairs.chain([("team".into(), team.into())]).collect());
    Arc::new(alert)
}

#[test]
fn a_mistake_is_pointed_at_and_what_matched_before_stays() {
    let mut desk = outage();
    typing(&mut desk, "service:postgres");
    desk.paste(" state:burning");
    let (mistake, _) = desk.find("▾ here").expect("a mark");
    let (word, _) = desk.find("state:burning").expect("what was typed");
    assert_eq!(mistake, word + "state:".len() as u16);
    desk.expect("at character 24").expect("ReplicaLag").expect_not("CRIT Checkout");
    desk.press("enter").expect("/ service:postgres state:burning");
}

#[test]
fn severities_compare_and_a_click_takes_one_on_every_size() {
    for (width, height) in [(120, 40), (80, 24), (40, 12)] {
        let mut desk = outage();
        desk.resize(width, height);
        typing(&mut desk, "severity>=w");
        assert_eq!(offered(&desk), "severity>=warning 4");
        desk.click("severity>=warning 4").expect("/ severity>=warning");
        desk.press("esc");
        typing(&mut desk, "s");
        for _ in 0..6 {
            desk.press("tab");
            let typed = desk.line(" / ").trim_start_matches([' ', '/']).split("  ").next().unwrap_or("").to_owned();
            assert!(offered(&desk).contains(&typed), "`{typed}` is in view at {width}: {}", offered(&desk));
        }
    }
}

#[test]
fn a_view_is_chosen_by_its_name_and_everything_is_one_too() {
    outage().press("v").expect("No view has a name yet: narrow the queue");
    let views = [("disks", "disk or replica"), ("night", "severity>=critical")];
    let views = views.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec();
    let mut desk = Desk::with(midwatch::domain::settings::Settings { views, ..crate::screen::settings() });
    desk.fires(&[alert("DiskFull", "warning", "postgres", "db-1", 1), alert("Down", "critical", "postgres", "db-1", 2)]);
    desk.press("v").expect("disks").expect("1 · disk or replica").expect("1 · severity>=critical");
    desk.type_text("nig").press("enter").expect("1 of 2 ─ severity>=critical").expect_not("WARN DiskFull");
    desk.press("v").type_text("every").press("enter").expect("WARN DiskFull").expect("CRIT Down").expect_not("1 of 2");
}

#[test]
fn behind_a_key_that_tab_put_in_its_values_come_next() {
    let mut desk = outage();
    typing(&mut desk, "sev");
    desk.press("tab").expect("/ severity:").expect("severity:critical 2");
    desk.press("tab").expect("/ severity:critical").expect("2 of 5").press("tab").expect("/ severity:warning");
    desk.press("shift-tab shift-tab shift-tab").press("shift-tab").expect_not("/ severity:warning");
    // A key alone is half a term, and says what is missing.
    desk.press("ctrl-u").type_text("state:").expect("`state:` needs a state: resolved").expect("state:firing 5");
    desk.press("ctrl-u").type_text("team:db").expect("`team:` is no key: write team=db").press("enter").expect("/ team:db");
}

#[test]
fn what_is_shown_gets_a_name_by_a_line_to_paste() {
    use midwatch::tui::Ui;
    let views = vec![("night".to_owned(), "severity>=critical".to_owned())];
    let mut desk = Desk::with(midwatch::domain::settings::Settings { views, ..crate::screen::settings() });
    desk.fires(&[alert("DiskFull", "warning", "postgres", "db-1", 1)]).press("v").expect_not("name what is shown");
    desk.press("esc");
    typing(&mut desk, "team=\"data base\"");
    desk.press("enter v").expect("name what is shown").type_text("name what").press("enter");
    desk.expect("nothing is written there").press("enter").expect("A view needs a name");
    desk.type_text("night").press("enter").expect("`night` is a view already").press("ctrl-u").type_text("data").press("enter");
    let line = r#"views: {"night": "severity>=critical", "data": "team=\"data base\""}"#;
    assert_eq!(desk.asked, [Ui::Copy(line.to_owned())]);
    desk.expect("Copied: paste it below `console:`");
    // A view that is shown has its name.
    desk.press("v").type_text("night").press("enter v").expect_not("name what is shown");
}

#[test]
fn a_past_that_was_cut_says_so() {
    use midwatch::model::past::{Episode, Recalled};
    let mut desk = outage();
    let down = alert("CheckoutErrors", "critical", "checkout", "shop-3", 2);
    let (from, name) = (down.starts_at, "CheckoutErrors".to_owned());
    let episode = |to| Episode {
        target: "shop-3".into(),
        alert: down.id.clone(),
        name: name.clone(),
        service: None,
        severity: None,
        from,
        to,
        end: midwatch::model::past::End::Told,
        owners: Vec::new(),
        playbooks: Vec::new(),
        incident: None,
    };
    let recalled =
        |alert, cut| Recalled { alert, since: from, cut, episodes: Ok(Arc::from([episode(None), episode(Some(from))])) };
    let told = |desk: &mut Desk, alert, cut| drop(desk.fact(midwatch::model::Fact::Recalled(recalled(alert, cut))).draw());
    desk.press("H").expect("the journal is asked");
    told(&mut desk, None, false);
    desk.expect("2 times").expect("CheckoutErrors shop-3").expect_not("More fired than is listed");
    told(&mut desk, None, true);
    desk.expect("More fired than is listed").press("esc enter");
    told(&mut desk, Some(down.id.clone()), true);
    desk.expect("at least: fired 2 times");
}

#[test]
fn a_name_that_nothing_has_is_not_taken_for_a_quiet_night() {
    let mut desk = outage();
    typing(&mut desk, "service:chekout");
    desk.press("enter").expect("no service is called chekout").press("/ ctrl-u").type_text("sevrity=critical");
    desk.press("enter").expect("no alert has the label sevrity").press("/ ctrl-u").type_text("service:checkout state:resolved");
    desk.press("enter").expect("Nothing matches the filter").expect_not("no service is called");
}

#[test]
fn a_mistake_is_pointed_at_where_it_is() {
    let place = |text: &str| midwatch::model::filter::Filter::parse(text).expect_err("wrong").at;
    let places = [
        ("age>10", 4),
        ("severity>wrning", 9),
        ("state:fireing", 6),
        ("down -instance=~(", 16),
        ("age>", 4),
        ("é severity:x", 11),
    ];
    assert_eq!(places.map(|(text, _)| (text, place(text))), places);
    let read = |text: &str| midwatch::model::filter::Filter::parse(text).expect("a filter");
    assert!(read("team=\"\"   disk  AND  age  >  10m").asks_as(&read("team= and disk and age>10m")));
}

#[test]
fn what_has_changed_while_a_filter_was_typed_stands_in_the_queue_without_it() {
    let mut desk = outage();
    let disk = |n: usize| alert("Disk", "warning", "shop", &format!("node-{n}"), 1);
    desk.fires(&[disk(1), disk(2)]).press("f n a m e enter").expect("×2 Disk");
    typing(&mut desk, "checkout");
    desk.expect_not("×2 Disk").fires(&[disk(3)]).press("enter").expect_not("×3 Disk").press("esc").expect("×3 Disk");
    typing(&mut desk, "node-");
    desk.expect("×3 Disk").expect_not("CRIT Checkout").press("esc").expect("×3 Disk").expect("CRIT Checkout");
}

#[test]
fn what_a_filter_has_found_stays_under_the_cursor_when_the_filter_goes() {
    for clears in ["esc", "/ ctrl-u enter"] {
        let mut desk = outage();
        typing(&mut desk, "DiskFilling");
        desk.press("enter").expect("1 of 5");
        assert!(desk.press(clears).expect_not("1 of 5").line("▌").contains("DiskFilling"), "{clears}: {}", desk.text());
        desk.press("a").expect("Acknowledge DiskFilling");
    }
}

#[test]
fn what_somebody_owns_does_not_fire_for_the_filter_either() {
    let mut desk = outage();
    desk.press("a enter").expect("4 firing").expect("1 acked");
    desk.press("/").type_text("state:firing").press("enter").expect("4 of 5").expect_not("✓ ana");
    desk.press("/ ctrl-u").type_text("state:ack").press("enter").expect("1 of 5").expect("✓ ana");
}

#[test]
fn a_name_that_nothing_has_is_told_where_it_holds_for_everything_and_nothing_is_marked_by_it() {
    let mut desk = outage();
    typing(&mut desk, "not sevrity=critical");
    desk.expect("? no alert has the label sevrity").press("enter").expect("5 of 5 ─ ? no alert has the label sevri");
    desk.press("M")
        .expect("Nothing is marked")
        .expect_not("5 marked")
        .press("a")
        .expect("Acknowledge ")
        .expect_not("Acknowledge 5");
    desk.press("esc /").press("ctrl-u").type_text("env!=lab").press("enter").expect("? no alert has the label env");
    desk.press("M").expect_not("5 marked").press("/").press("ctrl-u").type_text("not service:chekout").press("enter M");
    desk.expect_not("5 marked").press("/").press("ctrl-u").type_text("not instance=db-9").press("enter M").expect("5 marked");
}

#[test]
fn a_mistake_can_be_read_on_every_size() {
    let all = "at character 9: `bogus` is no state: resolved, acknowledged, snoozed, silenced, inhibited, firing, pending";
    for (width, height) in [(120, 40), (80, 24), (40, 12)] {
        let mut desk = outage();
        desk.resize(width, height);
        typing(&mut desk, "x");
        desk.paste(" state:bogus");
        let text = desk.text();
        let read: Vec<&str> = text.split_whitespace().collect();
        assert!(read.join(" ").contains(all), "{width}: {text}");
        desk.expect("▾ here").press("enter").expect("/ x state:bogus");
    }
}
