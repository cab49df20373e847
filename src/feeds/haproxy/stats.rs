//! HAProxy's statistics as CSV. The heading names the columns: each version has more of them.

use crate::ports::Fault;

#[derive(Debug, PartialEq)]
pub struct Server {
    pub name: String,
    pub standing: Standing,
    /// Its status, and what the last check said.
    pub words: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Up,
    Down,
    /// Taken out by somebody: in maintenance, or drained.
    Away,
}

/// The servers of one backend.
pub fn read(text: &str, backend: &str) -> Result<Vec<Server>, Fault> {
    let mut lines = text.lines().filter(|line| !line.is_empty());
    let heading = lines.next().and_then(|line| line.strip_prefix("# "));
    let heading = cells(heading.ok_or_else(|| Fault::Other("its heading is missing".to_owned()))?);
    let column = |name: &str| {
        let place = heading.iter().position(|column| column == name);
        place.ok_or_else(|| Fault::Other(format!("it has no column `{name}`")))
    };
    let [proxy, server, status, said] = [column("pxname")?, column("svname")?, column("status")?, column("last_chk")?];
    let row = |line: &str| {
        let cells = cells(line);
        let cell = |place: usize| cells.get(place).map_or("", String::as_str);
        let ours = cell(proxy) == backend && !["FRONTEND", "BACKEND"].contains(&cell(server));
        ours.then(|| of(cell(server), cell(status), cell(said)))
    };
    Ok(lines.filter_map(row).collect())
}

fn of(name: &str, status: &str, said: &str) -> Server {
    let standing = match status.split(' ').next().unwrap_or("") {
        "UP" | "no" => Standing::Up,
        "MAINT" | "DRAIN" => Standing::Away,
        _ => Standing::Down,
    };
    let words = if said.is_empty() || standing != Standing::Down { status.to_owned() } else { format!("{status}, {said}") };
    Server { name: name.to_owned(), standing, words }
}

/// The cells of a line; one with commas stands in quotes, and its own quotes are doubled.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let (mut quoted, mut chars) = (false, line.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                cells.last_mut().into_iter().for_each(|cell| cell.extend(chars.next()))
            }
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            c => cells.last_mut().into_iter().for_each(|cell| cell.push(c)),
        }
    }
    cells
}
