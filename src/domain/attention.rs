//! What calls an operator who looks elsewhere: which alerts, when, and how.

use super::alert::Severity;
use super::ids::ServiceName;
use super::playbook::words;
use chrono::{DateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

words! {
    /// How somebody is called.
    Way {
        Bell = "bell",
        /// The notification of iTerm2, which most terminals know.
        Osc9 = "osc9",
        /// That of urxvt, VTE and others.
        Osc777 = "osc777",
        /// That of kitty.
        Osc99 = "osc99",
        /// A notification of the desktop.
        Desktop = "desktop",
        /// The operator's own program, `console.call`.
        Command = "command",
    }
}

impl Way {
    /// Not by a terminal, so whoever watches can do it, and only one of them.
    pub fn is_outward(self) -> bool {
        matches!(self, Self::Desktop | Self::Command)
    }
}

/// A part of every day; it may go past midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    pub from: NaiveTime,
    /// No longer in it.
    pub to: NaiveTime,
    /// None: in the zone that the console shows.
    #[serde(with = "zone")]
    pub zone: Option<Tz>,
}

impl Hours {
    /// `22:00-07:00`, or with a zone of its own `22:00-07:00 Europe/Berlin`.
    pub fn parse(text: &str) -> Option<Self> {
        let (hours, zone) = match text.trim().rsplit_once(char::is_whitespace) {
            Some((hours, name)) if name.starts_with(char::is_alphabetic) => (hours, Some(name.parse().ok()?)),
            _ => (text, None),
        };
        let (from, to) = hours.split_once('-')?;
        let time = |text: &str| NaiveTime::parse_from_str(text.trim(), "%H:%M").ok();
        let hours = Self { from: time(from)?, to: time(to)?, zone };
        (hours.from != hours.to).then_some(hours)
    }

    pub fn hold(self, now: DateTime<Utc>, zone: Tz) -> bool {
        let at = now.with_timezone(&self.zone.unwrap_or(zone)).time();
        match self.from < self.to {
            true => (self.from..self.to).contains(&at),
            false => at >= self.from || at < self.to,
        }
    }
}

/// A zone by its name.
mod zone {
    use chrono_tz::Tz;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub fn serialize<S: Serializer>(zone: &Option<Tz>, to: S) -> Result<S::Ok, S::Error> {
        zone.map(Tz::name).serialize(to)
    }

    pub fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Option<Tz>, D::Error> {
        let name: Option<String> = Option::deserialize(from)?;
        name.map(|name| name.parse().map_err(D::Error::custom)).transpose()
    }
}

/// How new alerts call, if they are like this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// So bad, or worse.
    pub severity: Severity,
    /// Of one of these services; none: whatever it is of.
    pub services: Vec<ServiceName>,
    /// None: at any time.
    pub hours: Option<Hours>,
    /// None: such an alert calls nobody.
    pub by: Vec<Way>,
}

/// The first rule that fits an alert decides; none: it calls nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    pub rules: Vec<Rule>,
    /// Where the operator is: `None` is UTC.
    #[serde(with = "zone")]
    pub zone: Option<Tz>,
}

impl Default for Attention {
    fn default() -> Self {
        let by = vec![Way::Bell, Way::Osc9];
        Self { rules: vec![Rule { severity: Severity::Critical, services: Vec::new(), hours: None, by }], zone: None }
    }
}

impl Attention {
    pub fn ways(&self, severity: Severity, service: Option<&ServiceName>, now: DateTime<Utc>) -> &[Way] {
        let fits = |rule: &&Rule| {
            severity >= rule.severity
                && (rule.services.is_empty() || service.is_some_and(|name| rule.services.contains(name)))
                && self.holds(rule, now)
        };
        self.rules.iter().find(fits).map_or(&[], |rule| &rule.by)
    }

    fn holds(&self, rule: &Rule, now: DateTime<Utc>) -> bool {
        rule.hours.is_none_or(|hours| hours.hold(now, self.zone.unwrap_or(Tz::UTC)))
    }

    /// The least severity that may call; `None` where nothing does.
    pub fn least(&self) -> Option<Severity> {
        self.rules.iter().filter(|rule| !rule.by.is_empty()).map(|rule| rule.severity).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("2026-11-23T{text}:00Z").parse().expect("a time")
    }

    #[test]
    fn hours_may_go_past_midnight() {
        let night = Hours::parse("22:00-07:00").expect("hours");
        assert_eq!(
            ["21:59", "22:00", "00:00", "06:59", "07:00"].map(|time| night.hold(at(time), Tz::UTC)),
            [false, true, true, true, false]
        );
        let day = Hours::parse("09:00 - 17:30").expect("hours");
        assert_eq!(["08:59", "09:00", "17:29", "17:30"].map(|time| day.hold(at(time), Tz::UTC)), [false, true, true, false]);
        assert_eq!(["9", "", "25:00-07:00", "07:00-07:00", "07:00", "22:00-07:00 Berlin"].map(Hours::parse), [None; 6]);
    }

    #[test]
    fn hours_are_those_of_the_operator_unless_they_have_a_zone_of_their_own() {
        let (plain, own) = (Hours::parse("22:00-07:00"), Hours::parse("22:00-07:00 Asia/Tokyo"));
        let hold = |hours: Option<Hours>, time| hours.expect("hours").hold(at(time), Tz::Europe__Berlin);
        // 06:30 UTC is half past seven in Berlin and half past three in the afternoon in Tokyo; 15:30 is half past midnight there.
        assert_eq!(["05:30", "06:30", "15:30"].map(|time| hold(plain, time)), [true, false, false]);
        assert_eq!(["05:30", "06:30", "15:30"].map(|time| hold(own, time)), [false, false, true]);
        let text = serde_json::to_string(&own).expect("a recording has it");
        assert_eq!(serde_json::from_str::<Option<Hours>>(&text).expect("and gives it back"), own);
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let shop = ServiceName::from("shop");
        let rule = |severity, services: &[&ServiceName], hours, by: &[Way]| Rule {
            severity,
            services: services.iter().map(|name| (*name).clone()).collect(),
            hours: Hours::parse(hours),
            by: by.to_vec(),
        };
        let rules = vec![
            rule(Severity::Info, &[&shop], "12:00-13:00", &[]),
            rule(Severity::Warning, &[&shop], "", &[Way::Bell]),
            rule(Severity::Critical, &[], "22:00-07:00", &[Way::Osc99]),
        ];
        let attention = Attention { rules, zone: None };
        let ways = |severity, service, time| attention.ways(severity, service, at(time));
        assert_eq!(ways(Severity::Critical, Some(&shop), "12:30"), [], "a rule may say that nobody is called");
        assert_eq!(ways(Severity::Warning, Some(&shop), "13:00"), [Way::Bell]);
        assert_eq!(ways(Severity::Info, Some(&shop), "13:00"), []);
        assert_eq!(ways(Severity::Critical, None, "23:00"), [Way::Osc99]);
        assert_eq!(ways(Severity::Critical, None, "13:00"), []);
        assert_eq!(ways(Severity::Warning, None, "23:00"), []);
        assert_eq!((attention.least(), Attention { rules: Vec::new(), zone: None }.least()), (Some(Severity::Warning), None));
    }
}
