//! Tests that several strategies must pass.

use crate::document::Document;

use super::{Table, Toy, set, typed};

/// A client that missed more than the server keeps gets a snapshot, and its own operations stay.
pub(crate) fn a_snapshot_helps_beyond_the_history(strategy: &str) {
    for (history, snapshots) in [(3, 1), (100, 0)] {
        let mut table = Table::new(&format!("{strategy}:history={history}"), 2);
        table.cut(0, 1);
        let own = table.act(1, &Toy::Add(100));
        for _ in 0..5 {
            table.act(2, &Toy::Add(1));
        }
        table.run();
        table.connect(0, 1);
        table.run();
        assert_eq!((table.counted("snapshots"), table.told(own)), (snapshots, Some(Ok(Document::Null))));
        assert_eq!(table.sees(2, "count"), "105");
        table.agree();
    }
}

/// An edit whose place is gone is counted under this name and rolled back; the next one is not.
pub(crate) fn an_edit_without_a_place_is_counted(strategy: &str, counter: &str) {
    let mut table = Table::new(strategy, 2);
    table.act(1, &Toy::Clear);
    let lost = table.act(2, &set("x", 5));
    let next = table.act(2, &Toy::Push(7));
    table.run();
    assert_eq!((table.counted(counter), table.rolled_back(lost), table.rolled_back(next)), (1, 1, 0));
    assert!([lost, next].iter().all(|op| table.told(*op) == Some(Ok(Document::Null))));
    assert_eq!(table.sees(2, "list"), "[7,2,1]");
    table.agree();
}

/// The last hundred operations can be undone, and none before them.
pub(crate) fn the_last_hundred_can_be_undone(strategy: &str) {
    let mut table = Table::new(strategy, 2);
    let oldest = table.act(1, &set("x", 1));
    let others: Vec<_> = (0..100).map(|n| table.act(1, &set(&format!("y{n}"), 1))).collect();
    table.run();
    let undos = [others[0], oldest].map(|target| table.undo(target));
    table.run();
    let told = undos.map(|undo| table.told(undo).unwrap());
    assert_eq!(told, [Ok(Document::Null), Err("too_old".into())]);
    let fields = table.sees(2, "fields");
    assert!(fields.starts_with("{x:1,y:0,y1:1,") && fields.ends_with(",y99:1}"), "{fields}");
    table.agree();
}

/// A map that was removed is restored as another one, and earlier operations on it are undone there. Whether another
/// user's concurrent write into the old map, `y`, comes with it is up to the library.
#[cfg(any(feature = "automerge", feature = "yrs", feature = "loro"))]
pub(crate) fn later_undos_apply_to_the_map_that_came_back(strategy: &str, y: i64) {
    let mut table = Table::new(strategy, 2);
    let change = table.act(1, &set("x", 9));
    table.run();
    let clear = table.act(1, &Toy::Clear);
    table.act(2, &set("y", 7));
    table.run();
    table.undo(clear);
    table.run();
    assert_eq!(table.sees(2, "fields"), format!("{{x:9,y:{y}}}"));
    table.undo(change);
    table.run();
    table.agree();
    assert_eq!(table.sees(2, "fields"), format!("{{x:0,y:{y}}}"));
}

/// An operation that reached a client before it crashed is reported as reflected when that client brings it to another.
pub(crate) fn operations_saved_before_a_crash_are_reflected_later(strategy: &str) {
    let mut table = Table::new(strategy, 3);
    let op = table.act(1, &set("x", 7));
    table.deliver(1, 2);
    [(1, 2), (1, 3), (2, 3)].into_iter().for_each(|(a, b)| table.cut(a, b));
    table.crash(2);
    table.reports.clear();
    table.connect(2, 3);
    table.run();
    assert_eq!(table.sees(3, "fields"), "{x:7,y:0}");
    assert!(table.reflects(3, op), "{:?}", table.reports);
}

/// An operation that arrives before one that it depends on is neither shown nor reflected; then both are.
#[cfg(any(feature = "automerge", feature = "yrs"))]
pub(crate) fn an_operation_is_reflected_once_its_dependencies_are_here(strategy: &str) {
    let mut table = Table::new(strategy, 3);
    let first = table.act(1, &typed(0, "x"));
    table.deliver(1, 2);
    let second = table.act(2, &typed(1, "y"));
    table.deliver(2, 3);
    table.ring_all();
    assert_eq!(table.sees(3, "text"), "\"abc\"", "{strategy}");
    assert!(!table.reflects(3, first) && !table.reflects(3, second), "{strategy}: {:?}", table.reports);
    table.deliver(1, 3);
    table.ring_all();
    assert_eq!(table.sees(3, "text"), "\"xyabc\"", "{strategy}");
    assert!(table.reflects(3, first) && table.reflects(3, second), "{strategy}: {:?}", table.reports);
    table.run();
    table.agree();
}
