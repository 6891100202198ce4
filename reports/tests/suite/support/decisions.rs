//! Decisions made up for the tests of their record.

use syncbench_harness::explore::Severity;
use syncbench_reports::choose::answers::{Answers, Data};
use syncbench_reports::choose::decision::{
    Candidate, Decision, Evidence, Explained, Figure, Flip, FlipStep, Mix, Other, Proposal, Shown, Veto, Vetoed,
};
use syncbench_reports::choose::possible::{Explored, Possible, Shortest};

fn texts(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

fn missing(answer: &str, reason: &str) -> Veto {
    Veto {
        answer: answer.into(),
        reason: reason.into(),
        evidence: None,
        shown: Some(Shown {
            says: "in one run somebody waited 9 s to see their own change".into(),
            replay: "syncbench run --strategy serial --workload record --fault partition --seeds 1".into(),
        }),
    }
}

fn evidence(kind: &str, count: u64, example: &str, strategy: &str) -> Evidence {
    let replay = format!(
        "syncbench run --strategy {strategy} --workload record --network custom:delay=20ms,jitter=5ms,loss=1% --size 20 \
         --clients 6 --ops 400 --rate 12 --seeds 3"
    );
    Evidence { kind: kind.into(), count, of: 4_000, example: example.into(), replay, story: Vec::new() }
}

fn fired(strategy: &str, count: u64) -> Veto {
    let example = "c2.14: \"Nobel\" was confirmed, and c1 replaced it with \"Noble\" without having seen it";
    Veto {
        answer: "overwrite".into(),
        reason: format!("{count} of 4,000 operations were replaced by users who had not seen them"),
        evidence: Some(evidence("write lost", count, example, strategy)),
        shown: None,
    }
}

fn vetoed(strategy: &str, family: &str, reasons: Vec<Veto>) -> Vetoed {
    Vetoed { strategy: strategy.into(), family: family.into(), reasons }
}

fn figure(name: &str, unit: &str, (low, value, high): (f64, f64, f64), told: bool) -> Figure {
    Figure {
        name: name.into(),
        unit: unit.into(),
        metric: name.replace(' ', "_"),
        less_is_better: true,
        axis: name != "client memory",
        value: Some(value),
        low: Some(low),
        high: Some(high),
        told_from_best: told,
        of: name.starts_with("not kept").then_some(4_000),
        below: None,
    }
}

fn figures(
    kept: (f64, f64, f64),
    echo: (f64, f64, f64),
    visible: (f64, f64, f64),
    bytes: f64,
    told: bool,
) -> Vec<Figure> {
    vec![
        figure("not kept", "per 1,000 ops", kept, told),
        figure("echo p99", "ms", echo, echo.1 > 1.0),
        figure("visible p99", "ms", visible, true),
        figure("traffic", "B per op", (bytes, bytes, bytes), true),
        figure("client memory", "KiB", (17.0, 18.0, 19.0), false),
    ]
}

fn candidate(strategy: &str, family: &str, figures: Vec<Figure>) -> Candidate {
    Candidate {
        strategy: strategy.into(),
        family: family.into(),
        on_front: true,
        figures,
        dominated_by: Vec::new(),
        worst: None,
        possible: Vec::new(),
        consequences: texts(&[
            "Saved means: the server has it.",
            "Moves in lists are emulated: removed and inserted again.",
            "Memory grows while a client is away: the server keeps every operation for it.",
        ]),
    }
}

/// On records a rename can be lost.
fn renamed(strategy: &str) -> Possible {
    let worst = Shortest {
        kind: "rename lost".into(),
        severity: Severity::Lost,
        ops: 2,
        actions: "client 1: rename; client 2: move; neither has seen the other's".into(),
        example: "c1.1: the title \"a\" is gone".into(),
        story: texts(&["1  client 1 renames k0", "2  client 2 moves k0", "3  server orders c2.1"]),
    };
    let explored = Explored { ops: 3, clients: 2, schedules: 1_593_256, defaults: false, worst: Some(worst) };
    let command = format!("syncbench explore -s {strategy} -w record --schedule c1=rename,c2=move,c2>s");
    possible("records", "record", strategy, Some(explored), command)
}

/// Lists are safe within the bound.
fn none(strategy: &str) -> Possible {
    let schedules = if strategy == "serial" { 740_352 } else { 219_656 };
    let explored = Explored { ops: 3, clients: 2, schedules, defaults: strategy != "serial", worst: None };
    possible("lists", "kanban", strategy, Some(explored), String::new())
}

/// Texts were not explored.
fn unexplored(strategy: &str) -> Possible {
    possible("text", "text", strategy, None, format!("syncbench explore -s {strategy} -w text"))
}

fn possible(data: &str, workload: &str, strategy: &str, explored: Option<Explored>, command: String) -> Possible {
    Possible { data: data.into(), workload: workload.into(), strategy: strategy.into(), explored, command }
}

/// A form builder that must be able to refuse.
pub fn forms() -> Decision {
    let no_refusal = || missing("refuse", "no server decides, so nobody can refuse an operation");
    let mut optimistic = candidate(
        "serial-optimistic",
        "serial",
        figures((9.0, 12.0, 15.0), (0.0, 0.0, 0.0), (88.0, 96.0, 110.0), 212.0, false),
    );
    let mut worst = evidence("rename lost", 3, "c3.7: the title \"Step 2\" is gone after a move", "serial-optimistic");
    worst.story = texts(&[
        "0 ms     Ada renames question 3 to \"Step 2\"; her screen shows it",
        "12 ms    Ben moves question 3 to the end",
        "40 ms    the server takes Ben's move first",
        "52 ms    the server takes Ada's rename, which finds another question at place 3",
        "92 ms    Ada sees \"Step 2\" at question 4",
    ]);
    optimistic.worst = Some(worst);
    let mut serial =
        candidate("serial", "serial", figures((9.0, 12.0, 15.0), (80.0, 84.0, 90.0), (84.0, 90.0, 99.0), 96.0, false));
    let mut patches = candidate(
        "serial-patches",
        "serial",
        figures((20.0, 25.0, 31.0), (0.0, 0.0, 0.0), (90.0, 98.0, 115.0), 230.0, true),
    );
    for one in [&mut serial, &mut optimistic] {
        let label = one.strategy.clone();
        one.possible = vec![renamed(&label), none(&label), unexplored(&label)];
    }
    patches.on_front = false;
    patches.dominated_by = texts(&["serial-optimistic"]);
    Decision {
        answers: Answers {
            product: "Form builder".into(),
            data: vec![Data::Records, Data::Lists, Data::Text],
            offline: "1h".into(),
            refuse: true,
            order: true,
            round_trip: "80ms".into(),
            people: 6,
            undo: true,
            ..Answers::default()
        },
        conditions: texts(&[
            "6 clients over legs of 40 ms with 5 ms of jitter and 1 % of packets lost.",
            "One client is away for 1 hour of 1.2 hours; the others make 12 operations a second, scaled to 400 in all.",
        ]),
        seeds: 10,
        build: "syncbench 0.1.0 (574f451), release".into(),
        program: "syncbench".into(),
        vetoed: vec![
            vetoed("crdt-automerge", "crdt", vec![no_refusal(), fired("crdt-automerge", 41)]),
            vetoed("crdt-yrs", "crdt", vec![no_refusal()]),
            vetoed("lww-property", "lww", vec![fired("lww-property", 381), no_refusal()]),
            vetoed("lww-document", "lww", vec![fired("lww-document", 1_204)]),
            vetoed("ot", "ot", vec![missing("undo", "undo of a move is not carried")]),
            vetoed("presence", "ephemeral", vec![missing("data", "what a user did goes when the user does")]),
        ],
        candidates: vec![serial, optimistic, patches],
        proposal: Some(Proposal {
            strategy: "serial-optimistic".into(),
            equals: texts(&["serial-cas:text=replanned"]),
            because: texts(&[
                "The seeds tell no candidate with fewer operations that are not kept: 12 per 1,000 (9–15).",
                "Own changes are on screen at once, where serial takes 84 ms at the 99th percentile.",
            ]),
            otherwise: texts(&[
                "serial, if 84 ms between a keystroke and the screen are fine: 96 B per operation instead of 212.",
            ]),
        }),
        relax: Vec::new(),
        mix: Some(Mix {
            strategy: "hybrid:text=ot".into(),
            parts: vec![
                ("titles and help texts".into(), "ot".into()),
                ("everything else".into(), "serial-optimistic".into()),
            ],
            better: false,
            because: texts(&["10 seeds do not tell it from serial-optimistic in what is not kept."]),
            figures: figures((8.0, 11.0, 15.0), (0.0, 0.0, 0.0), (90.0, 99.0, 113.0), 240.0, false),
            possible: Vec::new(),
        }),
        others: ["hybrid:text=text-ids,rest=serial", "hybrid:text=ot,rest=serial"]
            .map(|label| Other { strategy: label.into(), why: "echo p99: 84 ms, and 0 with serial-optimistic".into() })
            .to_vec(),
        labels: vec![
            Explained {
                terms: texts(&["text=ot", "text=text-ids"]),
                of: texts(&["hybrid"]),
                labels: texts(&["hybrid:text=ot", "hybrid:text=ot,rest=serial", "hybrid:text=text-ids,rest=serial"]),
                says: "the strategy for texts; ot as in Livebook".into(),
            },
            Explained {
                terms: texts(&["text=replanned"]),
                of: texts(&["serial-cas"]),
                labels: texts(&["serial-cas:text=replanned"]),
                says: "what a refused write of a text does: the operation is planned again".into(),
            },
        ],
        flips: vec![
            Flip {
                axis: "round trip".into(),
                unit: "ms".into(),
                at: 80.0,
                steps: [(10.0, "serial"), (20.0, "serial"), (40.0, "serial-optimistic"), (80.0, "serial-optimistic")]
                    .map(|(value, proposal)| FlipStep {
                        value,
                        proposal: Some(proposal.into()),
                        figures: vec![("serial".into(), value * 1.05), ("serial-optimistic".into(), 0.0)],
                        figure: "echo p99, ms".into(),
                    })
                    .to_vec(),
                between: Some((20.0, 40.0)),
                says: "Below a round trip between 20 and 40 ms, serial is proposed: its echo is no longer noticed."
                    .into(),
            },
            Flip {
                axis: "people".into(),
                unit: "".into(),
                at: 6.0,
                steps: Vec::new(),
                between: None,
                says: "From 2 to 24 people the proposal stays.".into(),
            },
        ],
        caveats: texts(&[
            "Texts are short here: long_text is no.",
            "crdt-loro and crdt-diamond are not compiled in: build with --features full.",
        ]),
        map: "the map of this build, made by syncbench 0.1.0".into(),
    }
}

/// Answers for which nothing is safe.
pub fn unsafe_answers() -> Decision {
    let mut decision = forms();
    decision.answers.product = "Ticket kiosk".into();
    decision.answers.peers = true;
    let server = || vec![missing("peers", "it needs a server")];
    let gone: Vec<_> = decision.candidates.drain(..).map(|one| vetoed(&one.strategy, &one.family, server())).collect();
    decision.vetoed.extend(gone);
    decision.proposal = None;
    decision.relax = texts(&[
        "If clients always have a server of the product (peers: no), these remain: serial, serial-optimistic, serial-patches",
    ]);
    decision.mix = None;
    decision.others.clear();
    decision.flips.truncate(1);
    decision.flips[0].says = "With a server of the product (peers = no), serial-optimistic is safe.".into();
    decision
}

/// Nothing at all.
pub fn empty() -> Decision {
    Decision {
        answers: Answers::default(),
        conditions: Vec::new(),
        seeds: 0,
        build: String::new(),
        program: "syncbench".into(),
        vetoed: Vec::new(),
        candidates: Vec::new(),
        proposal: None,
        relax: Vec::new(),
        mix: None,
        others: Vec::new(),
        labels: Vec::new(),
        flips: Vec::new(),
        caveats: Vec::new(),
        map: String::new(),
    }
}

/// The same decision with this in every text.
pub fn hostile(text: &str) -> Decision {
    fn spoil(value: &mut serde_json::Value, text: &str) {
        match value {
            serde_json::Value::String(old) => old.push_str(text),
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| spoil(item, text)),
            serde_json::Value::Object(fields) => {
                fields
                    .iter_mut()
                    .filter(|(name, _)| !["answers", "severity"].contains(&name.as_str()))
                    .for_each(|(_, item)| spoil(item, text));
            }
            _ => {}
        }
    }
    let mut json = serde_json::to_value(forms()).expect("plain data");
    spoil(&mut json, text);
    let mut decision: Decision = serde_json::from_value(json).expect("the same form");
    decision.answers.product = format!("Forms{text}");
    decision
}
