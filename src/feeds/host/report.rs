//! The script that every machine with a POSIX shell and `/proc` can run, and what it says: each part after a line with its name.

/// What a machine says of itself.
#[derive(Debug, Default)]
pub struct Report {
    /// Of the last five minutes, per processor.
    pub load: Option<f64>,
    /// What is neither free nor could be at once, in percent.
    pub memory: Option<f64>,
    pub disks: Vec<Disk>,
}

/// The file system under a path; in percent.
#[derive(Debug)]
pub struct Disk {
    pub path: String,
    pub used: Option<f64>,
    pub inodes: Option<f64>,
}

pub fn script(disks: &[String]) -> String {
    let paths: Vec<_> = disks.iter().map(|path| format!("'{}'", path.replace('\'', r"'\''"))).collect();
    format!(
        "LC_ALL=C; export LC_ALL; echo load; cat /proc/loadavg; echo processors; getconf _NPROCESSORS_ONLN; echo memory; \
         cat /proc/meminfo; for path in {}; do echo \"disk $path\"; df -kP -- \"$path\" | tail -n 1; \
         echo \"inodes $path\"; df -iP -- \"$path\" | tail -n 1; done",
        paths.join(" ")
    )
}

impl Report {
    pub fn read(text: &str) -> Self {
        let (mut report, mut part, mut load, mut total) = (Self::default(), "", None, None);
        for line in text.lines() {
            match line.split_once(' ').unwrap_or((line, "")) {
                ("load" | "processors" | "memory", "") => part = line,
                ("disk", path) if path.starts_with('/') => {
                    part = "disk";
                    report.disks.push(Disk { path: path.to_owned(), used: None, inodes: None });
                }
                ("inodes", path) if path.starts_with('/') => part = "inodes",
                _ => match (part, report.disks.last_mut()) {
                    ("load", _) => load = line.split(' ').nth(1).and_then(number),
                    ("processors", _) => {
                        report.load = number(line).filter(|count| *count > 0.0).and_then(|count| Some(load? / count));
                    }
                    ("memory", _) => match line.split_once(':') {
                        Some(("MemTotal", size)) => total = kilobytes(size),
                        Some(("MemAvailable", size)) => report.memory = used(total, kilobytes(size)),
                        _ => {}
                    },
                    ("disk", Some(disk)) => disk.used = percent(line),
                    ("inodes", Some(disk)) => disk.inodes = percent(line),
                    _ => {}
                },
            }
        }
        report
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

fn kilobytes(text: &str) -> Option<f64> {
    number(text.trim().strip_suffix("kB")?)
}

fn used(total: Option<f64>, available: Option<f64>) -> Option<f64> {
    let (total, available) = (total?, available?);
    (total > 0.0).then(|| ((1.0 - available / total) * 1_000.0).round() / 10.0)
}

/// The fifth figure of a line of `df -P`; both names in it may have blanks.
fn percent(line: &str) -> Option<f64> {
    number(line.split(' ').rev().find_map(|word| word.strip_suffix('%'))?)
}

#[cfg(test)]
mod tests {
    use super::script;

    #[test]
    fn a_path_is_one_word_of_the_script_whatever_is_in_it() {
        assert!(script(&["/a'; rm b".to_owned()]).contains(r"for path in '/a'\''; rm b'; do"));
    }
}
