use crate::document::Document;
use crate::testing::{Table, Toy, typed};

#[test]
fn a_change_need_not_wait_for_the_answer_to_a_join() {
    // Without a history the answer is a document, and with one it is the changes that were missed.
    for history in [0, 1000] {
        let mut table = Table::new(&format!("ot:history={history}"), 2);
        table.cut(0, 1);
        for op in [typed(0, "123"), Toy::Push(8), typed(6, "!")] {
            table.act(2, &op);
        }
        table.run();
        table.connect(0, 1);
        let mine = [typed(2, "x"), typed(3, "y"), Toy::Push(7)].map(|op| table.act(1, &op));
        assert_eq!(table.wire(1, 0).len(), 2, "the join, and the first change");
        table.act(2, &typed(0, "4"));
        table.run();
        assert!(mine.iter().all(|op| table.told(*op) == Some(Ok(Document::Null)) && table.rolled_back(*op) == 0));
        assert_eq!((table.sees(2, "text"), table.sees(2, "list")), ("\"4123abxyc!\"".into(), "[7,8,2,1]".into()));
        assert_eq!(table.counted("snapshots"), u64::from(history == 0));
        table.agree();
    }
}

#[test]
fn a_pending_change_waits_for_the_answer_to_a_join() {
    let mut table = Table::new("ot:history=0", 2);
    table.act(1, &typed(1, "x"));
    table.deliver(1, 0);
    table.cut(0, 1);
    table.act(1, &typed(2, "y"));
    table.act(2, &typed(0, "123"));
    table.run();
    table.crash(1);
    table.connect(0, 1);
    assert_eq!(table.wire(1, 0).len(), 1);
    table.run();
    assert_eq!((table.sees(2, "text"), table.counted("snapshots")), ("\"123axybc\"".into(), 0));
    table.agree();
}
