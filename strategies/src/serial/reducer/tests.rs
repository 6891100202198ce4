use crate::document::Document;
use crate::testing::trials;
use crate::testing::{Table, Toy, set, swap, typed};

#[test]
fn undo_keeps_what_others_did_since() {
    let mut table = Table::new("serial", 2);
    let mine = [Toy::Add(1), set("x", 5), typed(1, "XY")].map(|op| table.act(1, &op));
    table.run();
    for op in [Toy::Add(10), set("y", 6), typed(5, "!")] {
        table.act(2, &op);
    }
    table.run();
    let undos = mine.map(|op| table.undo(op));
    assert!(undos.iter().all(|undo| table.told(*undo).is_none() && table.shown(*undo) == 0));
    table.run();
    assert!(undos.iter().all(|undo| table.told(*undo) == Some(Ok(Document::Null)) && table.shown(*undo) == 1));
    let shown = ["count", "fields", "text"].map(|part| table.sees(2, part));
    assert_eq!(shown, ["10", "{x:0,y:6}", "\"abc!\""]);
    table.agree();
}

#[test]
fn undo_is_rejected_if_a_verdict_depends_on_its_target() {
    let mut table = Table::new("serial", 2);
    let push = table.act(1, &Toy::Push(7));
    table.run();
    let pop = table.act(2, &Toy::Pop);
    table.run();
    assert_eq!(table.told(pop), Some(Ok(Document::Int(7))));
    let undo = table.undo(push);
    table.run();
    assert_eq!(table.told(undo), Some(Err("depended_upon".into())));
    // A rejection is a verdict too: the swap would have been possible.
    let set = table.act(1, &set("x", 5));
    table.run();
    let refused = table.act(2, &swap("x", 0, 9));
    table.run();
    let undo = table.undo(set);
    table.run();
    assert_eq!(
        (table.told(refused), table.told(undo)),
        (Some(Err("changed".into())), Some(Err("depended_upon".into())))
    );
    // Once the pop is undone, nothing depends on the push any more.
    let undos = [pop, push].map(|op| {
        let undo = table.undo(op);
        table.run();
        undo
    });
    assert!(undos.iter().all(|undo| table.told(*undo) == Some(Ok(Document::Null))));
    assert_eq!(table.sees(1, "list"), "[2,1]");
    table.agree();
}

#[test]
fn an_operation_is_undone_once_and_only_while_the_history_has_it() {
    let mut table = Table::new("serial:history=3", 1);
    let ops = [1, 10, 100].map(|by| table.act(1, &Toy::Add(by)));
    table.run();
    let undo = table.undo(ops[2]);
    table.run();
    let again = [table.undo(ops[2]), table.undo(ops[0]), table.undo(undo)];
    table.run();
    let told = again.map(|undo| table.told(undo).unwrap().unwrap_err());
    assert_eq!(told, ["not_there", "too_old", "not_there"]);
    assert_eq!(table.sees(0, "count"), "11");
    table.agree();
}

#[test]
fn an_undo_is_sent_again_after_a_broken_connection_and_carried_out_once() {
    let mut table = Table::new("serial", 2);
    let add = table.act(1, &Toy::Add(5));
    table.run();
    let undo = table.undo(add);
    table.deliver(1, 0);
    table.cut(0, 1);
    table.crash(1);
    table.crash(0);
    table.cut(0, 2);
    table.connect(0, 1);
    table.connect(0, 2);
    table.run();
    assert_eq!((table.told(undo), table.sees(2, "count")), (Some(Ok(Document::Null)), "0".into()));
    table.agree();
}

#[test]
fn a_client_that_missed_more_than_the_history_gets_a_snapshot() {
    trials::a_snapshot_helps_beyond_the_history("serial");
}

#[test]
fn a_snapshot_is_reused_until_the_next_is_due_or_the_history_no_longer_continues_it() {
    for (parameters, made) in [("", 3), ("snapshot=4", 2), ("snapshot=100", 1), ("history=1,snapshot=100", 3)] {
        let mut table = Table::new(format!("serial:rejoin=snapshot,{parameters}").trim_end_matches(','), 2);
        for round in 0..3 {
            table.cut(0, 1);
            let own = table.act(1, &Toy::Add(100));
            table.act(2, &Toy::Add(1));
            table.act(2, &Toy::Push(round));
            table.run();
            table.connect(0, 1);
            table.run();
            assert_eq!(table.told(own), Some(Ok(Document::Null)), "{parameters}");
            table.agree();
        }
        let counted = (table.counted("snapshots"), table.counted("snapshots_made"));
        assert_eq!((counted, table.sees(1, "count")), ((3, made), "303".into()), "{parameters}");
    }
}
