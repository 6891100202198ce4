//! Send windows, in every strategy with a server that has the parameter.

use std::time::Duration;

use super::{Table, Toy};
use crate::registry::{self, STRATEGIES};
use crate::replica::Time;
use crate::spec::{Spec, WINDOW};

/// The strategies whose clients send over an [`Uplink`](crate::star::Uplink).
fn stars() -> impl Iterator<Item = &'static Spec> {
    let over_an_uplink = |spec: &&Spec| match spec.family {
        "serial" | "ot" | "ids" | "hybrid" => true,
        _ => spec.name == "lww-property",
    };
    STRATEGIES.iter().copied().filter(over_an_uplink)
}

#[test]
fn the_first_change_goes_at_once_and_the_rest_at_the_end_of_the_window() {
    for spec in stars() {
        let label = format!("{}:window=50ms", spec.name);
        let configured = registry::configure(&label.parse().unwrap()).unwrap();
        assert_eq!(configured.strategy.send_window(), Duration::from_millis(50), "{label}");
        let mut table = Table::new(&label, 2);
        for item in [7, 8, 9] {
            table.act(1, &Toy::Push(item));
            assert_eq!(table.wire(1, 0).len(), 1, "{label}");
        }
        table.pass(Duration::from_millis(49));
        assert_eq!((table.sees(2, "list"), table.wire(1, 0).len()), ("[7,2,1]".into(), 0), "{label}");
        table.ring();
        assert_eq!(table.wire(1, 0).len(), 1, "{label}: the rest is one message");
        table.pass(Duration::from_millis(20));
        assert_eq!(table.sees(2, "list"), "[9,8,7,2,1]", "{label}");
        // That send began a window, which still has 30 ms.
        table.act(1, &Toy::Push(10));
        assert_eq!(table.wire(1, 0).len(), 0, "{label}");
        table.run();
        assert_eq!((table.now, table.sees(2, "list")), (Time::from_ms(100), "[10,9,8,7,2,1]".into()), "{label}");
        table.agree();
    }
}

#[test]
fn without_a_window_every_change_goes_at_once() {
    for spec in stars() {
        let configured = registry::configure(&spec.name.parse().unwrap()).unwrap();
        assert_eq!(configured.strategy.send_window(), Duration::ZERO, "{}", spec.name);
        let mut table = Table::new(spec.name, 2);
        for round in 0..3 {
            table.act(1, &Toy::Push(round));
            assert_eq!(table.wire(1, 0).len(), 1, "{}", spec.name);
            (0..2).for_each(|_| table.pass(Duration::ZERO));
        }
        table.run();
        table.agree();
    }
}

#[test]
fn every_window_is_the_same_parameter() {
    for spec in STRATEGIES {
        if let Some(param) = spec.params.iter().find(|param| param.name == WINDOW.name) {
            assert_eq!((param.kind, param.default), (WINDOW.kind, WINDOW.default), "{}", spec.name);
        }
        let sends = stars().any(|star| star.name == spec.name);
        assert!(!sends || spec.params.iter().any(|param| param.name == WINDOW.name), "{}", spec.name);
    }
}
