//! What a run will do and for how long, before it does it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;
use syncbench_harness::run::{Estimate, estimate};
use syncbench_harness::scenario::{LeftOut, Outline, Plan};
use syncbench_reports::format::{count, list, plural};
use syncbench_strategies::document::Digest;

/// Most strategies that are named where they are left out.
const NAMES: usize = 3;

/// What a run will do.
#[derive(Serialize)]
pub(crate) struct Preview {
    parts: Vec<Outline>,
    cells: usize,
    /// Cells of these that an earlier run has measured.
    done: usize,
    threads: usize,
    /// Seconds that running the cells takes, and seconds that drawing takes.
    about_s: f64,
    /// Cells that were timed for the estimate.
    timed: usize,
    left_out: Vec<LeftOut>,
    notes: Vec<String>,
    advice: Vec<String>,
}

impl Preview {
    /// The preview of a whole plan, after which only the cells that are not `finished` are left in it; a few of these are
    /// timed.
    pub(crate) fn new(plan: &mut Plan, finished: &BTreeSet<Digest>, left_out: &[LeftOut], threads: usize) -> Self {
        let (parts, advice, cells) = (plan.outline(), plan.advice(), plan.cells.len());
        plan.cells.retain(|cell| !finished.contains(&cell.id(cell.build)));
        let Estimate { total, timed } = estimate(&plan.cells, threads);
        Self {
            parts,
            cells,
            done: cells - plan.cells.len(),
            threads,
            about_s: total.as_secs_f64() + drawing(cells),
            timed,
            left_out: left_out.to_vec(),
            notes: plan.notes.clone(),
            advice,
        }
    }

    /// What will run and for how long, a line for each kind of part; notes and advice are other lines.
    pub(crate) fn plan(&self) -> String {
        let mut kinds: Vec<(Vec<&str>, String, usize)> = Vec::new();
        for part in &self.parts {
            let said = product(part);
            match kinds.iter_mut().find(|(_, known, cells)| *known == said && *cells == part.cells) {
                Some((names, ..)) => names.push(&part.part),
                None => kinds.push((vec![&part.part], said, part.cells)),
            }
        }
        let lines: Vec<String> = kinds
            .iter()
            .map(|(names, said, cells)| {
                let each = if names.len() > 1 { " each" } else { "" };
                format!("{}: {said} = {}{each}\n", list(names, names.len()), plural(*cells, "cell"))
            })
            .collect();
        let cells = match self.done {
            0 => plural(self.cells, "cell"),
            done => {
                let (done, rest) = (count(done as u64), count((self.cells - done) as u64));
                format!("{}, {done} done, {rest} to run", plural(self.cells, "cell"))
            }
        };
        let threads = plural(self.threads, "thread");
        format!("{}{cells}, {} on {threads}\n", lines.concat(), about(Duration::from_secs_f64(self.about_s)))
    }

    /// Strategies that are left out, notes and advice, a line each.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let left_out = lacking(&self.left_out).into_iter().map(|line| format!("left out: {line}"));
        let notes = self.notes.iter().map(|note| format!("note: {note}"));
        let advice = self.advice.iter().map(|line| format!("warning: {line}"));
        left_out.chain(notes).chain(advice).collect()
    }
}

/// Seconds that drawing takes on one core, by the cells of the plan. The page and the charts of the default comparison, 3,360
/// cells, take 3.5 s of processor time; those of 90 cells half a second.
fn drawing(cells: usize) -> f64 {
    0.4 + 0.001 * cells as f64
}

/// Why strategies are left out, a line for each reason, and what else could be asked for.
pub(crate) fn lacking(left_out: &[LeftOut]) -> Vec<String> {
    let mut alike: Vec<(&[&'static str], Vec<&str>)> = Vec::new();
    for one in left_out {
        match alike.iter_mut().find(|(missing, _)| *missing == one.missing) {
            Some((_, names)) => names.push(&one.strategy),
            None => alike.push((&one.missing, vec![&one.strategy])),
        }
    }
    let lines = alike.iter().map(|(missing, names)| format!("{} ({})", names.join(", "), missing.join("; ")));
    let meshes: Vec<&str> = left_out.iter().filter_map(|one| one.mesh.as_deref()).collect();
    let meshes = (!meshes.is_empty()).then(|| format!("a mesh would do: --strategy {}", meshes.join(",")));
    lines.chain(meshes).collect()
}

/// `14 strategies x 9 workloads x 10 seeds`: what a part multiplies.
fn product(part: &Outline) -> String {
    let named = |names: &[String], word: &str| match names {
        [one] => one.clone(),
        many => plural(many.len(), word),
    };
    let mut factors = vec![named(&part.strategies, "strategy"), named(&part.workloads, "workload")];
    if part.networks.len() > 1 {
        factors.push(format!("({})", list(&part.networks, NAMES)));
    }
    if part.sizes > 1 {
        factors.push(plural(part.sizes, "size"));
    }
    let seeds: Vec<String> = part.seeds.iter().map(u64::to_string).collect();
    factors.push(match seeds.as_slice() {
        [one] => format!("seed {one}"),
        many => plural(many.len(), "seed"),
    });
    factors.join(" x ")
}

/// A span as people say it: `about 25 s`, `about 4 min`, `less than a second`.
pub(crate) fn about(span: Duration) -> String {
    let seconds = span.as_secs_f64();
    let rounded = |value: f64| if value < 10.0 { value.round() } else { (value / 5.0).round() * 5.0 };
    match seconds {
        _ if seconds < 1.0 => "less than a second".to_owned(),
        _ if seconds < 90.0 => format!("about {:.0} s", rounded(seconds)),
        _ if seconds < 90.0 * 60.0 => format!("about {:.0} min", rounded(seconds / 60.0)),
        _ if seconds < 48.0 * 3600.0 => format!("about {:.0} h", rounded(seconds / 3600.0)),
        _ => format!("about {} days", count((seconds / 86_400.0).round() as u64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncbench_harness::scenario::default_comparison;

    #[test]
    fn a_span_is_said_as_people_say_it() {
        let said = |seconds: f64| about(Duration::from_secs_f64(seconds));
        let spans = [0.2, 1.4, 23.0, 89.0, 240.0, 7200.0, 1e6].map(said);
        let expected = [
            "less than a second",
            "about 1 s",
            "about 25 s",
            "about 90 s",
            "about 4 min",
            "about 2 h",
            "about 12 days",
        ];
        assert_eq!(spans, expected);
    }

    #[test]
    fn the_default_comparison_is_told_in_three_lines() {
        let plan = Plan::new(default_comparison()).unwrap();
        let preview = Preview {
            parts: plan.outline(),
            cells: plan.cells.len(),
            done: 0,
            threads: 2,
            about_s: 25.0,
            timed: 9,
            left_out: Vec::new(),
            notes: Vec::new(),
            advice: Vec::new(),
        };
        let text = preview.plan();
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(
            text.starts_with("calm and rough: ") && text.contains(" strategies x 9 workloads x 10 seeds = "),
            "{text}"
        );
        assert!(text.contains("\ngrowth: ") && text.contains("x 2 workloads x 3 sizes x 10 seeds"), "{text}");
        assert!(text.ends_with(" cells, about 25 s on 2 threads\n"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}
