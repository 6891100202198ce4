//! The questions: at most ten, in the words of people who build products. The file of answers and the dialogue read them.

use syncbench_harness::workload::WorkloadSpec;
use syncbench_strategies::names::did_you_mean;
use syncbench_strategies::numbers::parse_count;
use syncbench_strategies::selector::format_span;

use super::answers::{Answers, Data, Invariant, LONGEST_OFFLINE, LONGEST_ROUND_TRIP, MOST_PEOPLE};
use super::shapes::{own, stands_for};
use super::span;
use crate::format::{count, plain, shorten};

/// A question, with the fields that its answer fills.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// What is asked.
    pub ask: &'static str,
    /// Why it is asked: what depends on it.
    pub why: &'static str,
    /// The fields of [`Answers`] that it fills: one, or two that belong together.
    pub fields: &'static [Field],
}

/// A field of [`Answers`].
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in a file of answers.
    pub name: &'static str,
    /// What it is, as the label of a record's table and of a prompt.
    pub label: &'static str,
    /// What can be answered, and how it is read and set.
    pub form: Form,
}

/// What can be answered.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// Kinds of data, one or more.
    Data,
    /// One invariant.
    Invariant,
    /// Yes or no.
    YesNo {
        /// The field.
        access: Access<bool>,
        /// What yes means.
        yes: &'static str,
        /// What no means.
        no: &'static str,
    },
    /// A span of time, from zero to the longest, in days, hours, ... or milliseconds.
    Span(Access<String>, std::time::Duration),
    /// A number from one to the most.
    Count(Access<u32>, u32),
}

/// How a field is read and set.
#[derive(Debug)]
pub struct Access<T> {
    /// Reads it.
    pub get: fn(&Answers) -> &T,
    /// Sets it.
    pub set: fn(&mut Answers) -> &mut T,
}

// Derived, these would ask the same of `T`.
impl<T> Clone for Access<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Access<T> {}

macro_rules! access {
    ($field:ident) => {
        Access { get: |answers| &answers.$field, set: |answers| &mut answers.$field }
    };
}

/// A word that can be answered, with what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The word.
    pub word: &'static str,
    /// What it means, in a line.
    pub meaning: &'static str,
}

/// The questions, the most telling first.
pub static QUESTIONS: &[Question] = &[
    Question {
        ask: "What kinds of data do people change together, the most important first?",
        why: "Each kind is measured by a workload of its own, and no model is best for all of them. A product's own program \
              lists its workloads here, too.",
        fields: &[Field { name: "data", label: "kinds of data", form: Form::Data }],
    },
    Question {
        ask: "What is the longest time for which a user works without a connection?",
        why: "A model that needs the server for every step shows nothing then; one that confirms alone must merge later.",
        fields: &[Field {
            name: "offline",
            label: "longest time offline",
            form: Form::Span(access!(offline), LONGEST_OFFLINE),
        }],
    },
    Question {
        ask: "Must the server be able to refuse an operation because of what others did?",
        why: "A slot that is taken, a limit that is reached: only a model with a deciding server can say no.",
        fields: &[Field {
            name: "refuse",
            label: "the server must be able to refuse",
            form: Form::YesNo {
                access: access!(refuse),
                yes: "a slot is taken, a limit is reached: the user is told no",
                no: "whatever a user does stands",
            },
        }],
    },
    Question {
        ask: "Is there something that may never be broken, not even for a moment?",
        why: "An invariant over several users' operations does not survive a merge that knows nothing of it.",
        fields: &[Field { name: "invariant", label: "what may never be broken", form: Form::Invariant }],
    },
    Question {
        ask: "May one user's value silently replace another's who did not see it?",
        why: "Last writer wins does just that: cheap, and fine for a slider or a cursor, not for an address.",
        fields: &[Field {
            name: "overwrite",
            label: "one value may silently replace another",
            form: Form::YesNo {
                access: access!(overwrite),
                yes: "the last writer wins, and nobody is told",
                no: "what a user wrote stays until somebody who saw it changes it",
            },
        }],
    },
    Question {
        ask: "Do users order lists by hand and move items?",
        why: "A move that is sent as a removal and an insertion doubles the item when two users move it at once.",
        fields: &[Field {
            name: "order",
            label: "users order lists and move items",
            form: Form::YesNo {
                access: access!(order),
                yes: "drag a card, a page, a task to its place",
                no: "the order follows from the data, or does not matter",
            },
        }],
    },
    Question {
        ask: "Do several people edit one long text at the same time?",
        why: "Positions in a text shift with every keystroke of others, and history grows with each of them.",
        fields: &[Field {
            name: "long_text",
            label: "several people edit one long text",
            form: Form::YesNo {
                access: access!(long_text),
                yes: "a note, a document, source code, with several cursors",
                no: "texts are short, or one person writes at a time",
            },
        }],
    },
    Question {
        ask: "Must clients work with each other without any server of yours?",
        why: "Only models that need no server can; they confirm alone, and nobody can refuse.",
        fields: &[Field {
            name: "peers",
            label: "clients work without a server",
            form: Form::YesNo {
                access: access!(peers),
                yes: "over a local network or a mesh, without a service",
                no: "a server of the product relays or decides",
            },
        }],
    },
    Question {
        ask: "How far is the server, and how many people are in one document at the same time?",
        why: "They decide how often operations meet, and how long a user waits where the server answers first.",
        fields: &[
            Field {
                name: "round_trip",
                label: "round trip to the server",
                form: Form::Span(access!(round_trip), LONGEST_ROUND_TRIP),
            },
            Field { name: "people", label: "people in one document", form: Form::Count(access!(people), MOST_PEOPLE) },
        ],
    },
    Question {
        ask: "Do users undo their own operations, and must earlier versions be kept and read?",
        why: "Undo among others needs a memory of what each user did; a history makes replicas grow.",
        fields: &[
            Field {
                name: "undo",
                label: "users undo their own operations",
                form: Form::YesNo {
                    access: access!(undo),
                    yes: "undo takes back one's own operation among those of others",
                    no: "what is done stays, or is changed by hand",
                },
            },
            Field {
                name: "history",
                label: "earlier versions are kept and read",
                form: Form::YesNo {
                    access: access!(history),
                    yes: "versions are listed, compared or restored",
                    no: "the present state is enough",
                },
            },
        ],
    },
];

/// The kinds of data that are built in.
static KINDS: [Data; 9] = Data::ALL;

/// All fields, in the order of the questions.
pub fn fields() -> impl Iterator<Item = &'static Field> {
    QUESTIONS.iter().flat_map(|question| question.fields)
}

/// The field with this name.
pub fn find(name: &str) -> Option<&'static Field> {
    fields().find(|field| field.name == name)
}

impl Field {
    /// The words that can be answered; empty where the answer is a span or a number. `workloads` are those of the catalog:
    /// what a product brings is a kind of data, too.
    pub fn choices(&self, workloads: &[&'static WorkloadSpec]) -> Vec<Choice> {
        match self.form {
            Form::Data => {
                let built_in = KINDS.iter().map(|data| Choice { word: data.word(), meaning: data.meaning() });
                let own = own(workloads).map(|spec| Choice { word: spec.name, meaning: spec.summary });
                built_in.chain(own).collect()
            }
            Form::Invariant => Invariant::ALL.map(|one| Choice { word: one.word(), meaning: one.meaning() }).to_vec(),
            Form::YesNo { yes, no, .. } => {
                vec![Choice { word: "yes", meaning: yes }, Choice { word: "no", meaning: no }]
            }
            Form::Span(..) | Form::Count(..) => Vec::new(),
        }
    }

    /// What can be answered, after "expected".
    pub fn expects(&self, workloads: &[&'static WorkloadSpec]) -> String {
        let words = || self.choices(workloads).iter().map(|choice| choice.word).collect::<Vec<_>>().join(", ");
        match self.form {
            Form::Data => format!("one or more of {}", words()),
            Form::Invariant => format!("one of {}", words()),
            Form::YesNo { .. } => "yes or no".to_owned(),
            Form::Span(_, longest) => {
                format!(
                    "a span with its unit, such as 40ms, 90s, 1h, 21d or 3 weeks, and at most {}",
                    format_span(longest)
                )
            }
            Form::Count(_, most) => format!("a whole number from 1 to {}", count(most.into())),
        }
    }

    /// What `answers` has, as a person writes it: `records, text`, `yes`, `21d`, `4`.
    pub fn written(&self, answers: &Answers) -> String {
        match self.form {
            Form::Data => answers.data.iter().map(Data::word).collect::<Vec<_>>().join(", "),
            Form::Invariant => answers.invariant.word().to_owned(),
            Form::YesNo { access, .. } => if *(access.get)(answers) { "yes" } else { "no" }.to_owned(),
            Form::Span(access, _) => (access.get)(answers).clone(),
            Form::Count(access, _) => (access.get)(answers).to_string(),
        }
    }
}

impl Field {
    /// Reads what a person wrote, as [`Field::written`] writes it, and sets the field. Commas or spaces separate the
    /// words of a list.
    ///
    /// # Errors
    ///
    /// What was expected, with the nearest word where one is near.
    pub fn set(&self, answers: &mut Answers, text: &str, workloads: &[&'static WorkloadSpec]) -> Result<(), String> {
        match self.form {
            Form::Data => answers.data = data(text, &self.choices(workloads))?,
            Form::Invariant => answers.invariant = one(text, &Invariant::ALL, Invariant::word)?,
            Form::YesNo { access, .. } => *(access.set)(answers) = yes(text)?,
            Form::Span(access, longest) => {
                let span = span::read(text)?;
                if span > longest {
                    return Err(format!("expected at most {}", format_span(longest)));
                }
                // A bare zero is a span, and looks like a number.
                *(access.set)(answers) = if span.is_zero() { "0s".to_owned() } else { format_span(span) };
            }
            Form::Count(access, most) => {
                let expected = || format!("expected {}", self.expects(workloads));
                let number = parse_count(text.trim()).and_then(|number| u32::try_from(number).ok());
                let number = number.ok_or_else(expected)?;
                if !(1..=most).contains(&number) {
                    return Err(expected());
                }
                *(access.set)(answers) = number;
            }
        }
        Ok(())
    }
}

/// Kinds of data by their words, or by the workloads that stand for them.
fn data(text: &str, choices: &[Choice]) -> Result<Vec<Data>, String> {
    let words = text.split([',', ' ', '\t']).filter(|word| !word.is_empty());
    let mut known = Vec::new();
    for word in words {
        let data = match stands_for(word) {
            Some(data) => data.clone(),
            None => one(word, choices, |choice| choice.word)?.word.to_owned().into(),
        };
        if !known.contains(&data) {
            known.push(data);
        }
    }
    if known.is_empty() {
        return Err(format!("expected one or more of {}", words_of(choices, |choice| choice.word).join(", ")));
    }
    Ok(known)
}

fn yes(text: &str) -> Result<bool, String> {
    match text.trim().to_lowercase().as_str() {
        "yes" | "y" | "true" => Ok(true),
        "no" | "n" | "false" => Ok(false),
        _ => Err("expected yes or no".to_owned()),
    }
}

/// The one of `all` whose word is written.
fn one<T: Copy>(text: &str, all: &[T], word: fn(T) -> &'static str) -> Result<T, String> {
    let text = text.trim();
    let found = all.iter().find(|one| word(**one).eq_ignore_ascii_case(text));
    found.copied().ok_or_else(|| {
        let words = words_of(all, word);
        let meant = did_you_mean(text, words.iter().map(|word| (*word, ""))).map(|meant| meant + " ");
        let (shown, meant) = (shorten(&plain(text), 40), meant.unwrap_or_default());
        format!("`{shown}`: {meant}expected one of {}", words.join(", "))
    })
}

fn words_of<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|one| word(*one)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ten_questions_ask_for_every_field_but_the_products_name() {
        assert!(QUESTIONS.len() <= 10);
        let asked: BTreeSet<_> = fields().map(|field| field.name.to_owned()).collect();
        let json = serde_json::to_value(Answers::default()).unwrap();
        let mut fields: BTreeSet<_> = json.as_object().unwrap().keys().cloned().collect();
        assert!(fields.remove("product"));
        assert_eq!(asked, fields);
    }

    #[test]
    fn each_access_leads_to_the_field_of_its_name() {
        for field in fields() {
            let mut answers = Answers::default();
            match field.form {
                Form::YesNo { access, .. } => *(access.set)(&mut answers) ^= true,
                Form::Span(access, _) => *(access.set)(&mut answers) = "7s".into(),
                Form::Count(access, _) => *(access.set)(&mut answers) = 7,
                Form::Data => answers.data = vec![Data::Queue],
                Form::Invariant => answers.invariant = Invariant::AllOrNothing,
            }
            let (changed, before) =
                (serde_json::to_value(&answers).unwrap(), serde_json::to_value(Answers::default()).unwrap());
            let differ: Vec<_> =
                changed.as_object().unwrap().iter().filter(|(name, value)| before[*name] != **value).collect();
            assert_eq!(differ.len(), 1, "{}", field.name);
            assert_eq!(differ[0].0, field.name);
            assert_ne!(field.written(&answers), field.written(&Answers::default()));
        }
    }
}
