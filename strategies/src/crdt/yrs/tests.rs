use crate::replica::{Effect, NodeId, Report};
use crate::testing::{Table, Toy, trials};

#[test]
fn operations_saved_before_a_crash_are_reflected_later() {
    trials::operations_saved_before_a_crash_are_reflected_later("crdt-yrs:topology=mesh");
}

#[test]
fn an_operation_is_reflected_once_its_dependencies_are_here() {
    trials::an_operation_is_reflected_once_its_dependencies_are_here("crdt-yrs:topology=mesh");
}

/// With one entry for each client both increments stay; with a sum that is written anew, one is lost.
#[test]
fn concurrent_increments_add_up_unless_the_counter_is_one_value() {
    for (params, sums) in [("", &["8"][..]), (":counter=sum", &["3", "5"])] {
        let mut table = Table::new(&format!("crdt-yrs{params}"), 2);
        table.act(1, &Toy::Add(5));
        let other = table.act(2, &Toy::Add(3));
        table.run();
        table.agree();
        assert!(sums.contains(&&*table.sees(1, "count")), "{params}: {}", table.sees(1, "count"));
        table.act(1, &Toy::Add(10));
        table.run();
        table.undo(other);
        table.run();
        table.agree();
        assert_eq!(table.sees(1, "count") == "15", params.is_empty(), "{params}: {}", table.sees(1, "count"));
    }
}

/// A field is removed and a sum written over one that is missing: the library shows the removal at once.
#[test]
fn an_operation_that_is_shown_in_part_is_pending() {
    let mut table = Table::new("crdt-yrs:topology=mesh,counter=sum", 3);
    let first = table.act(1, &Toy::Add(1));
    table.deliver(1, 2);
    let second = table.act(2, &Toy::Return("y".into()));
    table.deliver(2, 3);
    assert_eq!((table.sees(3, "fields"), table.sees(3, "count")), ("{x:0}".into(), "0".into()));
    let pending = |table: &Table| {
        let reports = table.reports.iter().filter(|(node, _)| *node == NodeId(3));
        let of = |report: &Effect| if let Effect::Report(Report::Pending(op)) = report { Some(*op) } else { None };
        reports.filter_map(|(_, report)| of(report)).collect::<Vec<_>>()
    };
    assert_eq!(pending(&table), [second]);
    assert!(!table.reflects(3, second));
    table.deliver(1, 3);
    assert!(table.reflects(3, first) && table.reflects(3, second));
    assert_eq!(pending(&table), [second]);
    table.run();
    table.agree();
}
