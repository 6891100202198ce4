//! The questions as a dialogue: what to print, and what becomes of each line that is typed. The caller prints and reads.

use std::time::Duration;

use syncbench_harness::workload::WorkloadSpec;

use super::answers::Answers;
use super::questions::{Choice, Field, Form, QUESTIONS};
use super::read;
use crate::format::{plain, wrap};

/// A dialogue under way: the product's name first, then each field of each question.
#[derive(Clone)]
pub struct Interview<'w> {
    /// Those of the catalog.
    workloads: &'w [&'static WorkloadSpec],
    answers: Answers,
    /// Answers given so far.
    given: usize,
}

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It was taken, or leads elsewhere: the next prompt comes.
    Taken,
    /// It was a question, or wrong: what to say before the prompt is printed again.
    Say(String),
}

impl<'w> Interview<'w> {
    /// A dialogue that begins; `workloads` are those of the catalog.
    pub fn new(workloads: &'w [&'static WorkloadSpec]) -> Self {
        Self { workloads, answers: Answers::default(), given: 0 }
    }

    /// The answers, once every question has one.
    pub fn answers(&self) -> Option<&Answers> {
        (self.given > steps().count()).then_some(&self.answers)
    }

    /// What to print now, in lines of at most `width` characters: a question where one begins, and what can be typed. The
    /// last line is the prompt, without a line's end.
    pub fn prompt(&self, width: usize) -> String {
        let Some(place) = self.given.checked_sub(1) else {
            return wrap(
                &format!(
                    "{} questions. Enter takes what stands in brackets, ? says why a question is asked, < goes back.",
                    QUESTIONS.len()
                ),
                width,
                "",
            ) + "\nThe product's name: ";
        };
        let Some((number, first, field)) = steps().nth(place) else { return String::new() };
        let mut text = String::new();
        if first {
            text += &format!("\n{}", wrap(&format!("{number}. {}", QUESTIONS[number - 1].ask), width, ""));
        }
        let choices = field.choices(self.workloads);
        let widest = choices.iter().map(|choice| choice.word.len()).max().unwrap_or(0);
        for (index, choice) in choices.iter().enumerate() {
            let key = match field.form {
                Form::YesNo { .. } => choice.word[..1].to_owned(),
                _ => (index + 1).to_string(),
            };
            text += &format!("   {key}  {:<widest$}  {}\n", choice.word, choice.meaning);
        }
        let such = match field.form {
            Form::Data => ", one or more",
            Form::Span(_, longest) if longest > Duration::from_secs(3_600) => ", such as 90s, 1h or 21d",
            Form::Span(..) => ", such as 20ms or 1s",
            _ => "",
        };
        text + format!("   {}{such} [{}]: ", field.label, field.written(&self.answers)).as_str()
    }

    /// Takes a line.
    pub fn reply(&mut self, line: &str, width: usize) -> Reply {
        let line = plain(line);
        let line = line.trim();
        match line {
            "<" => {
                self.given = self.given.saturating_sub(1);
                return Reply::Taken;
            }
            "?" => return Reply::Say(wrap(self.why(), width, "   ")),
            _ => {}
        }
        let step = self.given.checked_sub(1).and_then(|place| steps().nth(place));
        let mut taken = match step {
            _ if line.is_empty() => Ok(()),
            None => read::product(line).map(|name| self.answers.product = name),
            Some((_, _, field)) => {
                field.set(&mut self.answers, &words(&field.choices(self.workloads), field, line), self.workloads)
            }
        };
        if step.is_some_and(|(_, _, field)| matches!(field.form, Form::Invariant)) {
            taken = taken.and_then(|()| self.answers.check());
        }
        match taken {
            Ok(()) => {
                self.given += 1;
                Reply::Taken
            }
            Err(reason) => Reply::Say(wrap(&reason, width, "   ")),
        }
    }

    fn why(&self) -> &'static str {
        match self.given.checked_sub(1).and_then(|place| steps().nth(place)) {
            Some((number, ..)) => QUESTIONS[number - 1].why,
            None => "The name stands in the record and in the name of its folder; nothing else depends on it.",
        }
    }
}

/// Every field with the number of its question, and whether it is the first one there.
fn steps() -> impl Iterator<Item = (usize, bool, &'static Field)> {
    let numbered = QUESTIONS.iter().zip(1..);
    numbered.flat_map(|(question, number)| {
        question.fields.iter().enumerate().map(move |(index, field)| (number, index == 0, field))
    })
}

/// A line with the words of choices in place of their numbers.
fn words(choices: &[Choice], field: &Field, line: &str) -> String {
    if !matches!(field.form, Form::Data | Form::Invariant) {
        return line.to_owned();
    }
    let word = |typed: &str| {
        let place = typed.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        place.and_then(|place| choices.get(place)).map_or_else(|| typed.to_owned(), |choice| choice.word.to_owned())
    };
    line.split([',', ' ']).filter(|typed| !typed.is_empty()).map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use syncbench_harness::workloads::WORKLOADS;

    use super::super::answers::{Data, Invariant};
    use super::*;

    /// What was printed, and the answers if the lines were enough.
    fn held(lines: &[&str]) -> (String, Option<Answers>) {
        let (mut interview, mut printed) = (Interview::new(WORKLOADS), String::new());
        for line in lines {
            assert_eq!(interview.answers(), None, "{line}");
            printed += &interview.prompt(80);
            printed += &format!("{line}\n");
            if let Reply::Say(said) = interview.reply(line, 80) {
                printed += &said;
            }
        }
        (printed, interview.answers().cloned())
    }

    #[test]
    fn enter_takes_the_defaults() {
        let (printed, answers) = held(&[""; 13]);
        assert_eq!(answers, Some(Answers::default()));
        assert!(printed.lines().all(|line| line.chars().count() <= 80), "{printed}");
    }

    #[test]
    fn numbers_letters_and_words_are_answers() {
        let lines = ["Forms", "1, 3 stock", "3 weeks", "y", "2", "no", "", "n", "", "120ms", "6", "yes", ""];
        let expected = Answers {
            product: "Forms".into(),
            data: vec![Data::Records, Data::Text, Data::Stock],
            offline: "21d".into(),
            refuse: true,
            invariant: Invariant::NoOversell,
            overwrite: false,
            round_trip: "120ms".into(),
            people: 6,
            undo: true,
            ..Answers::default()
        };
        assert_eq!(held(&lines).1, Some(expected));
    }

    #[test]
    fn a_wrong_answer_says_what_was_expected_and_is_asked_again() {
        let (printed, answers) = held(&["Forms", "texts", "12", "?", "text", "soon", "1h", "<", "2h"]);
        assert_eq!(answers, None);
        for said in
            ["did you mean", "`12`: expected one of", "Each kind is measured by", "expected a span with its unit"]
        {
            assert!(printed.contains(said), "{said}: {printed}");
        }
        assert!(printed.contains("or 21d [1h]: 2h"), "{printed}");
    }

    #[test]
    fn an_invariant_without_its_data_is_asked_again() {
        let (printed, answers) = held(&["", "text", "", "", "no-oversell", "", "1", "", "", "", "", "", "", "", ""]);
        assert!(printed.contains("add stock to data, or answer none"), "{printed}");
        assert_eq!(answers.unwrap().invariant, Invariant::None);
    }

    #[test]
    fn the_dialogue_reads_like_this() {
        let lines = ["Form builder", "records", "?", "", "y", "", "", "", "", "", "", "", "", ""];
        insta::assert_snapshot!(held(&lines).0);
    }

    #[test]
    fn hostile_lines_are_answered() {
        let mut interview = Interview::new(WORKLOADS);
        for line in ["\u{1b}[2J", "\0", &"x".repeat(100_000), "<", "<", "<", "9999999999999999999999", "🦀, 🦀", ""]
        {
            interview.reply(line, 80);
            interview.prompt(1);
        }
    }
}
