use crate::document::Document;
use crate::testing::{Table, Toy, set, swap, typed};

#[test]
fn a_write_on_an_old_version_is_planned_again() {
    let mut table = Table::new("serial-cas", 2);
    let pops = [table.act(1, &Toy::Pop), table.act(2, &Toy::Pop)];
    assert_eq!((table.sees(1, "list"), table.shown(pops[0])), ("[2,1]".into(), 0));
    table.run();
    assert_eq!(pops.map(|pop| table.told(pop)), [Some(Ok(Document::Int(2))), Some(Ok(Document::Int(1)))]);
    assert_eq!((table.counted("mismatches"), table.counted("retries")), (1, 1));
    assert_eq!(table.sees(1, "list"), "[]");
    table.agree();
}

#[test]
fn an_operation_that_makes_no_sense_any_more_is_rejected_at_the_retry() {
    let mut table = Table::new("serial-cas", 2);
    let swaps = [table.act(1, &swap("x", 0, 5)), table.act(2, &swap("x", 0, 6))];
    table.run();
    assert_eq!(swaps.map(|op| table.told(op)), [Some(Ok(Document::Null)), Some(Err("changed".into()))]);
    table.agree();
}

#[test]
fn an_operation_that_always_comes_late_starves_and_the_next_is_tried() {
    for (strategy, tries) in [("serial-cas:retries=0", 1), ("serial-cas:retries=3", 4)] {
        let mut table = Table::new(strategy, 2);
        let late = table.act(2, &Toy::Add(1));
        let next = table.act(2, &Toy::Add(10));
        for _ in 0..tries {
            table.act(1, &Toy::Add(100));
            table.deliver(1, 0);
            table.deliver(2, 0);
            table.deliver(0, 1);
            table.deliver(0, 2);
            assert_eq!(table.told(late), None);
            table.deliver(0, 2);
            if table.wire(2, 0).is_empty() {
                table.ring();
            }
        }
        assert_eq!((table.told(late), table.counted("starved")), (Some(Err("starved".into())), 1), "{strategy}");
        table.run();
        assert_eq!((table.told(next), table.counted("retries")), (Some(Ok(Document::Null)), tries - 1));
        assert_eq!(table.sees(1, "count"), (tries * 100 + 10).to_string());
        table.agree();
    }
}

#[test]
fn waits_grow_with_the_backoff() {
    let waits = |backoff: &str| {
        let mut table = Table::new(&format!("serial-cas:backoff={backoff}"), 2);
        for _ in 0..20 {
            table.act(1, &Toy::Add(1));
            table.act(2, &Toy::Add(1));
            table.run();
        }
        table.now
    };
    assert!(waits("50ms") > waits("5ms") && waits("0ms").as_ms() == 0.0);
}

#[test]
fn a_write_whose_answer_was_lost_is_carried_out_once() {
    for history in [0, 1000] {
        let mut table = Table::new(&format!("serial-cas:history={history}"), 2);
        let reached = table.act(1, &Toy::Pop);
        table.deliver(1, 0);
        table.cut(0, 1);
        let offline = table.act(1, &set("x", 5));
        table.crash(1);
        table.connect(0, 1);
        table.run();
        assert_eq!(table.told(reached), Some(Ok(Document::Int(2))), "history {history}");
        assert_eq!(table.told(offline), Some(Ok(Document::Null)));
        assert_eq!((table.sees(2, "list"), table.counted("snapshots")), ("[1]".into(), u64::from(history == 0)));
        table.agree();
    }
}

#[test]
fn a_write_that_was_lost_is_made_again() {
    let mut table = Table::new("serial-cas", 2);
    let lost = table.act(1, &Toy::Pop);
    table.cut(0, 1);
    let theirs = table.act(2, &Toy::Pop);
    table.run();
    table.connect(0, 1);
    table.run();
    assert_eq!([theirs, lost].map(|op| table.told(op)), [Some(Ok(Document::Int(2))), Some(Ok(Document::Int(1)))]);
    assert_eq!(table.counted("mismatches"), 0);
    table.agree();
}

#[test]
fn old_messages_change_nothing() {
    let mut table = Table::new("serial-cas:backoff=0ms", 2);
    table.act(1, &Toy::Add(1));
    table.act(2, &Toy::Add(10));
    let write = table.deliver(1, 0);
    let late = table.deliver(2, 0);
    table.deliver(0, 2);
    let mismatch = table.deliver(0, 2);
    table.run();
    table.hand(1, 0, &write).unwrap();
    table.hand(2, 0, &late).unwrap();
    table.hand(0, 2, &mismatch).unwrap();
    table.run();
    assert_eq!((table.sees(1, "count"), table.counted("duplicates_ignored")), ("11".into(), 3));
    table.agree();
}

/// What a text becomes when client 2 types an `x` behind the `b` of `abc` while others type.
fn typed_behind_b(strategy: &str, others: &[(u32, Toy)]) -> String {
    let mut table = Table::new(strategy, 2);
    for (client, op) in others.iter().filter(|(client, _)| *client == 1) {
        table.act(*client, op);
        table.deliver(1, 0);
        table.deliver(0, 1);
    }
    table.act(2, &typed(2, "x"));
    for (client, op) in others.iter().filter(|(client, _)| *client == 2) {
        table.act(*client, op);
    }
    table.run();
    table.agree();
    table.sees(1, "text")
}

#[test]
fn a_position_is_moved_by_what_came_between() {
    let front = [(1, typed(0, "123"))];
    assert_eq!(typed_behind_b("serial-cas", &front), "\"123abxc\"");
    assert_eq!(typed_behind_b("serial-cas:text=replanned", &front), "\"12x3abc\"");
    // What the same user typed before is in the text that they have in mind.
    let own = [(2, typed(0, "4")), (1, typed(0, "123")), (2, typed(4, "y"))];
    assert_eq!(typed_behind_b("serial-cas", &own), "\"4123abxyc\"");
    assert_eq!(typed_behind_b("serial-cas:window=10ms", &own), "\"4123abxyc\"");
    // In a text that was replaced there is no such place any more: the operation is planned as it is.
    let cleared = [(1, Toy::Begin("text".into(), "new".into()))];
    assert_eq!(typed_behind_b("serial-cas", &cleared), "\"nexw\"");
}

#[test]
fn moved_positions_survive_a_crash() {
    let mut table = Table::new("serial-cas", 2);
    table.act(2, &Toy::Add(1));
    let op = table.act(2, &typed(2, "x"));
    table.act(1, &typed(0, "123"));
    table.deliver(1, 0);
    table.deliver(0, 2);
    table.cut(0, 2);
    table.crash(2);
    table.act(1, &typed(0, "4"));
    table.run();
    table.connect(0, 2);
    table.run();
    assert_eq!((table.told(op), table.sees(1, "text")), (Some(Ok(Document::Null)), "\"4123abxc\"".into()));
    table.agree();
}

#[test]
fn the_model_still_decides_about_what_is_typed() {
    let mut table = Table::new("serial-cas", 2);
    table.act(1, &Toy::Begin("note".into(), "abc".into()));
    table.run();
    table.act(1, &Toy::Drop("note".into()));
    let gone = table.act(2, &Toy::TypeIn("note".into(), "x".into()));
    table.run();
    assert_eq!(table.told(gone), Some(Err("gone".into())));
    table.agree();
}

#[test]
fn operations_of_a_window_are_one_write_that_is_retried_whole() {
    let mut table = Table::new("serial-cas:window=10ms", 2);
    table.act(2, &Toy::Add(1));
    let pops = [table.act(2, &Toy::Pop), table.act(2, &Toy::Pop), table.act(2, &Toy::Pop)];
    let push = table.act(1, &Toy::Push(7));
    table.run();
    let told = pops.map(|pop| table.told(pop).unwrap());
    assert_eq!(told, [7, 2, 1].map(|item| Ok(Document::Int(item))), "what client 1 pushed came first");
    assert_eq!((table.told(push), table.sees(1, "list")), (Some(Ok(Document::Null)), "[]".into()));
    table.agree();
}
