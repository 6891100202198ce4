//! Small traces, right ones and wrong ones.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;

const ONE: &str = r#"{"startContent": "ab", "endContent": "aXc\n", "txns": [
    {"time": "2020-01-01T00:00:00Z", "patches": [[1, 1, "X"], [2, 0, "c\n"]]}, {"patches": []}]}"#;

const THREE: &str = r#"{"kind": "concurrent", "endContent": ">I 2 3!", "numAgents": 3, "txns": [
    {"parents": [], "numChildren": 3, "agent": 0, "time": "", "patches": [[0, 0, "one two three"]]},
    {"parents": [0], "numChildren": 2, "agent": 0, "time": "", "patches": [[0, 3, "1"]]},
    {"parents": [0], "numChildren": 2, "agent": 1, "time": "", "patches": [[4, 3, "2"]]},
    {"parents": [0], "numChildren": 1, "agent": 2, "time": "", "patches": [[8, 5, "3"]]},
    {"parents": [1, 2, 3], "numChildren": 1, "agent": 2, "time": "", "patches": [[5, 0, "!"]]},
    {"parents": [2, 1], "numChildren": 1, "agent": 1, "time": "", "patches": [[0, 1, "I"]]},
    {"parents": [4, 5], "numChildren": 0, "agent": 0, "time": "", "patches": [[0, 0, ">"]]}]}"#;

fn read(json: &str) -> Result<Trace, TraceError> {
    Trace::from_reader("traces/some.json.gz", json.as_bytes(), Units::CodePoints)
}

fn packed(json: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(json.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// The reason, which must be one line that names the file.
fn refused(contents: &[u8]) -> String {
    let error = Trace::from_reader("traces/some.json", contents, Units::CodePoints).unwrap_err();
    let line = error.to_string();
    assert!(line.starts_with("`traces/some.json`: ") && !line.contains('\n') && line.len() < 500, "{line}");
    error.reason
}

#[test]
fn one_author() {
    let trace = read(ONE).unwrap();
    assert_eq!((trace.name.as_str(), trace.concurrent, trace.txns.len()), ("some", false, 2));
    assert_eq!(trace.schedule, Schedule::sequential(2));
    assert_eq!(trace.clone().first(1).end.as_deref(), Some("aXc\n"));
    assert_eq!(Trace::from_reader("some.json", packed(ONE).as_slice(), Units::CodePoints).unwrap(), trace);
}

#[test]
fn several_authors() {
    let trace = read(THREE).unwrap();
    assert_eq!((trace.concurrent, trace.schedule.clients()), (true, 3));
    let ends = (1..=7).map(|ops| trace.clone().first(ops).end.unwrap());
    let expected =
        ["one two three", "1 two three", "1 2 three", "1 2 3", "1 2 3!", "I 2 3!", ">I 2 3!"].map(String::from);
    assert_eq!(ends.collect::<Vec<_>>(), expected);
}

#[test]
fn concurrent_text_at_one_spot_may_be_in_any_order() {
    let trace = |end: &str| {
        read(&format!(
            r#"{{"kind": "concurrent", "endContent": "{end}", "numAgents": 2, "txns": [
            {{"parents": [], "agent": 0, "patches": [[0, 0, "a"]]}},
            {{"parents": [], "agent": 1, "patches": [[0, 0, "b"]]}}]}}"#
        ))
    };
    for end in ["ab", "ba"] {
        let trace = trace(end).unwrap();
        assert_eq!((trace.end.as_deref(), trace.ties), (Some(end), 1));
        let first = trace.first(1);
        assert_eq!((first.end.as_deref(), first.ties), (Some("a"), 0));
    }
    let error = trace("aa").unwrap_err().reason;
    assert!(error.contains("they differ at character 1") && error.contains("tie between txns 0 and 1"), "{error}");
}

/// The later positions fit only if the tie's text of the first author comes first, or only if that of the second does.
#[test]
fn positions_may_depend_on_the_order_of_a_tie() {
    for (first, second) in [(0, 1), (1, 0)] {
        let json = format!(
            r#"{{"kind": "concurrent", "endContent": "", "numAgents": 2, "txns": [
            {{"parents": [], "agent": {first}, "patches": [[0, 0, "x"]]}},
            {{"parents": [], "agent": {second}, "patches": [[0, 0, "yyy"]]}},
            {{"parents": [0, 1], "agent": {second}, "patches": [[0, 1, ""]]}},
            {{"parents": [0], "agent": {first}, "patches": [[0, 1, ""]]}},
            {{"parents": [2, 3], "agent": {first}, "patches": [[0, 3, ""]]}}]}}"#
        );
        let trace = read(&json).unwrap();
        assert_eq!((trace.end.as_deref(), trace.ties), (Some(""), 1));
        let wrong = refused(json.replace("[[0, 3, ", "[[0, 4, ").as_bytes());
        assert!(
            wrong.starts_with("txn 4: a patch at 0 deletes 4") && wrong.contains("tie between txns 0 and 1"),
            "{wrong}"
        );
    }
}

#[test]
fn a_file_that_is_no_trace_is_rejected() {
    for (json, reason) in [
        ("", "the file is empty"),
        (" \n", "the file is empty"),
        ("no JSON", "line 1 column 2"),
        ("7", "an editing trace: an object with endContent and txns"),
        ("{}", "missing field `endContent`"),
        (r#"{"name": "syncbench", "version": 1}"#, "missing field `endContent`"),
        (r#"{"endContent": ""}"#, "missing field `txns`"),
        (r#"{"endContent": "", "txns": []}"#, "expected at least one txn"),
        (r#"{"endContent": "", "txns": {}}"#, "a list of txns"),
        (r#"{"endContent": 7, "txns": []}"#, "expected a string"),
        (r#"{"endContent": "", "txns": [{"patches": []}, 7]}"#, "txn 1: invalid type: integer `7`, expected a txn"),
        (r#"{"endContent": "", "txns": [{}]}"#, "txn 0: missing field `patches`"),
        (
            r#"{"endContent": "", "txns": [{"patches": [[0, 0]]}]}"#,
            "expected a patch [position, deleted, \"inserted\"]",
        ),
        (r#"{"endContent": "", "txns": [{"patches": [[0, 0, "", 1]]}]}"#, "txn 0: "),
        (r#"{"endContent": "", "txns": [{"patches": [[-1, 0, ""]]}]}"#, "integer `-1`, expected usize"),
        (r#"{"endContent": "", "txns": [{"patches": [[1e99, 0, ""]]}]}"#, "txn 0: "),
        (r#"{"endContent": "", "txns": [{"patches": [[0, 0, 5]]}]}"#, "expected a string"),
        (r#"{"kind": "graph", "endContent": "", "txns": [{"patches": []}]}"#, "kind `graph`"),
        (r#"{"endContent": "", "txns": [{"agent": 1, "patches": []}]}"#, "txn 0: parents and agents belong"),
        (r#"{"endContent": "", "txns": [{"patches": []}]} {}"#, "trailing characters"),
    ] {
        let found = refused(json.as_bytes());
        assert!(found.contains(reason), "{json}: {found}");
    }
    // Quoted input is cut, and stays on one line.
    let long =
        format!(r#"{{"kind": "{}\n", "endContent": "", "txns": [{{"patches": []}}]}}"#, "x\\n".repeat(1_000_000));
    assert!(refused(long.as_bytes()).ends_with("..."));
    refused("[".repeat(1_000_000).as_bytes());
    assert!(Trace::read("no/such/file.json", Units::CodePoints).unwrap_err().reason.contains("cannot be opened"));
    assert!(Trace::read(env!("CARGO_MANIFEST_DIR"), Units::CodePoints).unwrap_err().reason.contains("cannot be"));
}

#[test]
fn positions_must_lie_in_the_text() {
    let one = |patch: &str| refused(ONE.replace(r#"[2, 0, "c\n"]"#, patch).as_bytes());
    assert_eq!(one(r#"[3, 0, "c"]"#), "txn 0: a patch at 3 deletes 0: the text has 2 characters there");
    assert!(one("[1, 2, \"\"]").starts_with("txn 0: a patch at 1 deletes 2"));
    assert!(
        one("[18446744073709551615, 18446744073709551615, \"\"]").starts_with("txn 0: a patch at 18446744073709551615")
    );
    assert!(one("[18446744073709551616, 0, \"\"]").starts_with("txn 0: "));
    assert!(one(r#"[2, 0, "d"]"#).contains("has 3 characters and the recorded end 4: they differ at character 2"));
    let three = |from: &str, to: &str| refused(THREE.replace(from, to).as_bytes());
    assert!(three("[8, 5, ", "[9, 5, ").starts_with("txn 3: a patch at 9 deletes 5: the text has 13 characters"));
    assert!(three(r#"[5, 0, "!"]"#, r#"[6, 0, "!"]"#).starts_with("txn 4: a patch at 6"));
    assert!(three(r#"">I 2"#, r#"">I 3"#).contains("they differ at character 3"));
}

#[test]
fn parents_must_be_earlier_txns() {
    let three = |from: &str, to: &str| refused(THREE.replacen(from, to, 1).as_bytes());
    assert!(three("[1, 2, 3]", "[1, 2, 4]").contains("txn 4: parent 4: expected parents to be earlier"));
    assert!(three("[1, 2, 3]", "[1, 5, 3]").contains("txn 4: parent 5"));
    assert!(three("[1, 2, 3]", "[1, 2, 4294967295]").contains("txn 4: parent 4294967295"));
    assert!(three("[1, 2, 3]", "[1, 2, -3]").contains("txn 4: invalid value"));
    assert!(three("\"agent\": 2", "\"agent\": 3").contains("txn 3: agent 3: expected a number below numAgents"));
    assert!(three("\"agent\": 2, ", "").contains("txn 3: expected parents and an agent"));
    assert!(three("\"numAgents\": 3", "\"numAgents\": 4294967295").contains("expected 1 to 1000"));
    assert!(three("\"numAgents\": 3", "\"numAgents\": 0").contains("expected 1 to 1000"));
    assert!(three("\"numAgents\": 3, ", "").contains("no numAgents"));
    assert!(three("\"numChildren\": 2", "\"numChildren\": 1").contains("txn 1: is the parent of 2 txns"));
    assert!(three("\"kind\": \"concurrent\", ", "").contains("txn 0: parents and agents belong"));
}

#[test]
fn truncated_files_are_rejected() {
    let whole = packed(THREE);
    for end in 3..whole.len() {
        assert!(refused(&whole[..end]).contains("expected whole gzip data"), "{end}");
    }
    for end in 0..THREE.len() {
        refused(&THREE.as_bytes()[..end]);
    }
    let mut damaged = whole;
    let last = damaged.len() - 6;
    damaged[last] ^= 1;
    assert!(refused(&damaged).contains("expected whole gzip data"));
}

#[test]
fn a_decompression_bomb_is_rejected() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let blank = vec![b' '; 1 << 20];
    for _ in 0..=MAX_BYTES >> 20 {
        encoder.write_all(&blank).unwrap();
    }
    assert_eq!(refused(&encoder.finish().unwrap()), "expected at most 256 MiB, unpacked");
}

proptest! {
    #[test]
    fn damage_never_panics(at in 0..THREE.len(), byte in 0u8..128, gone in 0usize..4) {
        let mut bytes = THREE.as_bytes().to_vec();
        bytes[at] = byte;
        bytes.drain(at..(at + gone).min(THREE.len()));
        let _ = Trace::from_reader("some.json", bytes.as_slice(), Units::CodePoints);
    }
}

/// Positions in UTF-16 units, of characters before and behind astral ones, with a tie and with a deletion over one.
const UTF16: &str = r#"{"kind": "concurrent", "startContent": "a\ud83d\ude00b🎈c", "endContent": "a😀xyd", "numAgents": 2, "txns": [
    {"parents": [], "agent": 0, "patches": [[4, 2, ""], [3, 0, "x"]]},
    {"parents": [], "agent": 1, "patches": [[3, 0, "y"]]},
    {"parents": [0, 1], "agent": 0, "patches": [[5, 2, "d"]]}]}"#;

#[test]
fn positions_in_utf16_units_become_code_points() {
    let read = |json: &str| Trace::from_reader("some.json", json.as_bytes(), Units::Utf16);
    let trace = read(UTF16).unwrap();
    let splices = trace.txns.iter().flat_map(|txn| &txn.0).map(|splice| (splice.pos, splice.delete));
    assert_eq!(splices.collect::<Vec<_>>(), [(3, 1), (2, 0), (2, 0), (4, 2)]);
    assert_eq!((trace.end.as_deref(), trace.ties), (Some("a😀xyd"), 1));
    assert_eq!(trace.clone().first(1).end.as_deref(), Some("a😀xbc"));
    let points = Trace::from_reader("some.json", UTF16.as_bytes(), Units::CodePoints).unwrap_err();
    assert!(points.reason.contains("--units utf16"), "{points}");
    for (from, to, words) in [
        ("[4, 2", "[5, 1", ["differ at character 5", "read as UTF-16"]),
        ("[4, 2", "[4, 1", ["differ at character 5", "read as UTF-16"]),
        ("[5, 2", "[6, 2", ["txn 2: a patch at 6", "the text has 7 UTF-16 units there"]),
        ("a😀xyd", "a😀xye", ["differ at character 4", "read as UTF-16"]),
    ] {
        let error = read(&UTF16.replace(from, to)).unwrap_err().reason;
        assert!(words.iter().all(|word| error.contains(word)), "{from}: {error}");
    }
}

#[test]
fn an_end_that_differs_hints_at_utf16() {
    let error =
        refused(r#"{"startContent": "😀ab", "endContent": "😀b", "txns": [{"patches": [[2, 1, ""]]}]}"#.as_bytes());
    assert!(error.contains("differ at character 1; if positions count UTF-16 units"), "{error}");
}

#[test]
fn lone_surrogates_are_read_and_counted() {
    let json = r#"{"startContent": "\udc00", "endContent": "\ud83d\ude00\udc00", "txns": [
        {"patches": [[0, 0, "\ud83d"]]}, {"patches": [[1, 0, "\ude00z"], [2, 1, ""]]}]}"#;
    for units in [Units::CodePoints, Units::Utf16] {
        let trace = Trace::from_reader("some.json", json.as_bytes(), units).unwrap();
        assert_eq!((trace.lone_surrogates, trace.start.as_str()), (3, "\u{FFFD}"));
        assert_eq!(trace.end.as_deref(), Some("\u{FFFD}\u{FFFD}\u{FFFD}"));
        assert_eq!(trace.first(1).end.as_deref(), Some("\u{FFFD}\u{FFFD}"));
    }
}

#[test]
fn a_patch_may_cut_a_surrogate_pair() {
    for (patch, end, converted) in [
        (r#"[1, 1, ""]"#, r"x\ude00y", (1, 1, "\u{FFFD}")),
        (r#"[2, 1, "z"]"#, r"x\ud83dzy", (1, 1, "\u{FFFD}z")),
        (r#"[2, 0, "z"]"#, r"x\ud83dz\ude00y", (1, 1, "\u{FFFD}z\u{FFFD}")),
        (r#"[0, 2, "z"]"#, r"z\ude00y", (0, 2, "z\u{FFFD}")),
        (r#"[2, 0, ""]"#, r"x\ud83d\ude00y", (1, 0, "")),
        // The half that was left goes with the next character, and a half that meets its other half is a pair again.
        (r#"[1, 1, ""], [1, 2, ""]"#, "x", (1, 1, "\u{FFFD}")),
        (r#"[1, 1, ""], [1, 0, "\ud83d"]"#, r"x\ud83d\ude00y", (1, 1, "\u{FFFD}")),
    ] {
        let json = format!(r#"{{"startContent": "x😀y", "endContent": "{end}", "txns": [{{"patches": [{patch}]}}]}}"#);
        let trace = Trace::from_reader("some.json", json.as_bytes(), Units::Utf16).expect(patch);
        let splice = &trace.txns[0].0[0];
        assert_eq!((splice.pos, splice.delete, splice.insert.as_str()), converted, "{patch}");
    }
}

#[test]
fn edits_of_one_author_are_a_trace() {
    let list = r#"[[0, 0, "a", "b"], [1, 1], [1, 0, "c\n"]]"#;
    let expected = ["ab", "a", "ac\n"];
    for written in [
        list.to_owned(),
        format!(r#"{{"edits": {list}, "finalText": "ac\n"}}"#),
        format!("// a paper\nconst edits = {list}\nconst finalText = 'ac\\n'\nmodule.exports = {{edits, finalText}}\n"),
    ] {
        for contents in [written.as_bytes().to_vec(), packed(&written)] {
            let trace = Trace::from_reader("some.js.gz", contents.as_slice(), Units::CodePoints).unwrap();
            assert_eq!((trace.name.as_str(), trace.concurrent, trace.txns.len()), ("some", false, 3));
            for (ops, end) in (1..).zip(expected) {
                assert_eq!(trace.clone().first(ops).end.as_deref(), Some(end));
            }
        }
    }
    for (written, reason) in [
        ("[]", "at least one edit"),
        (r#"{"edits": []}"#, "at least one edit"),
        ("[[0]]", "an edit [position, deleted, \"inserted\", ...]"),
        ("const edits = [[0]]", "an edit [position, deleted, \"inserted\", ...]"),
        ("const edits = [[3, 0, 'a']]", "txn 0: a patch at 3"),
        ("const edits = [[0, 0, 'a']], finalText = 'b'", "they differ at character 0"),
        ("const edits = [[0, 0, 'a'", "cut off"),
    ] {
        let found = refused(written.as_bytes());
        assert!(found.contains(reason), "{written}: {found}");
    }
}
