//! Credentials: a type that can be neither printed nor serialised.

use super::node::{Node, Problems, Value};
use secrecy::{ExposeSecret, SecretString};
use std::path::PathBuf;

/// A password, token or key. Cloned freely, wiped when dropped.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    pub fn new(text: String) -> Self {
        Self(text.into())
    }

    /// The value itself: only for the header, environment variable or handshake that needs it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// A shorter value would strike out words that mean something else.
const SHORTEST: usize = 6;

/// A text without the values of secrets, in any of the forms in which they are pasted or printed: as they are, as JSON writes
/// them, as an address does, in hexadecimal and in base64, also inside of something longer.
pub fn redacted<'a>(text: &str, secrets: impl IntoIterator<Item = &'a Secret>) -> String {
    let long = secrets.into_iter().map(Secret::expose).filter(|value| value.len() >= SHORTEST);
    let (mut text, mut forms) = (text.to_owned(), long.flat_map(forms).collect::<Vec<_>>());
    // A form that holds another goes first: nothing of it is left over.
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    for form in forms.iter().filter(|form| form.len() >= SHORTEST) {
        if text.contains(form.as_str()) {
            text = text.replace(form.as_str(), "•••");
        }
    }
    text
}

fn forms(value: &str) -> impl Iterator<Item = String> {
    let json = serde_json::Value::from(value).to_string();
    let address: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
    let spaced = address.replace('+', "%20");
    let plain = [value.to_owned(), json.trim_matches('"').to_owned(), address, spaced, hex.to_uppercase(), hex];
    plain.into_iter().chain((0..3).map(|place| inside(value.as_bytes(), place)))
}

/// The digits that depend on nothing but the value, where it stands `place` bytes after the beginning of a group of three.
fn inside(bytes: &[u8], place: usize) -> String {
    let whole = base64(&[&[0; 2][..place], bytes].concat());
    let (mixed, last) = ((place * 8).div_ceil(6), usize::from(!(place + bytes.len()).is_multiple_of(3)));
    whole.get(mixed..whole.len() - last).unwrap_or("").to_owned()
}

/// Without its padding, which need not have been copied.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = bytes.chunks(3).flat_map(|chunk| {
        let bits = chunk.iter().enumerate().fold(0_u32, |bits, (place, byte)| bits | u32::from(*byte) << (16 - 8 * place));
        (0..=chunk.len()).map(move |place| DIGITS[(bits >> (18 - 6 * place) & 63) as usize] as char)
    });
    digits.collect()
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("secret")
    }
}

/// Where a secret is to be found; `ports::Secrets` reveals it at the moment of use, so a rotated one needs no restart.
#[derive(Debug, Clone)]
pub enum SecretRef {
    /// A variable of the environment.
    Env(String),
    /// A file that nobody else can read; one trailing newline is not part of it.
    File(PathBuf),
    /// A program and its arguments, without a shell; its output is the secret.
    Command(Vec<String>),
    /// Written in the configuration itself.
    Here(Secret),
}

impl SecretRef {
    /// Reads `{env: NAME}`, `{file: PATH}`, `{command: [program, arguments]}`, or the secret itself, which is warned of.
    pub fn parse(node: &Node, problems: &mut Problems) -> Option<Self> {
        let secret = Self::read(node, problems)?;
        problems.named.push(secret.clone());
        Some(secret)
    }

    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        if let Value::Scalar { text, .. } = &node.value {
            problems.secrets.push(node.span);
            problems.warning(node.span, "this secret stands in the file itself", WHERE_TO_KEEP_IT);
            return Some(Self::Here(Secret::new(text.clone())));
        }
        let fields = node.fields(&["env", "file", "command"], problems)?;
        let found = [fields.get("env"), fields.get("file"), fields.get("command")];
        match found {
            [Some(env), None, None] => env.text(problems).map(|name| Self::Env(name.to_owned())),
            [None, Some(file), None] => file.path(problems).map(Self::File),
            [None, None, Some(command)] => Self::command(command, problems),
            _ => {
                problems.error_with_help(
                    node.span,
                    "a secret needs exactly one of `env`, `file` and `command`",
                    WHERE_TO_KEEP_IT,
                );
                None
            }
        }
    }

    fn command(node: &Node, problems: &mut Problems) -> Option<Self> {
        let argv = node.texts(problems)?;
        if argv.first().is_none_or(String::is_empty) {
            problems.error(node.span, "the command names no program");
            return None;
        }
        Some(Self::Command(argv))
    }
}

const WHERE_TO_KEEP_IT: &str = "write {env: NAME}, {file: PATH} or {command: [program, argument]} instead";

/// Where it is, without what it is.
impl std::fmt::Display for SecretRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Command(argv) => write!(f, "the output of `{}`", argv.first().map_or("", String::as_str)),
            Self::Here(_) => f.write_str("the configuration"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Option<SecretRef>, Vec<String>) {
        let mut problems = Problems::default();
        let node = Node::parse(text, &mut problems).expect("is YAML");
        let secret = SecretRef::parse(&node, &mut problems);
        (secret, problems.list.into_iter().map(|problem| problem.message).collect())
    }

    #[test]
    fn a_secret_that_holds_another_is_struck_out_whole() {
        let secrets = ["hunter2", "hunter2-and-more"].map(|value| Secret::new(value.to_owned()));
        assert_eq!(redacted("it is hunter2-and-more, not hunter2", &secrets), "it is •••, not •••");
    }

    #[test]
    fn one_written_in_place_works_is_warned_of_and_never_shown() {
        let (secret, warnings) = parse("hunter2");
        let shown = format!("{secret:?} {}", secret.as_ref().expect("is one"));
        assert!(!shown.contains("hunter2"), "{shown}");
        assert_eq!(warnings, ["this secret stands in the file itself"]);
    }

    #[test]
    fn a_text_loses_secrets_in_every_form_and_nothing_else() {
        let secrets = ["s3cret/\"x", "short"].map(|text| Secret::new(text.to_owned()));
        let clean = |text: &str| redacted(text, &secrets);
        assert_eq!(clean("typed s3cret/\"x here"), "typed ••• here");
        assert_eq!(clean(r#"{"a": "s3cret/\"x"}"#), r#"{"a": "•••"}"#);
        assert_eq!(clean("?token=s3cret%2F%22x&a=b"), "?token=•••&a=b");
        assert_eq!(clean("Basic czNjcmV0LyJ4"), "Basic •••");
        // `ana:s3cret/"x` and, with a line's end, `s3cret/"x`.
        assert_eq!(clean("Basic YW5hOnMzY3JldC8ieA=="), "Basic YW5hOn•••A==");
        assert_eq!(clean("czNjcmV0LyJ4Cg=="), "•••Cg==");
        assert_eq!(clean("7333637265742f2278 7333637265742F2278"), "••• •••");
        assert_eq!(clean("a short note"), "a short note", "it would strike out words");
    }

    #[test]
    fn exactly_one_place_is_named() {
        assert!(matches!(parse("{env: TOKEN}").0, Some(SecretRef::Env(name)) if name == "TOKEN"));
        assert!(matches!(parse("{command: [pass, show, pager]}").0, Some(SecretRef::Command(argv)) if argv.len() == 3));
        assert_eq!(parse("{env: A, file: B}").1, ["a secret needs exactly one of `env`, `file` and `command`"]);
        assert_eq!(parse("{command: []}").1, ["the command names no program"]);
    }
}
