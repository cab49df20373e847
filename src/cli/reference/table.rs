//! A table in Markdown.

/// Nothing in a cell ends it.
pub fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let cell = |text: String| text.replace('|', "\\|").replace('\n', " ");
    let rows = rows.into_iter().map(|row| line(&row.into_iter().map(cell).collect::<Vec<_>>()));
    let head: Vec<String> = head.iter().map(|text| (*text).to_owned()).collect();
    format!("{}|{}\n{}", line(&head), "---|".repeat(head.len()), rows.collect::<String>())
}

/// A word of the program.
pub fn code(text: &str) -> String {
    format!("`{text}`")
}
