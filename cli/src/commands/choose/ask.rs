//! The questions on a terminal, and answers in files.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, ErrorKind, IsTerminal, Read, Write};
use std::path::Path;

use anyhow::Context;
use syncbench_harness::workload::WorkloadSpec;
use syncbench_reports::choose::interview::{Interview, Reply};
use syncbench_reports::choose::{Answers, read};

use crate::commands::run::console_width;
use crate::failure::Failure;
use crate::out::eprint;
use crate::written;

/// Most bytes of a line that are read: an answer is a few words.
const LINE: u64 = 4_096;

/// Asks on the terminal; stdout stays free for the decision.
pub(super) fn ask(workloads: &[&'static WorkloadSpec]) -> Result<Answers, Failure> {
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        return Err(Failure::usage(
            "choose: expected --answers FILE where no terminal can ask: lines in TOML such as data = [\"records\"], \
             offline = \"1h\" and refuse = true; what is not answered has its default",
        ));
    }
    let interview = Interview::new(workloads);
    hold(interview, std::io::stdin().lock(), &mut |text| eprint!("{text}"), usize::from(console_width()))
}

/// Holds the dialogue: reads lines, says prompts.
fn hold(
    mut interview: Interview<'_>,
    mut input: impl BufRead,
    say: &mut dyn FnMut(&str),
    width: usize,
) -> Result<Answers, Failure> {
    loop {
        if let Some(answers) = interview.answers() {
            return Ok(answers.clone());
        }
        say(&interview.prompt(width));
        let mut line = Vec::new();
        (&mut input).take(LINE).read_until(b'\n', &mut line).context("the terminal")?;
        if line.is_empty() {
            say("\n");
            return Err(Failure::usage(
                "choose: the input ended before the last question; expected --answers FILE, or a line for each question",
            ));
        }
        if let Reply::Say(said) = interview.reply(&String::from_utf8_lossy(&line), width) {
            say(&said);
        }
    }
}

/// The answers in a file, and what it leaves out in a sentence.
pub(super) fn read(path: &Path, workloads: &[&'static WorkloadSpec]) -> Result<(Answers, Option<String>), Failure> {
    let wrong = |error: std::io::Error| {
        Failure::usage(format!("--answers {}: {error}; expected a file of answers in TOML", path.display()))
    };
    let mut bytes = Vec::new();
    // One more than are allowed tells a file that is too large, or has no end.
    let most = read::MOST_BYTES as u64 + 1;
    File::open(path).map_err(wrong)?.take(most).read_to_end(&mut bytes).map_err(wrong)?;
    let (answers, left_out) = read::given(&bytes, &path.display().to_string(), workloads).map_err(Failure::usage)?;
    let taken = read::taken(&answers, &left_out);
    Ok((answers, taken))
}

/// Refuses a file that exists, before anything is asked.
pub(super) fn unsaved(path: &Path) -> Result<(), Failure> {
    if path.exists() { Err(exists(path)) } else { Ok(()) }
}

fn exists(path: &Path) -> Failure {
    Failure::usage(format!("--save-answers {}: it exists; expected a new file", path.display()))
}

/// Writes answers into a new file.
pub(super) fn save(path: &Path, answers: &Answers, program: &str) -> Result<(), Failure> {
    let wrong = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => exists(path),
        _ => written::failed(error, "a new file in a folder that exists")
            .at(format!("--save-answers {}", path.display())),
    };
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(wrong)?;
    file.write_all(read::write(answers, program).as_bytes()).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use syncbench_harness::workloads::WORKLOADS;

    use super::*;

    #[test]
    fn a_dialogue_over_plain_input_gives_the_answers() {
        let lines = &b"Forms\nstock\n0\ny\n2\n\n\n\n\n\n\n\n\n"[..];
        let mut said = String::new();
        let answers =
            hold(Interview::new(WORKLOADS), lines, &mut |text| said += text, 80).unwrap_or_else(|_| panic!("{said}"));
        assert_eq!((answers.product.as_str(), answers.refuse), ("Forms", true));
        assert!(said.contains("10. Do users undo"), "{said}");
    }

    #[test]
    fn an_input_that_ends_early_and_hostile_bytes_are_no_answers() {
        for bytes in [&b""[..], b"Forms\nstock\n", &[0xff; 10_000], &[b'\n', 0x1b, b'[', b'2', b'J', b'\n']] {
            let mut said = String::new();
            assert!(matches!(
                hold(Interview::new(WORKLOADS), bytes, &mut |text| said += text, 80),
                Err(Failure::Usage(_))
            ));
            assert!(!said.contains('\u{1b}'));
        }
    }
}
