//! Faults about links and messages: closed forms, and the same luck for everybody.

use super::*;

const S: Duration = Duration::from_secs(1);

fn scope(seed: u64, datagrams: bool) -> Scope<'static> {
    Scope { seed, datagrams, acting: S * 60, ..Scope::new(4, FAULTS) }
}

fn made(text: &str, scope: &Scope<'_>) -> Faults {
    configure(&text.parse().unwrap(), scope).unwrap().into_iter().collect()
}

fn only(faults: &Faults) -> &dyn Fault {
    &*faults.iter().next().unwrap().fault
}

/// A message of one packet from client 1 to client 2, over the leg of client 1.
fn passing(at: Time, stream: bool) -> Passing {
    let (from, to) = (NodeId(1), NodeId(2));
    Passing { from, to, leaves: true, at, packets: 1, round_trip: Duration::from_millis(100), stream }
}

fn every_ms(n: u64) -> impl Iterator<Item = Time> {
    (0..n).map(Time::from_ms)
}

#[test]
fn flapping_is_down_for_its_share_of_the_time() {
    let faults = made("flapping:period=4s,down=30%,client=2", &scope(1, false));
    let fault = only(&faults);
    let down = |ms: u64| fault.link(NodeId::SERVER, NodeId(2), Duration::from_millis(ms)) == LinkCondition::Cut;
    let share = (0..400_000).filter(|ms| down(*ms)).count() as f64 / 400_000.0;
    assert!((share - 0.3).abs() < 1e-3, "{share}");
    assert_eq!(fault.link(NodeId::SERVER, NodeId(1), Duration::ZERO), LinkCondition::Open);
    // Every change of the answer is a transition, and every transition a change.
    let changes: Vec<u64> = (1..20_000).filter(|ms| down(*ms) != down(*ms - 1)).collect();
    let mut told = Vec::new();
    let mut at = Duration::ZERO;
    while let Some(next) = fault.next_transition(at).filter(|next| *next < S * 20) {
        told.push(next.as_millis() as u64);
        at = next;
    }
    assert_eq!(told, changes);
}

#[test]
fn bursts_lose_their_share_of_datagrams_in_runs_of_their_length() {
    let n = 1_000_000;
    for (share, mean_ms, loss) in [(0.05, 1_000.0, 0.5), (0.2, 200.0, 1.0), (0.02, 500.0, 0.3)] {
        let faults = made(&format!("burst:share={share},mean={mean_ms}ms,loss={loss}"), &scope(3, true));
        let lost: Vec<bool> =
            every_ms(n).map(|at| only(&faults).impair(&passing(at, false), at.since(Time::ZERO)).lost).collect();
        let mean = lost.iter().filter(|lost| **lost).count() as f64 / n as f64;
        // Some hundred bursts: within four standard deviations.
        let bursts = n as f64 * share / mean_ms;
        assert!((mean / (share * loss) - 1.0).abs() < 4.0 * (2.0 / bursts).sqrt(), "{share} {loss}: {mean}");
        if loss == 1.0 {
            let begun = lost.windows(2).filter(|pair| !pair[0] && pair[1]).count() as f64;
            let length = mean * n as f64 / begun;
            assert!((length / mean_ms - 1.0).abs() < 4.0 / bursts.sqrt(), "{length} ms");
        }
    }
}

#[test]
fn a_stream_is_late_where_datagrams_are_lost() {
    let (streams, datagrams) = (made("burst:share=20%", &scope(5, false)), made("burst:share=20%", &scope(5, true)));
    let mut late = 0;
    for at in every_ms(60_000) {
        let elapsed = at.since(Time::ZERO);
        let stream = only(&streams).impair(&passing(at, true), elapsed);
        let lost = only(&datagrams).impair(&passing(at, false), elapsed).lost;
        assert_eq!(stream.late > Duration::ZERO, lost, "{at:?}");
        assert!(!stream.lost && (stream.late.is_zero() || stream.late >= Duration::from_millis(300)));
        late += u64::from(lost);
    }
    assert!(late > 1_000, "{late}");
}

#[test]
fn a_stream_waits_longer_for_as_many_losses_in_bursts() {
    // The same share of packets: what is sent again within a burst is lost again.
    let mean_late = |text: &str| {
        let faults = made(text, &scope(7, false));
        let late: Duration =
            every_ms(400_000).map(|at| only(&faults).impair(&passing(at, true), at.since(Time::ZERO)).late).sum();
        late.as_secs_f64() / 400_000.0
    };
    let (long, short) = (mean_late("burst:share=4%,mean=2s,loss=50%"), mean_late("burst:share=4%,mean=2ms,loss=50%"));
    assert!(long > 1.5 * short, "{long} {short}");
}

#[test]
fn duplicates_delays_and_damage_hit_their_share_of_messages() {
    let n = 400_000;
    let hit = |text: &str, of: fn(Impairment) -> bool| {
        let faults = made(text, &scope(9, true));
        every_ms(n).filter(|at| of(only(&faults).impair(&passing(*at, false), S))).count() as f64 / n as f64
    };
    assert!((hit("duplicate:share=3%", |one| one.copied) / 0.03 - 1.0).abs() < 0.05);
    assert!((hit("reorder:share=3%,by=80ms", |one| one.late > Duration::ZERO) / 0.03 - 1.0).abs() < 0.05);
    assert!((hit("corrupt:share=3%", |one| one.lost) / 0.03 - 1.0).abs() < 0.05);
    assert!((hit("corrupt:share=3%,past=authentication", |one| one.damaged && !one.lost) / 0.03 - 1.0).abs() < 0.05);
    let streams = made("corrupt:share=100%", &scope(9, false));
    assert!(only(&streams).impair(&passing(Time::ZERO, true), S).breaks);
    let faults = made("reorder:share=100%,by=80ms", &scope(9, true));
    let late: Vec<Duration> = every_ms(n).map(|at| only(&faults).impair(&passing(at, false), S).late).collect();
    let mean_ms = late.iter().sum::<Duration>().as_secs_f64() * 1e3 / n as f64;
    assert!((mean_ms - 40.0).abs() < 0.2 && late.iter().max().unwrap() <= &Duration::from_millis(80), "{mean_ms}");
    // Where it leaves, and not again on the receiver's leg.
    let coming = Passing { leaves: false, ..passing(Time::ZERO, false) };
    assert_eq!(only(&faults).impair(&coming, S), Impairment::NONE);
}

#[test]
fn luck_is_the_same_for_everybody_who_sends_then_and_differs_between_seeds() {
    for text in ["burst:share=30%", "duplicate:share=30%", "reorder:share=30%", "corrupt:share=30%"] {
        let course = |seed, asked: &[u64]| -> Vec<Impairment> {
            let faults = made(text, &scope(seed, true));
            asked
                .iter()
                .map(|ms| only(&faults).impair(&passing(Time::from_ms(*ms), false), Duration::from_millis(*ms)))
                .collect()
        };
        let all: Vec<u64> = (0..3_000).collect();
        let some: Vec<u64> = all.iter().copied().filter(|ms| ms % 7 == 3).collect();
        let dense = course(1, &all);
        let picked: Vec<Impairment> = some.iter().map(|ms| dense[*ms as usize]).collect();
        assert_eq!(course(1, &some), picked, "{text}: what else was sent must not matter");
        assert_ne!(course(2, &all), dense, "{text}");
    }
}

#[test]
fn clients_are_offline_for_their_share_of_the_time_each_at_its_own_times() {
    let faults = made("offline:share=20%,mean=3s", &scope(1, false));
    let fault = only(&faults);
    let away = |client, at: Duration| fault.link(NodeId(client), NodeId::SERVER, at) == LinkCondition::Cut;
    let shares = [1, 2, 3, 4]
        .map(|client| (0..200_000).filter(|tenth| away(client, S / 10 * *tenth)).count() as f64 / 200_000.0);
    // About 1,300 absences of each client.
    assert!(shares.iter().all(|share| (share - 0.2).abs() < 0.025), "{shares:?}");
    assert!((0..1_000).any(|tenth| away(1, S / 10 * tenth) != away(2, S / 10 * tenth)));
    let mut at = Duration::ZERO;
    for _ in 0..100 {
        let next = fault.next_transition(at).unwrap();
        let changed = (1..=4).any(|client| away(client, next) != away(client, at));
        assert!(next > at && changed, "{at:?} {next:?}");
        at = next;
    }
}

#[test]
fn who_leaves_for_good_has_a_successor_and_somebody_stays() {
    for clients in 2..=7 {
        let scope = Scope { clients, ..scope(u64::from(clients), false) };
        let faults = made("churn:session=4s,gap=1s,comes=new", &scope);
        let state = |client, at: Duration| only(&faults).node(NodeId(client), at);
        let count = |at, wanted| (1..=clients).filter(|client| state(*client, at) == wanted).count() as u32;
        assert_eq!(
            (count(Duration::ZERO, NodeState::Absent), count(Duration::ZERO, NodeState::Crashed)),
            (clients / 2, 0)
        );
        let late = S * 1_000;
        assert_eq!((count(late, NodeState::Absent), count(late, NodeState::Crashed)), (0, clients / 2));
        assert_eq!(faults.survivors(clients).count() as u32, clients - clients / 2);
        let gone = (1..=clients).find(|client| state(*client, late) == NodeState::Crashed).map(NodeId).unwrap();
        assert!(!at(&faults, 1_000_000).recovers(gone));
    }
    let back = made("churn:session=2s,gap=500ms", &scope(1, false));
    let crashed = |ms| (1..=4).map(NodeId).find(|client| at(&back, ms).node(*client) == NodeState::Crashed);
    let (ms, client) = (1..60_000).find_map(|ms| Some((ms, crashed(ms)?))).unwrap();
    assert!(at(&back, ms).recovers(client));
    assert_eq!(back.survivors(4).count(), 4);
}

#[test]
fn a_bridge_connects_two_halves_and_a_ring_only_neighbours() {
    let open = |text: &str, clients| {
        let faults = made(text, &Scope { clients, ..scope(1, false) });
        let open = |a: u32, b: u32| only(&faults).link(NodeId(a), NodeId(b), S) == LinkCondition::Open;
        let pairs: Vec<(u32, u32)> =
            (1..=clients).flat_map(|a| (a + 1..=clients).map(move |b| (a, b))).filter(|(a, b)| open(*a, *b)).collect();
        pairs
    };
    assert_eq!(open("partition:bridge,client=3", 5), [(1, 2), (1, 3), (2, 3), (3, 4), (3, 5), (4, 5)]);
    assert_eq!(open("partition:bridge,client=1", 4), [(1, 2), (1, 3), (1, 4), (2, 3)]);
    assert_eq!(open("partition:ring", 5), [(1, 2), (1, 5), (2, 3), (3, 4), (4, 5)]);
    assert_eq!(open("partition:ring", 3).len(), 3);
    let needs = |text: &str| only(&made(text, &scope(1, false))).needs().mesh.is_some();
    assert!(needs("partition:bridge") && needs("partition:ring") && !needs("partition:halves"));
}

#[test]
fn a_swarm_draws_another_set_for_every_seed_and_each_kind_of_fault_in_some() {
    let drawn = |text: &str, scope: &Scope<'_>| -> Vec<String> {
        let armed = configure(&text.parse().unwrap(), scope).unwrap();
        assert!(armed[0].drawn_by.is_none() && armed[1..].iter().all(|one| one.drawn_by.as_deref() == Some(text)));
        armed[1..].iter().map(|one| one.label.clone()).collect()
    };
    for datagrams in [false, true] {
        let sets: Vec<Vec<String>> = (1..=200).map(|seed| drawn("swarm", &scope(seed, datagrams))).collect();
        assert!(sets.iter().all(|set| !set.is_empty()) && sets[0] != sets[1]);
        assert_eq!(sets[0], drawn("swarm", &scope(1, datagrams)));
        let names: std::collections::BTreeSet<&str> =
            sets.iter().flatten().map(|label| label.split([':', '@']).next().unwrap()).collect();
        let may = FAULTS.iter().filter(|spec| matches!(spec.swarm, Swarm::Drawn(_))).map(|spec| spec.name);
        let other = |name: &&str| {
            let needs_datagrams = ["duplicate", "reorder"].contains(name);
            if datagrams { !["burst", "corrupt"].contains(name) } else { !needs_datagrams }
        };
        assert_eq!(names.into_iter().collect::<Vec<_>>(), {
            let mut may: Vec<&str> = may.filter(other).collect();
            may.sort_unstable();
            may
        });
        // Within the time in which users act, or soon after.
        for set in &sets {
            let faults: Faults = set
                .iter()
                .flat_map(|label| configure(&label.parse().unwrap(), &scope(1, datagrams)).unwrap())
                .collect();
            assert!(faults.last_end() <= Time::ZERO + S * 72 && faults.survivors(4).count() == 4, "{set:?}");
        }
    }
    let real = Scope { real_time: true, ..scope(1, false) };
    let native = |label: &String| {
        let name = label.split([':', '@']).next().unwrap();
        FAULTS.iter().any(|spec| spec.name == name && !matches!(spec.threads, Support::Unsupported(_)))
    };
    assert!((1..50).flat_map(|seed| drawn("swarm", &Scope { seed, ..real })).all(|label| native(&label)));
    assert!(drawn("swarm:share=1%", &scope(1, false)).len() == 1, "one at least");
    let inside = drawn("swarm@10s..20s", &scope(4, false));
    assert!(
        inside.iter().all(|label| label
            .parse::<Selector>()
            .unwrap()
            .window
            .is_some_and(|(start, _)| { (10_000.0..20_000.0).contains(&start.as_ms()) })),
        "{inside:?}"
    );
}

#[test]
fn wrong_parameters_of_links_are_named() {
    for text in [
        "flapping:down=0",
        "flapping:down=100%",
        "flapping:period=0",
        "burst:share=0",
        "burst:share=1",
        "burst:mean=0",
        "duplicate:share=0",
        "reorder:by=0",
        "corrupt:0",
        "offline:share=100%",
        "offline:mean=0",
        "churn:gap=0",
        "churn:comes=new@2s..3s",
        "swarm:0",
        "partition:bridge,client=9",
    ] {
        let Err(error) = configure(&text.parse().unwrap(), &scope(1, true)) else { panic!("{text} was taken") };
        assert!(error.to_string().contains("expected") || error.to_string().contains("no client"), "{error}");
    }
    assert!(made_alone("churn:comes=new").unwrap_err().to_string().contains("two clients"));
}

fn made_alone(text: &str) -> Result<Vec<Armed>, SelectorError> {
    configure(&text.parse().unwrap(), &Scope { clients: 1, ..scope(1, false) })
}

#[test]
fn a_message_counts_once_for_a_fault_that_touches_it_on_both_legs() {
    let faults = made("burst:share=99%,loss=100%,mean=10s", &scope(1, true));
    let mut conditions = Conditions::new(&faults);
    let mut met = std::collections::BTreeSet::new();
    for leaves in [true, false] {
        let lost =
            conditions.impair(&Passing { leaves, ..passing(Time::from_ms(5), false) }, |place| met.insert(place)).lost;
        assert!(lost);
    }
    assert_eq!((conditions.touches()[0].messages, conditions.touches()[0].messages_passed), (1, 1));
}

#[test]
fn what_comes_and_goes_is_covered_by_its_spells() {
    let faults = made("flapping:period=2s,down=50%,client=2@1s..6s", &scope(1, false));
    let at = |ms| Time::from_ms(ms);
    // Down from 1 s to 2 s, 3 s to 4 s, 5 s to 6 s.
    let operations = [
        (at(500), Some(at(600))),
        (at(1_500), Some(at(1_600))),
        (at(2_500), Some(at(3_200))),
        (at(4_100), Some(at(4_200))),
    ];
    let touches = [Touches { connections: 1, ..Touches::default() }];
    let nodes = [NodeId::SERVER, NodeId(1), NodeId(2)];
    let met = Met { touches: &touches, operations: &operations, reopenings: &[], nodes: &nodes };
    let covered = faults.coverage(&met, Some(at(8_000)), at(9_000)).remove(0);
    assert_eq!(covered.spells, Some(Spells { times: 3, total_ms: 3_000.0 }));
    assert_eq!((covered.operations_meanwhile, covered.operations_overlapped, covered.touched), (1, 2, true));
    let idle = Met { touches: &[Touches::default()], ..met };
    let vain = faults.coverage(&idle, Some(at(8_000)), at(9_000)).remove(0).vain().unwrap();
    assert!(vain.contains("flapping") && vain.contains("touched nothing"), "{vain}");
}
