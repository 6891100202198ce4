mod links;
mod nodes;

use super::*;

const HEALED: bool = true;

fn armed(text: &str) -> Result<Armed, SelectorError> {
    configure(&text.parse().unwrap(), &Scope::new(4, FAULTS)).map(|mut armed| armed.remove(0))
}

fn faults<const N: usize>(texts: [&str; N]) -> Faults {
    texts.into_iter().map(|text| armed(text).unwrap()).collect()
}

/// What faults do at a time, before the group is healed.
fn at(faults: &Faults, ms: u64) -> Conditions<'_> {
    let mut conditions = Conditions::new(faults);
    conditions.change(Transition { at: Time::from_ms(ms), healed: false });
    conditions
}

/// Cuts client 1 off for the first half of every second.
struct Flapping;

static FLAPPING: FaultSpec = FaultSpec {
    name: "flapping",
    summary: "",
    params: &[],
    timing: Timing::Window,
    threads: Support::Native,
    swarm: Swarm::Never("it is a test"),
    build: |_, _| Ok(Box::new(Flapping)),
};

const HALF: Duration = Duration::from_millis(500);

impl Flapping {
    fn armed(start: Time, end: Option<Time>) -> Armed {
        Armed { label: "flapping".into(), spec: &FLAPPING, start, end, fault: Box::new(Flapping), drawn_by: None }
    }

    fn halves(elapsed: Duration) -> u32 {
        (elapsed.as_nanos() / HALF.as_nanos()) as u32
    }
}

impl Fault for Flapping {
    fn effect(&self) -> String {
        "client 1's connection flapped".into()
    }

    fn node(&self, node: NodeId, elapsed: Duration) -> NodeState {
        let down = node == NodeId(2) && Self::halves(elapsed).is_multiple_of(2);
        if down { NodeState::Crashed } else { NodeState::Up }
    }

    fn link(&self, from: NodeId, to: NodeId, elapsed: Duration) -> LinkCondition {
        let cut = (from == NodeId(1) || to == NodeId(1)) && Self::halves(elapsed).is_multiple_of(2);
        if cut { LinkCondition::Cut } else { LinkCondition::Open }
    }

    fn clock_ahead_ns(&self, node: NodeId, elapsed: Duration) -> i64 {
        if node == NodeId(3) { elapsed.as_nanos() as i64 } else { 0 }
    }

    fn next_transition(&self, elapsed: Duration) -> Option<Duration> {
        Some(HALF * (Self::halves(elapsed) + 1))
    }
}

#[test]
fn every_file_is_registered() {
    let others =
        ["mod", "alternating", "conditions", "coverage", "needs", "recovery", "schedule", "scope", "tests", "timeline"];
    crate::testing::assert_registered("src/faults", &others, FAULTS.len());
}

#[test]
fn windows_open_and_close() {
    let fault = armed("partition:halves@2s..5s").unwrap();
    let elapsed = |ms| fault.elapsed(Time::from_ms(ms), false);
    assert_eq!([1_999, 2_000, 4_999, 5_000].map(|ms| elapsed(ms).is_some()), [false, true, true, false]);
    assert_eq!(elapsed(4_999), Some(Duration::from_millis(2_999)));
}

#[test]
fn a_window_without_an_end_closes_at_the_heal_unless_the_fault_outlasts_it() {
    for (text, outlasts) in [("partition:halves@2s", false), ("crash@2s", true)] {
        let fault = armed(text).unwrap();
        assert!(fault.elapsed(Time::from_ms(9_000), false).is_some(), "{text}");
        assert_eq!(fault.elapsed(Time::from_ms(9_000), HEALED).is_some(), outlasts, "{text}");
    }
}

#[test]
fn partitions_cut_or_block_links() {
    let halves = faults(["partition:halves"]);
    let halves = at(&halves, 1);
    assert!(!halves.connectable(NodeId(1), NodeId(3)) && !halves.connectable(NodeId(4), NodeId(2)));
    assert!(halves.connectable(NodeId(1), NodeId(2)) && halves.connectable(NodeId(3), NodeId(4)));
    assert!(!halves.connectable(NodeId::SERVER, NodeId(3)) && halves.connectable(NodeId::SERVER, NodeId(1)));
    let isolate = faults(["partition:isolate,client=2"]);
    let isolate = at(&isolate, 1);
    assert!(!isolate.connectable(NodeId(2), NodeId(1)) && isolate.connectable(NodeId(1), NodeId(3)));
    let one_way = faults(["partition:one-way,client=2"]);
    let one_way = at(&one_way, 1);
    assert!(one_way.blocked(NodeId(2), NodeId(1)) && !one_way.blocked(NodeId(1), NodeId(2)));
    assert!(one_way.connectable(NodeId(2), NodeId(1)));
}

#[test]
fn a_late_client_is_absent_until_its_time() {
    let late = faults(["late:3@5s"]);
    assert_eq!(at(&late, 4_999).node(NodeId(3)), NodeState::Absent);
    assert_eq!(at(&late, 4_999).node(NodeId(2)), NodeState::Up);
    assert_eq!(at(&late, 5_000).node(NodeId(3)), NodeState::Up);
    assert!(!at(&late, 4_999).connectable(NodeId(3), NodeId(1)) && at(&late, 5_000).connectable(NodeId(3), NodeId(1)));
}

#[test]
fn overlapping_crashes_merge() {
    let faults = faults(["crash@2s..5s", "crash@4s..6s", "crash:2@3s", "crash:3@7s..8s"]);
    let crashed = |client, ms| at(&faults, ms).node(NodeId(client)) == NodeState::Crashed;
    assert_eq!([1_999, 2_000, 5_000, 5_999, 6_000].map(|ms| crashed(1, ms)), [false, true, true, true, false]);
    assert!(!crashed(2, 2_999) && crashed(2, 3_000) && crashed(2, 1_000_000) && !crashed(4, 3_000));
    let recovers = |client, ms| at(&faults, ms).recovers(NodeId(client));
    assert!(recovers(1, 2_000) && !recovers(2, 3_000) && recovers(3, 7_000));
    assert_eq!(faults.survivors(4).collect::<Vec<_>>(), [1, 3, 4].map(NodeId));
}

#[test]
fn clocks_of_several_faults_add_up() {
    let faults = faults(["skew:by=2s,client=1@1s..3s", "skew:by=500ms,client=1,to=behind"]);
    let clock = |ms| at(&faults, ms).clock(NodeId(1), Time::from_ms(ms), Time::from_ms(10_000)).as_ms();
    assert_eq!([500, 1_000, 2_999, 3_000].map(clock), [9_500.0, 11_500.0, 11_500.0, 9_500.0]);
}

#[test]
fn clocks_may_be_off_by_days() {
    for (text, hours) in [("skew:48h", 48.0), ("skew:1441m", 1_441.0 / 60.0), ("skew:2d", 48.0)] {
        let faults = faults([text]);
        let ahead_ms = at(&faults, 1_000).clock(NodeId(1), Time::from_ms(1_000), Time::from_ms(0)).as_ms();
        assert_eq!(ahead_ms, hours * 3_600_000.0, "{text}");
    }
    assert_eq!(armed("skew:48h,to=behind").unwrap().fault.effect(), "client 1's clock was 48 h behind");
}

#[test]
fn users_wait_in_vain_if_a_cut_lasts_until_all_have_acted() {
    let nodes = [1, 2, 3, 4].map(NodeId);
    for (text, vain) in [
        ("partition:halves@2s", true),
        ("partition:one-way,client=3@2s", true),
        ("partition:halves@2s..9s", false),
        ("skew:2s", false),
        ("crash@2s", false),
    ] {
        let faults = faults([text]);
        assert_eq!(at(&faults, 3_000).in_vain(&nodes), vain, "{text}");
        assert!(!at(&faults, 1_000).in_vain(&nodes), "{text}");
    }
}

fn transitions(timeline: &mut Timeline<'_>, until_ms: u64) -> Vec<(f64, bool)> {
    let next = || timeline.advance(Time::from_ms(until_ms));
    std::iter::from_fn(next).map(|transition| (transition.at.as_ms(), transition.healed)).collect()
}

#[test]
fn the_timeline_has_every_edge_once_and_then_the_heal() {
    let faults = faults(["partition:halves@2s..5s", "skew@2s", "late:3@1s", "partition:isolate"]);
    let mut timeline = Timeline::new(&faults);
    assert_eq!(timeline.next(), Some(Time::from_ms(1_000)));
    assert_eq!(transitions(&mut timeline, 2_000), [(1_000.0, false), (2_000.0, false)]);
    assert_eq!(timeline.healed_at(), None);
    // Users are done at 3 s: the group is healed when the last window that has an end closes.
    timeline.heal(Time::from_ms(3_000));
    assert_eq!(timeline.healed_at(), Some(Time::from_ms(5_000)));
    assert_eq!(transitions(&mut timeline, 9_000), [(5_000.0, true)]);
    assert_eq!(timeline.next(), None);
}

#[test]
fn a_heal_after_the_last_edge_is_a_separate_transition() {
    let faults = faults(["partition:halves@2s"]);
    let mut timeline = Timeline::new(&faults);
    assert_eq!(transitions(&mut timeline, 2_000), [(2_000.0, false)]);
    timeline.heal(Time::from_ms(2_000));
    assert_eq!(transitions(&mut timeline, 9_000), [(2_000.0, true)]);
}

#[test]
fn a_fault_may_have_its_own_transitions() {
    for end in [Some(Time::from_ms(2_200)), None] {
        let faults: Faults = [Flapping::armed(Time::from_ms(1_000), end)].into_iter().collect();
        let mut timeline = Timeline::new(&faults);
        let mut flaps = vec![(1_000.0, false), (1_500.0, false), (2_000.0, false)];
        assert_eq!(transitions(&mut timeline, 2_100), flaps);
        timeline.heal(Time::from_ms(1_700));
        flaps.clear();
        assert_eq!(timeline.healed_at(), Some(end.unwrap_or(Time::from_ms(1_700))));
        let connected = [999, 1_000, 1_500, 2_000].map(|ms| at(&faults, ms).connectable(NodeId(1), NodeId(3)));
        assert_eq!(connected, [true, false, true, false]);
        assert!(at(&faults, 1_000).recovers(NodeId(2)));
        // A clock may go wrong between transitions.
        let drifted = at(&faults, 1_500).clock(NodeId(3), Time::from_ms(1_600), Time::from_ms(50));
        assert_eq!(drifted, Time::from_ms(650));
    }
}

#[test]
fn messages_are_counted_for_the_faults_that_they_met() {
    let faults = faults(["partition:isolate,client=1", "skew:2s", "crash:client=2@1s..3s", "partition:halves@5s"]);
    let mut conditions = at(&faults, 2_000);
    conditions.touch_made(NodeId(1), Time::from_ms(2_000));
    conditions.touch_made(NodeId(3), Time::from_ms(2_000));
    conditions.touch_stopped(NodeId(1), NodeId(3));
    conditions.touch_stopped(NodeId(3), NodeId(2));
    conditions.touch_stopped(NodeId(1), NodeId(2));
    conditions.touch_stopped(NodeId(3), NodeId(4));
    let touched: Vec<_> = conditions.touches().iter().map(|touches| touches.messages).collect();
    assert_eq!(touched, [2, 1, 2, 0]);
}

#[test]
fn a_fault_that_meets_a_node_which_is_away_already_touches_nothing() {
    let touched = |texts: [&str; 2], moments: &[u64]| -> Vec<(u64, u64)> {
        let faults = faults(texts);
        let mut conditions = Conditions::new(&faults);
        for ms in moments {
            conditions.change(Transition { at: Time::from_ms(*ms), healed: false });
            if conditions.node(NodeId(2)) != NodeState::Up {
                conditions.touch_node(NodeId(2));
            }
            if !conditions.connectable(NodeId(2), NodeId::SERVER) {
                conditions.touch_apart(NodeId(2), NodeId::SERVER);
            }
        }
        conditions.touches().iter().map(|touches| (touches.nodes, touches.connections)).collect()
    };
    let isolate = "partition:isolate,client=2@3s..4s";
    assert_eq!(touched(["crash:client=2@1s", isolate], &[1_000, 3_000, 4_000]), [(3, 3), (0, 0)]);
    assert_eq!(touched(["late:2@5s", isolate], &[0, 3_000, 4_000, 5_000]), [(3, 3), (0, 0)]);
    // One that outlasts the other, and two that begin at once.
    assert_eq!(touched(["crash:client=2@1s..3500ms", isolate], &[1_000, 3_000, 3_500, 4_000]), [(2, 2), (0, 1)]);
    assert_eq!(touched(["crash:client=2@3s..4s", isolate], &[3_000, 4_000]), [(1, 1), (0, 1)]);
}

#[test]
fn a_clock_that_drifts_or_stands_still_touches_messages_between_transitions() {
    let faults = faults(["drift:client=1@1s..3s", "freeze:client=1@1s..3s", "skew:2s,client=1"]);
    let mut conditions = at(&faults, 1_000);
    conditions.touch_made(NodeId(1), Time::from_ms(1_000));
    conditions.touch_made(NodeId(1), Time::from_ms(2_000));
    conditions.touch_made(NodeId(2), Time::from_ms(2_000));
    let touched: Vec<_> = conditions.touches().iter().map(|touches| touches.messages).collect();
    assert_eq!(touched, [1, 1, 2]);
}

#[test]
fn what_a_user_does_by_a_wrong_clock_or_under_another_name_is_touched() {
    let faults = faults(["skew:2s,client=1@1s..3s", "twin:client=2,of=1", "partition:isolate,client=1"]);
    let mut conditions = at(&faults, 2_000);
    for client in [1, 2, 4] {
        conditions.touch_acted(NodeId(client), Time::from_ms(2_000));
    }
    let touched: Vec<_> = conditions.touches().iter().map(|touches| (touches.operations, touches.messages)).collect();
    assert_eq!(touched, [(1, 0), (1, 0), (0, 0)]);
}

#[test]
fn coverage_says_who_was_hit_how_long_and_what_was_done_meanwhile() {
    let faults = faults([
        "partition:isolate,client=2@1s..3s",
        "late:3@2s",
        "crash:client=1@4s",
        "skew:1500ms,client=4,to=behind@2s",
        "partition:halves@1s..2s",
        "partition:one-way@0s..1s",
    ]);
    let ms = |issued, visible: Option<u64>| (Time::from_ms(issued), visible.map(Time::from_ms));
    let operations =
        [ms(500, Some(600)), ms(900, Some(1_100)), ms(1_500, Some(1_600)), ms(2_500, None), ms(4_500, None)];
    let healed_at = Some(Time::from_ms(5_000));
    let open = |ends: (u32, u32), since, at| Reopening {
        ends: (NodeId(ends.0), NodeId(ends.1)),
        since: Time::from_ms(since),
        at: Time::from_ms(at),
    };
    let reopenings = [open((1, 2), 3_000, 4_250), open((0, 2), 3_000, 4_500), open((2, 3), 2_000, 2_300)];
    let mut touches = [Touches::default(); 6];
    touches[0].messages = 7;
    let nodes = [1, 2, 3, 4].map(NodeId);
    let met = Met { touches: &touches, operations: &operations, reopenings: &reopenings, nodes: &nodes };
    let covered = faults.coverage(&met, healed_at, Time::from_ms(6_000));
    let said: Vec<_> = covered
        .iter()
        .map(|met| {
            let span = (met.start_ms, met.end_ms);
            (&*met.effect, span, met.operations_meanwhile, met.operations_overlapped, met.messages_touched)
        })
        .collect();
    assert_eq!(
        said,
        [
            ("client 2 was cut off", (1_000.0, 3_000.0), 2, 3, 7),
            ("client 3 was absent", (0.0, 2_000.0), 3, 3, 0),
            ("client 1 was down", (4_000.0, 6_000.0), 1, 2, 0),
            ("client 4's clock was 1.5 s behind", (2_000.0, 5_000.0), 2, 2, 0),
            ("clients 1 and 2 were cut off from clients 3 and 4", (1_000.0, 2_000.0), 1, 2, 0),
            ("nothing that client 1 sent got through", (0.0, 1_000.0), 2, 2, 0),
        ]
    );
    assert!(covered.iter().all(|met| met.operations_issued == 5));
    // Only what had kept two nodes apart, and only until the last of them were connected. Halves at 2 s includes 2 and 3.
    let reopened: Vec<_> = covered.iter().map(|met| met.reopened_ms).collect();
    assert_eq!(reopened, [Some(4_500.0), Some(2_300.0), None, None, Some(2_300.0), None]);
}

#[test]
fn wrong_words_are_named() {
    for text in [
        "flood",
        "partition:thirds",
        "partition:isolate,client=9",
        "skew:soon",
        "late:9",
        "late:1@1s..2s",
        "crash",
        "crash:9@1s",
    ] {
        let error = armed(text).unwrap_err().to_string();
        assert!(error.contains(text.split(',').next().unwrap()), "{error}");
    }
}
