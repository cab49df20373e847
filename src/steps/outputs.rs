//! What a step leaves in `$PLAYBOOK_OUT`. Read only after success; only declared names, and every wanted one.

use crate::domain::playbook::Step;
use std::collections::BTreeMap;

/// A longer file fails its step.
pub const LONGEST_OUTPUTS: usize = 64 << 10;

/// Reads `KEY=VALUE` lines; of a name that stands twice the last one counts. The error fails the step.
pub fn read_outputs(step: &Step, file: &[u8]) -> Result<BTreeMap<String, String>, String> {
    if file.len() > LONGEST_OUTPUTS {
        return Err(format!("it wrote {} bytes of outputs; {LONGEST_OUTPUTS} are the limit", file.len()));
    }
    let text = std::str::from_utf8(file).map_err(|_| "its outputs are not UTF-8")?;
    let mut found = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let (name, value) = line.split_once('=').ok_or_else(|| format!("`{}` is not a KEY=VALUE line", inert(line)))?;
        if !step.fields.outputs.iter().any(|output| output.name == name) {
            return Err(format!("it set `{}`, which `outputs` doesn't name", inert(name)));
        }
        if value.chars().any(char::is_control) {
            return Err(format!("the value of `{name}` holds control characters"));
        }
        found.insert(name.to_owned(), value.to_owned());
    }
    match step.fields.outputs.iter().find(|output| !output.optional && found.get(&output.name).is_none_or(String::is_empty)) {
        Some(missing) => Err(format!("it did not set `{}`", missing.name)),
        None => Ok(found),
    }
}

fn inert(text: &str) -> std::borrow::Cow<'_, str> {
    crate::domain::text::inert(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::playbook::Output;

    #[test]
    fn outputs_are_those_that_were_declared_and_none_may_be_missing() {
        let mut step = crate::steps::launch::tests::step("true\n");
        let output = |name: &str, optional| Output { name: name.into(), optional };
        step.fields.outputs = vec![output("GAP", false), output("NOTE", true)];
        let read = |text: &str| read_outputs(&step, text.as_bytes());
        assert_eq!(read("GAP=1\n\nGAP=2=x\n"), Ok(BTreeMap::from([("GAP".into(), "2=x".into())])));
        for (text, why) in [
            ("NOTE=a\n", "did not set `GAP`"),
            ("GAP=\n", "did not set `GAP`"),
            ("GAP=1\nPATH=/tmp\n", "set `PATH`"),
            ("GAP=1\nnonsense\n", "not a KEY=VALUE"),
            ("GAP=\u{1b}[2J\n", "control characters"),
        ] {
            let error = read(text).expect_err(text);
            assert!(error.contains(why), "{text:?}: {error}");
        }
        assert!(read_outputs(&step, &[b'x'; LONGEST_OUTPUTS + 1]).is_err_and(|why| why.contains("limit")));
        assert!(read_outputs(&step, b"GAP=\xff").is_err());
    }
}
