//! Where a trend says too little, or too much for what was seen of it, nothing is told.

use super::*;

#[test]
fn what_rises_less_than_it_wavers_is_no_trend() {
    let wavers = |rise: f64| {
        let point = |n: u32| {
            let wave = [0.0, 1.0, -1.0][n as usize % 3];
            Point { at: f64::from(n) * EVERY, value: 80.0 + rise * f64::from(n) / 59.0 + wave }
        };
        forecast(&(0..60).map(point).collect::<Vec<_>>(), Limit::Above(LIMIT))
    };
    assert_eq!(wavers(3.6), None);
    assert!(wavers(6.0).is_some());
}

#[test]
fn nothing_is_told_of_what_lies_further_ahead_than_the_past_reaches_back() {
    // A line of so many minutes that rises by one each.
    let line = |minutes: u32, left: f64| {
        let points: Vec<Point> = (0..minutes).map(|n| Point { at: f64::from(n) * EVERY, value: f64::from(n) }).collect();
        forecast(&points, Limit::Above(f64::from(minutes) - 1.0 + left)).map(|found| found.breach.as_secs() / 60)
    };
    assert_eq!([line(21, 70.0), line(21, 90.0), line(21, 130.0)], [Some(70), None, None], "20 minutes were seen");
    let weeks = 15 * 24 * 60;
    assert_eq!([line(weeks, 13.0 * 1_440.0), line(weeks, 15.0 * 1_440.0)], [Some(13 * 1_440), None]);
    // However far off the limit, and whatever the noise.
    let mut noise = Noise(31);
    let mut told = 0;
    for _ in 0..4_000 {
        let (minutes, deviation) = (noise.between(12.0, 80.0) as usize, noise.between(0.5, 12.0));
        let values = (0..minutes).map(|n| n as f64 + deviation * noise.normal()).collect::<Vec<_>>();
        let points: Vec<Point> =
            values.iter().enumerate().map(|(n, value)| Point { at: n as f64 * EVERY, value: *value }).collect();
        let limit = minutes as f64 * noise.between(1.5, 5.0);
        let Some(Forecast { breach, earliest, latest }) = forecast(&points, Limit::Above(limit)) else { continue };
        told += 1;
        let seen = points.last().expect("some").at;
        assert!(earliest <= breach && breach <= latest, "{earliest:?} {breach:?} {latest:?}");
        assert!(breach.as_secs_f64() <= 4.0 * seen && latest.as_secs_f64() <= 8.0 * seen, "{breach:?} {latest:?} of {seen}");
    }
    println!("{told} of 4000 told");
    assert!(told > 300, "{told}");
}
