//! Hours that two guests held at the same time, counted by hand from what users did and were told.

use std::collections::BTreeMap;
use std::time::Duration;

use rayon::prelude::*;
use syncbench_harness::ledger::{Entry, Fate};
use syncbench_harness::workload::History;
use syncbench_harness::workloads::booking::{BookingOp, OVERSOLD};
use syncbench_strategies::path;
use syncbench_strategies::replica::Time;

use crate::common::subject::{Subject, case};
use crate::common::{Case, Done, silence_libraries, strategies};

/// Every show has more tickets than anybody books: only hours can be oversold.
const HOURS: &str = "booking:tickets=100000,restock=0,cancel=0.4";

/// What an agent notices.
enum Notice {
    /// Its guest has the hour.
    Promised { hour: String, booking: String },
    /// It gives a booking back.
    GivenBack { booking: String },
}

/// Goes through everything in the order of time, and keeps for each hour a list of who was told to have it.
fn count(done: &Done) -> u64 {
    let mut notices: Vec<(Time, u32, u64, Notice)> = Vec::new();
    let at = |entry: &Entry, time: Time| (time, entry.id.client.0, entry.id.n);
    for entry in done.ran.ledger.entries().filter(|entry| !matches!(entry.fate, Fate::Rejected(_))) {
        let ((time, client, n), notice) = match (entry.operation.decode().unwrap(), &entry.fate) {
            (BookingOp::Reserve { item, booking }, Fate::Confirmed(_)) if item.starts_with("hour") => {
                (at(entry, entry.resolved.unwrap()), Notice::Promised { hour: item, booking })
            }
            (BookingOp::Cancel { booking }, _) => (at(entry, entry.issued), Notice::GivenBack { booking }),
            _ => continue,
        };
        notices.push((time, client, n, notice));
    }
    // What is given back at an instant is free at that instant.
    notices.sort_by_key(|(time, client, n, notice)| (*time, matches!(notice, Notice::Promised { .. }), *client, *n));
    let given_back: Vec<&String> = notices
        .iter()
        .filter_map(|(.., notice)| match notice {
            Notice::GivenBack { booking } => Some(booking),
            Notice::Promised { .. } => None,
        })
        .collect();
    let stays =
        |booking: &String| given_back.contains(&booking) || done.ran.last().at(&path!["bookings", booking]).is_some();
    let mut guests: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    let mut gone_before: Vec<&String> = Vec::new();
    let mut twice = 0;
    for (.., notice) in &notices {
        match notice {
            Notice::GivenBack { booking } => {
                gone_before.push(booking);
                guests.values_mut().for_each(|guests| guests.retain(|guest| *guest != booking));
            }
            Notice::Promised { booking, .. } if gone_before.contains(&booking) => {}
            Notice::Promised { hour, booking } => {
                let guests = guests.entry(hour).or_default();
                guests.push(booking);
                if guests.len() > 1 {
                    twice += 1;
                    // A guest whose booking is gone has lost the hour to another; that is counted now.
                    let without = guests.iter().position(|guest| !stays(guest));
                    without.map(|index| guests.remove(index));
                }
            }
        }
    }
    twice
}

#[test]
fn hours_promised_to_two_guests_at_once_are_as_many_as_a_count_by_hand() {
    silence_libraries();
    let subjects: Vec<Subject> =
        strategies().map(|strategy| Subject::new(strategy, HOURS)).filter(Subject::supported).collect();
    let jobs: Vec<(&Subject, u64)> =
        subjects.iter().flat_map(|subject| subject.seeds().iter().map(move |seed| (subject, seed))).collect();
    let counts: Vec<(String, u64)> = jobs
        .into_par_iter()
        .map(|(subject, seed)| {
            let case = Case {
                network: "4g".into(),
                ops: 120,
                rate_per_s: 20.0,
                size: 4,
                seed,
                budget: Duration::from_secs(60),
                ..case(subject)
            };
            let done = case.run_unwatched(&subject.strategy, Vec::new());
            let history = History { genesis: &done.genesis, last: done.ran.last(), ledger: &done.ran.ledger };
            let found = subject.workload.workload.judge(&history);
            let oversold = found.iter().find(|finding| finding.kind == OVERSOLD.name).map_or(0, |found| found.count);
            assert_eq!(oversold, count(&done), "{subject}, seed {seed}: {found:?}");
            (subject.strategy.spec.name.to_owned(), oversold)
        })
        .collect();
    let of = |name: &str| counts.iter().filter(|(strategy, _)| strategy == name).map(|(_, count)| count).sum::<u64>();
    assert_eq!(of("serial"), 0);
    assert!(of("ot") > 0 && of("lww-document") > 0, "{counts:?}");
}
