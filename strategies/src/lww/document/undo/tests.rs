use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::replica::NodeId;

fn word() -> impl Strategy<Value = Document> {
    vec(select(vec!['a', 'b', 'ü']), 0..8).prop_map(|chars| Document::text(&String::from_iter(chars)))
}

fn pos(edits: &[Edit]) -> Option<usize> {
    edits.iter().find_map(|edit| match edit {
        Edit::TextSplice { pos, .. } => Some(*pos),
        _ => None,
    })
}

proptest! {
    #[test]
    fn both_readings_lead_to_the_same_text(before in word(), after in word()) {
        let edits = diff(&before, &after);
        let slid = slid(&edits, &before);
        prop_assert!(pos(&slid) <= pos(&edits));
        prop_assert_eq!(before.produce(&slid).unwrap().0, after);
    }
}

#[test]
fn nothing_is_followed_through_a_rewritten_document() {
    let table = |value: i64, len: usize| {
        let rows = (0..len).map(|row| (format!("r{row:03}"), Document::Int(value)));
        Document::map(rows.chain([("mine".into(), Document::Int(value))]))
    };
    for (changed, kept) in [(MOST_EDITS, true), (MOST_EDITS + 1, false)] {
        let (mut history, before) = (History::new(true), table(0, changed));
        let edit = Edit::Put { path: crate::path!["mine"], value: 5.into() };
        let (here, inverse) = before.produce(std::slice::from_ref(&edit)).unwrap();
        history.push(1, vec![edit.clone()], inverse);
        let (theirs, _) = table(1, changed).produce(&[edit]).unwrap();
        history.replaced(&here, &theirs);
        let back = history.undo(OpId { client: NodeId(1), n: 1 }, &theirs).ok();
        let mine = back.map(|document| document.at(&crate::path!["mine"]).cloned());
        assert_eq!(mine, kept.then_some(Some(Document::Int(0))), "{changed}");
    }
}

#[test]
fn a_splice_is_also_read_as_far_in_front_as_possible() {
    let before = Document::text("xmabc");
    let edits = diff(&before, &Document::text("xmoremabc"));
    assert_eq!((pos(&edits), pos(&slid(&edits, &before))), (Some(2), Some(1)));
    let gone = diff(&Document::text("xmoremabc"), &before);
    assert_eq!((pos(&gone), pos(&slid(&gone, &Document::text("xmoremabc")))), (Some(2), Some(1)));
}
