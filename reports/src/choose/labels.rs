//! What the parameters in labels mean, in the words of the specs.

use syncbench_strategies::spec::Spec;

use super::decision::{Decision, Explained};

/// What stands between the strategies of a mix in which each has a connection.
pub const APART: &str = " + ";

/// Explains every parameter in the labels of a decision, and every mix.
pub fn explained(decision: &Decision, specs: &[&'static Spec]) -> Vec<Explained> {
    let mut all: Vec<Explained> = Vec::new();
    let mut add = |term: &str, of: &str, says: String, label: &str| {
        let known = all.iter().position(|known| known.says == says).unwrap_or(all.len());
        if known == all.len() {
            all.push(Explained { says, ..Explained::default() });
        }
        let known = &mut all[known];
        for (list, one) in [(&mut known.terms, term), (&mut known.of, of), (&mut known.labels, label)] {
            if !list.iter().any(|other| other == one) {
                list.push(one.to_owned());
            }
        }
    };
    let spec = |name: &str| specs.iter().find(|spec| spec.name == name);
    for label in labels(decision) {
        let mut strategies = label.split(APART);
        let (name, params) = split(strategies.next().unwrap_or(label));
        for param in params {
            let key = param.split('=').next().unwrap_or(param);
            let known = spec(name).and_then(|spec| spec.params.iter().find(|known| known.name == key));
            if let Some(known) = known {
                add(param, name, one_line(known.help), label);
            }
        }
        for apart in strategies {
            let says = spec(apart).map_or("", |spec| spec.summary);
            let says = format!("what lasts only as long as its user goes over a connection of its own: {says}");
            add(&format!("{}{apart}", APART.trim_start()), "", says, label);
        }
    }
    all
}

/// A label as a name and parameters.
fn split(label: &str) -> (&str, Vec<&str>) {
    let (name, params) = label.split_once(':').unwrap_or((label, ""));
    (name, params.split(',').filter(|param| !param.is_empty()).collect())
}

/// All labels of a decision, in the order in which a record names them.
fn labels(decision: &Decision) -> Vec<&str> {
    let proposal = decision.proposal.iter().flat_map(|one| std::iter::once(&one.strategy).chain(&one.equals));
    let candidates = decision.candidates.iter().map(|one| &one.strategy);
    let vetoed = decision.vetoed.iter().map(|one| &one.strategy);
    let mixes = decision.mix.iter().map(|one| &one.strategy).chain(decision.others.iter().map(|one| &one.strategy));
    proposal.chain(candidates).chain(vetoed).chain(mixes).map(String::as_str).collect()
}

/// Without the spaces of a text that goes over several lines.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
