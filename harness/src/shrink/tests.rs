use super::*;
use crate::scenario::{Plan, Scenario};

fn planned(strategy: &str, workload: &str, change: impl FnOnce(&mut Scenario)) -> Planned {
    let mut scenario = Scenario {
        strategies: vec![strategy.into()],
        workloads: vec![workload.into()],
        seeds: vec!["1".into()],
        ops: 120,
        ..Scenario::default()
    };
    change(&mut scenario);
    Plan::new(vec![scenario]).unwrap().cells.remove(0)
}

fn shrunk(planned: &Planned, kind: &str) -> Shrunk {
    let target = Target::of(&run_cell(planned), kind).unwrap();
    shrink(planned, &target, Budget::default(), &|_| true).unwrap()
}

#[test]
fn see() {
    for (s, w, k) in [
        ("lww-document", "stack", "item delivered twice"),
        ("ot", "stack", "item delivered twice"),
        ("lww-document", "booking", "lost booking"),
    ] {
        let p = planned(s, w, |_| {});
        let c = run_cell(&p);
        eprintln!("{s} {w}: {:?}", targets(&c));
        let kind = if targets(&c).contains(&k) { k.to_owned() } else { targets(&c)[0].to_owned() };
        let r = shrunk(&p, &kind);
        eprintln!(
            "{kind}: {} runs {} {:?}\n{} {:#?}",
            r.runs, r.complete, r.planned.script, r.planned.workload.label, r.planned.settings
        );
    }
}
