//! Answers from a file in TOML or JSON, and into one.

use std::fmt::Write as _;

use serde_json::Value;
use syncbench_harness::workload::WorkloadSpec;
use syncbench_strategies::names::unknown;
use toml::de::{DeTable, DeValue};

use super::answers::{Answers, Data};
use super::questions::{Field, Form, QUESTIONS, fields, find};
use crate::format::{plain, shorten};

/// Most bytes of a file of answers: a hundred times what all answers take with their comments.
pub const MOST_BYTES: usize = 256 * 1024;

/// Most characters of a product's name: a line of a terminal.
const LONGEST_NAME: usize = 80;

/// Why a file is no answers, in one line: which file, line and key, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AnswersError(String);

/// A value as the file has it.
enum Raw {
    Text(String),
    List(Vec<String>),
    /// What it is instead, such as `a table`.
    Other(&'static str),
}

/// A key with its value, and its line where that is known.
struct Entry {
    key: String,
    line: Option<usize>,
    value: Raw,
}

/// Reads answers: TOML, or JSON if the first character is `{` or the file is named so, of which the answers of a decision are taken. Keys that
/// are not given have the defaults of [`Answers`]; `file` is for messages, `workloads` are those of the catalog.
///
/// # Errors
///
/// The first thing that is wrong.
pub fn read(bytes: &[u8], file: &str, workloads: &[&'static WorkloadSpec]) -> Result<Answers, AnswersError> {
    given(bytes, file, workloads).map(|(answers, _)| answers)
}

/// The same, and what the file leaves out.
///
/// # Errors
///
/// The first thing that is wrong; a file without a single answer.
pub fn given(
    bytes: &[u8],
    file: &str,
    workloads: &[&'static WorkloadSpec],
) -> Result<(Answers, Vec<&'static Field>), AnswersError> {
    let file = shorten(&plain(file), 200);
    if bytes.len() > MOST_BYTES {
        return Err(AnswersError(format!("{file}: expected answers, of at most {MOST_BYTES} bytes")));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        AnswersError(format!("{file}, line {line}: expected text in UTF-8"))
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_json = text.trim_start().starts_with('{') || file.ends_with(".json");
    let entries = if is_json { json(text) } else { toml(text) };
    let entries = entries.map_err(|(line, reason)| at(&file, line, &reason))?;
    let mut answers = Answers::default();
    if entries.is_empty() {
        return Err(at(&file, None, "no answers; expected lines such as data = [\"records\"]"));
    }
    let mut left_out: Vec<_> = fields().collect();
    for Entry { key, line, value } in entries {
        set(&mut answers, &key, value, workloads).map_err(|reason| at(&file, line, &reason))?;
        left_out.retain(|field| field.name != key);
    }
    Ok((answers, left_out))
}

/// What was left out, with what it was taken as; `None` where nothing was.
pub fn taken(answers: &Answers, left_out: &[&Field]) -> Option<String> {
    let each: Vec<_> = left_out.iter().map(|field| format!("{} {}", field.name, field.written(answers))).collect();
    (!each.is_empty()).then(|| format!("Not answered, taken as: {}.", each.join(", ")))
}

fn at(file: &str, line: Option<usize>, reason: &str) -> AnswersError {
    let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
    AnswersError(format!("{file}{line}: {reason}"))
}

type Entries = Result<Vec<Entry>, (Option<usize>, String)>;

fn toml(text: &str) -> Entries {
    let line =
        |place: usize| Some(1 + text.as_bytes()[..place.min(text.len())].iter().filter(|b| **b == b'\n').count());
    let table = DeTable::parse(text).map_err(|error| {
        let reason = plain(error.message()).replace("\n", ", ");
        (error.span().and_then(|span| line(span.start)), format!("{reason}; expected lines such as refuse = true"))
    })?;
    let entries = table.get_ref().iter();
    Ok(entries
        .map(|(key, value)| {
            let raw = |value: &DeValue<'_>| match value {
                DeValue::String(text) => Raw::Text(text.to_string()),
                DeValue::Boolean(yes) => Raw::Text(if *yes { "yes" } else { "no" }.to_owned()),
                DeValue::Integer(number) => Raw::Text(number.to_string()),
                DeValue::Float(number) => Raw::Text(number.to_string()),
                DeValue::Datetime(_) => Raw::Other("a date"),
                DeValue::Array(_) => Raw::Other("a list"),
                DeValue::Table(_) => Raw::Other("a table"),
            };
            let whole = match value.get_ref() {
                DeValue::Array(items) => list(items.iter().map(|item| raw(item.get_ref()))),
                single => raw(single),
            };
            Entry { key: key.get_ref().to_string(), line: line(key.span().start), value: whole }
        })
        .collect())
}

fn json(text: &str) -> Entries {
    let whole: Value =
        serde_json::from_str(text).map_err(|error| (Some(error.line()), format!("{error}; expected JSON")))?;
    // A decision has its answers inside.
    let table = whole.get("answers").unwrap_or(&whole);
    let Some(table) = table.as_object() else {
        return Err((None, "answers: expected an object".to_owned()));
    };
    let raw = |value: &Value| match value {
        Value::String(text) => Raw::Text(text.clone()),
        Value::Bool(yes) => Raw::Text(if *yes { "yes" } else { "no" }.to_owned()),
        Value::Number(number) => Raw::Text(number.to_string()),
        Value::Null => Raw::Other("null"),
        Value::Array(_) => Raw::Other("a list"),
        Value::Object(_) => Raw::Other("a table"),
    };
    let whole = |value: &Value| match value {
        Value::Array(items) => list(items.iter().map(raw)),
        single => raw(single),
    };
    Ok(table.iter().map(|(key, value)| Entry { key: key.clone(), line: None, value: whole(value) }).collect())
}

/// A list of single values.
fn list(items: impl Iterator<Item = Raw>) -> Raw {
    let mut texts = Vec::new();
    for item in items {
        match item {
            Raw::Text(text) => texts.push(text),
            Raw::List(_) => return Raw::Other("a list of lists"),
            Raw::Other(what) => return Raw::Other(what),
        }
    }
    Raw::List(texts)
}

/// Sets a key; the reason names it.
fn set(answers: &mut Answers, key: &str, value: Raw, workloads: &[&'static WorkloadSpec]) -> Result<(), String> {
    if key == "product" {
        answers.product = match value {
            Raw::Text(name) => product(&name)?,
            _ => return Err("product: expected a name such as \"Form builder\"".to_owned()),
        };
        return Ok(());
    }
    let Some(field) = find(key) else {
        let mut names = vec!["product"];
        names.extend(fields().map(|field| field.name));
        let shown = shorten(&plain(key), 40);
        return Err(format!("`{shown}`: {}", unknown("question", &shown, "", names.iter().map(|name| (*name, "")))));
    };
    let text = match (value, field.form) {
        (Raw::Text(text), _) => text,
        (Raw::List(texts), Form::Data) => texts.join(","),
        (Raw::List(texts), _) if texts.len() == 1 => texts.concat(),
        (Raw::List(_), _) => return Err(format!("{key}: expected one answer, not a list")),
        (Raw::Other(what), _) => return Err(format!("{key}: expected {}, not {what}", field.expects(workloads))),
    };
    field.set(answers, &text, workloads).map_err(|reason| format!("{key}: {reason}"))
}

/// A product's name: a line of its own in a record, and part of a folder's name.
///
/// # Errors
///
/// What was expected.
pub fn product(name: &str) -> Result<String, String> {
    let name = plain(name).trim().to_owned();
    match name.chars().count() {
        0..=LONGEST_NAME => Ok(name),
        _ => Err(format!("product: expected a name of at most {LONGEST_NAME} characters")),
    }
}

/// A file of answers for a program: each with its question, and what can be answered. Of workloads only those that are
/// answered are known here.
pub fn write(answers: &Answers, program: &str) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut file = format!("# Answers for `{} choose --answers FILE`.\n", plain(program));
    // Writing to a string does not fail.
    let _ = writeln!(file, "product = {}", quoted(&answers.product));
    for question in QUESTIONS {
        let _ = writeln!(file, "\n# {}", question.ask);
        for field in question.fields {
            let written = field.written(answers);
            let choices = field.choices(&[]);
            let words: Vec<_> = choices.iter().map(|choice| choice.word).collect();
            let _ = match field.form {
                Form::Data => {
                    let items: Vec<_> = answers.data.iter().map(|data| quoted(data.word())).collect();
                    let own = answers.data.iter().map(Data::word).filter(|word| !words.contains(word));
                    let words: Vec<_> = words.iter().copied().chain(own).collect();
                    writeln!(file, "# {}\n{} = [{}]", words.join(", "), field.name, items.join(", "))
                }
                Form::Invariant => {
                    writeln!(file, "# {}\n{} = {}", words.join(", "), field.name, quoted(&written))
                }
                Form::YesNo { .. } => writeln!(file, "{} = {}", field.name, written == "yes"),
                Form::Span(..) => writeln!(file, "{} = {}", field.name, quoted(&written)),
                Form::Count(..) => writeln!(file, "{} = {written}", field.name),
            };
        }
    }
    file
}

#[cfg(test)]
mod tests {
    use syncbench_harness::workloads::WORKLOADS;

    use super::super::answers::Invariant;
    use super::*;

    fn read(bytes: &[u8], file: &str) -> Result<Answers, AnswersError> {
        super::read(bytes, file, WORKLOADS)
    }

    fn given(bytes: &[u8], file: &str) -> Result<(Answers, Vec<&'static Field>), AnswersError> {
        super::given(bytes, file, WORKLOADS)
    }

    fn write(answers: &Answers) -> String {
        super::write(answers, "syncbench")
    }

    fn wrong(text: &str) -> String {
        read(text.as_bytes(), "a.toml").unwrap_err().to_string()
    }

    #[test]
    fn a_file_fills_what_it_has_and_leaves_defaults() {
        let text =
            "product = \"Forms\"\ndata = [\"records\", \"text\"]\noffline = \"3 weeks\"\nrefuse = true\npeople = 8\n";
        let answers = read(text.as_bytes(), "a.toml").unwrap();
        let expected = Answers {
            product: "Forms".into(),
            data: vec![Data::Records, Data::Text],
            offline: "21d".into(),
            refuse: true,
            people: 8,
            ..Answers::default()
        };
        assert_eq!(answers, expected);
        let (answers, left_out) =
            given(b"data = \"text\"\nrefuse = true\nlong_text = true\nundo = true\n", "a.toml").unwrap();
        assert_eq!(
            taken(&answers, &left_out).unwrap(),
            "Not answered, taken as: offline 0s, invariant none, overwrite yes, order no, peers no, round_trip 40ms, people 4, \
             history no."
        );
        assert_eq!(taken(&answers, &given(write(&answers).as_bytes(), "a.toml").unwrap().1), None);
        assert_eq!(read(b"people = \"1k\"", "a").unwrap().people, 1_000);
        assert!(read(b"people 4", "a.json").unwrap_err().to_string().ends_with("expected JSON"));
        assert_eq!(read("\u{feff}people = 2".as_bytes(), "a").unwrap().people, 2);
    }

    #[test]
    fn a_lone_word_is_a_list_and_a_list_of_one_is_a_word() {
        let text = "data = \"stock\"\ninvariant = [\"no-oversell\"]\nrefuse = \"yes\"\noffline = 0\n";
        let answers = read(text.as_bytes(), "a.toml").unwrap();
        assert_eq!((answers.data, answers.invariant), (vec![Data::Stock], Invariant::NoOversell));
        assert!(answers.refuse);
    }

    #[test]
    fn what_is_written_reads_back() {
        for answers in [
            Answers::default(),
            Answers {
                product: "Ünï \"quoted\" \\ | `x`".into(),
                data: Data::ALL.to_vec(),
                offline: "21d".into(),
                invariant: Invariant::EachItemOnce,
                people: 1_000,
                undo: true,
                ..Answers::default()
            },
        ] {
            let written = write(&answers);
            assert_eq!(read(written.as_bytes(), "a.toml"), Ok(answers.clone()), "{written}");
            let json = serde_json::to_string(&answers).unwrap();
            assert_eq!(read(json.as_bytes(), "a.json"), Ok(answers));
        }
    }

    static ROTA: WorkloadSpec = WorkloadSpec::own("rota", "take shifts", &[], &[], 40, |_| unreachable!("never run"));

    #[test]
    fn a_workload_of_the_catalog_is_a_kind_of_data_and_so_is_one_that_stands_for_a_kind() {
        let workloads: Vec<_> = WORKLOADS.iter().copied().chain([&ROTA]).collect();
        let read = |text: &str| super::read(text.as_bytes(), "a.toml", &workloads).map_err(|error| error.to_string());
        let answers = read("data = [\"Rota\", \"kanban\", \"lists\"]\ninvariant = \"each-item-once\"").unwrap();
        assert_eq!(answers.data, [Data::Workload("rota".into()), Data::Lists]);
        assert_eq!(answers.check(), Ok(()));
        let written = super::write(&answers, "shop");
        assert!(written.starts_with("# Answers for `shop choose --answers FILE`.\n"), "{written}");
        assert!(written.contains("tree, presence, rota\ndata = [\"rota\", \"lists\"]\n"), "{written}");
        assert_eq!(read(&written), Ok(answers));
        let said = read("data = \"rata\"").unwrap_err();
        assert!(said.contains("`rata`: did you mean `rota`? expected one of records, ") && said.ends_with(", rota"));
        // Without that catalog it is no kind of data.
        assert!(
            super::read(written.as_bytes(), "a.toml", WORKLOADS).unwrap_err().to_string().contains("`rota`: expected")
        );
    }

    #[test]
    fn a_decision_is_a_file_of_answers() {
        let answers = read(br#"{"schema": 1, "answers": {"people": 3}, "vetoed": []}"#, "decision.json").unwrap();
        assert_eq!(answers.people, 3);
    }

    #[test]
    fn errors_name_the_line_and_what_was_expected() {
        for (text, expected) in [
            (
                "people = 4\nofline = \"1h\"",
                "a.toml, line 2: `ofline`: no such question: did you mean `offline`? expected one of product, data, ",
            ),
            (
                "data = [\"records\", \"sheets\"]",
                "a.toml, line 1: data: `sheets`: expected one of records, lists, text,",
            ),
            ("data = \"texts\"", "`texts`: did you mean `text`? expected one of records, lists"),
            ("data = []", "data: expected one or more of records, "),
            (
                "\n\ninvariant = \"no oversell\"",
                "a.toml, line 3: invariant: `no oversell`: did you mean `no-oversell`? expected one of none",
            ),
            ("", "a.toml: no answers; expected lines such as"),
            ("{}", "a.toml: no answers; expected lines such as"),
            ("people = 0", "people: expected a whole number from 1 to 100,000"),
            ("people = 1.5", "people: expected a whole number"),
            ("people = -3", "people: expected a whole number"),
            ("offline = \"soon\"", "offline: `soon`: expected a span with its unit, such as"),
            ("offline = \"11y\"", "offline: expected at most 1825d"),
            ("offline = 90", "offline: `90`: expected a span with its unit"),
            ("round_trip = \"2h\"", "round_trip: expected at most 60s"),
            ("refuse = \"maybe\"", "refuse: expected yes or no"),
            ("refuse = [true, false]", "refuse: expected one answer, not a list"),
            ("[refuse]\nx = 1", "refuse: expected yes or no, not a table"),
            ("data = [[\"text\"]]", "data: expected one or more of records"),
            ("undo = 1979-05-27", "undo: expected yes or no, not a date"),
            ("people = 4\npeople = 5", "a.toml, line 2: duplicate key"),
            ("people 4", "a.toml, line 1: "),
            ("product = [\"a\"]", "product: expected a name"),
            ("{\"people\": null}", "a.toml: people: expected a whole number from 1 to 100,000, not null"),
            ("{\"people\": 4", "a.toml, line 1: "),
        ] {
            let error = wrong(text);
            assert!(error.contains(expected), "{text:?}: {error}");
            assert!(!error.contains('\n'), "{error}");
        }
        assert!(
            read(b"people = 4\n\xff", "a.toml").unwrap_err().to_string().contains("line 2: expected text in UTF-8")
        );
    }

    #[test]
    fn hostile_bytes_are_errors() {
        let deep = format!("a = {}", "[".repeat(100_000));
        let json = format!("{{\"data\":{}", "[".repeat(100_000));
        let dotted = format!("a{} = 1", ".a".repeat(50_000));
        for text in [deep, json, dotted, "x".repeat(MOST_BYTES + 1), "\0\u{1b}[2J = 1".into(), "{".into()] {
            let error = wrong(&text);
            assert!(error.len() < 1_000 && !error.contains('\u{1b}'), "{error}");
        }
        let whole = write(&Answers::default());
        for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
            let _ = read(&whole.as_bytes()[..end], "a.toml");
        }
        for place in 0..whole.len() {
            for byte in [0u8, b'"', b'[', b'=', 0xff] {
                let mut bytes = whole.clone().into_bytes();
                bytes[place] = byte;
                let _ = read(&bytes, "a.toml");
            }
        }
    }
}
