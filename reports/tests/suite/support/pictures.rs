//! Charts that are not drawn from results: their data, at the edges too.
use syncbench_reports::draw::flip::{Flip, FlipLine};
use syncbench_reports::draw::ratio::{Mark, RatioRow, Ratios};

/// Three strategies over six round trips; the proposal changes twice.
pub fn flip() -> Flip {
    let line = |strategy: &str, family: &str, figures: [f64; 6]| FlipLine {
        strategy: strategy.into(),
        family: family.into(),
        points: TRIPS.into_iter().zip(figures).collect(),
    };
    let proposals = ["serial", "serial", "ot", "ot", "ot", "crdt-yrs"];
    Flip {
        title: "Where the answer changes: round trip".into(),
        about: "Worst echo p99 of the candidates over the round trip. Each shaded or plain stretch has one proposal."
            .into(),
        axis: "round trip, ms".into(),
        figure: "echo p99, ms".into(),
        lines: vec![
            line("serial", "serial", [9.0, 20.0, 44.0, 88.0, 170.0, 340.0]),
            line("ot", "ot", [3.0, 3.0, 3.1, 3.0, 3.2, 190.0]),
            line("crdt-yrs", "crdt", [3.0, 3.0, 3.0, 3.0, 3.0, 3.0]),
            line("crdt-automerge", "crdt", [3.0, 3.0, 3.1, 3.0, 3.1, 3.1]),
        ],
        proposals: TRIPS.into_iter().zip(proposals.map(|name| Some(name.to_owned()))).collect(),
        here: Some(40.0),
    }
}

const TRIPS: [f64; 6] = [5.0, 20.0, 40.0, 80.0, 160.0, 320.0];

/// Ten ratios of two workloads.
pub fn ratios() -> Ratios {
    let row = |heading: &str, label: &str, ratio: f64, interval, mark, note: &str| RatioRow {
        heading: heading.into(),
        label: label.into(),
        ratio,
        interval,
        mark,
        note: note.into(),
    };
    Ratios {
        title: "Candidate over baseline".into(),
        about: "A ratio of 1 means no change. Lines are 95 % intervals, corrected for the number of comparisons."
            .into(),
        axis: "candidate over baseline".into(),
        rows: vec![
            row("stack (calm)", "ot: visible_ms p99", 1.31, Some((1.22, 1.4)), Mark::Worse, "120 to 157 ms"),
            row("stack (calm)", "serial: ops_per_cpu_s", 1.1, Some((1.06, 1.14)), Mark::Better, "41k to 45k"),
            row("stack (calm)", "crdt-yrs: resident_bytes", 1.0, Some((0.97, 1.03)), Mark::Same, "84 KiB"),
            row("text (rough)", "ot: messages_per_op", 0.84, Some((0.82, 0.86)), Mark::Changed, "4 to 3.4"),
            row("text (rough)", "crdt-automerge: wire_bytes_per_op", 0.62, None, Mark::Better, "690 to 428 B"),
        ],
    }
}

/// Nothing, one point, hostile names, figures that are none, extremes, and a great many.
pub fn edges() -> Vec<(Flip, Ratios)> {
    let (flip, ratios) = (flip(), ratios());
    let mut cases = vec![(Flip::default(), Ratios::default())];
    let mut one = (flip.clone(), ratios.clone());
    one.0.lines.truncate(1);
    one.0.lines[0].points.truncate(1);
    one.0.proposals = vec![(5.0, None)];
    one.1.rows.truncate(1);
    cases.push(one);
    let mut extreme = (flip.clone(), ratios.clone());
    let values = [f64::NAN, f64::INFINITY, 0.0, -1.0, 1e-9, 1e12, 1e300, 5e-324];
    for (index, row) in extreme.1.rows.iter_mut().enumerate() {
        row.ratio = values[index % values.len()];
        row.interval = Some((values[(index + 1) % values.len()], values[(index + 2) % values.len()]));
        row.label = "<script>\u{1b}[31m ".repeat(20);
    }
    for (index, line) in extreme.0.lines.iter_mut().enumerate() {
        line.points.iter_mut().enumerate().for_each(|(n, point)| {
            *point = (values[(index + n) % values.len()], values[(index * 3 + n + 1) % values.len()]);
        });
        line.strategy = format!("{}{index}", "long name ".repeat(20));
    }
    extreme.0.proposals = values.map(|value| (value, Some("long name ".repeat(20)))).to_vec();
    extreme.0.here = Some(f64::NAN);
    cases.push(extreme);
    let mut many = (flip, ratios);
    many.0.lines = (0..17)
        .map(|n| FlipLine {
            strategy: format!("strategy-{n}"),
            family: format!("family-{}", n % 7),
            points: (1..20).map(|value| (f64::from(value), f64::from(n / 3 * value))).collect(),
        })
        .collect();
    many.0.proposals = (1..20).map(|value| (f64::from(value), Some(format!("strategy-{}", value % 5)))).collect();
    many.1.rows = many.1.rows.iter().cycle().take(1000).cloned().collect();
    cases.push(many);
    cases
}
