//! Made curves for tests: figures in closed form.

use syncbench_harness::by_name::ByName;
use syncbench_harness::growth::{Axis, Curve, Curves, FIGURES, Held, Point, SCHEMA};
use syncbench_harness::results::Environment;

/// Places on the axis of clients, as close together as where curves are measured: with fewer, a fit leaves constants open.
pub(super) const CLIENTS: [u64; 7] = [1, 3, 10, 30, 100, 300, 1_000];
/// Places on the axis of operations, and of items.
pub(super) const HISTORY: [u64; 9] = [10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000];

/// What every curve holds: 1,000 operations by 10 clients on 100 items.
pub(super) const HELD: (u64, u64, u64) = (1_000, 10, 100);

/// A curve whose figures are given by name and place.
pub(super) fn curve(strategy: &str, axis: Axis, places: &[u64], of: impl Fn(&str, f64) -> f64) -> Curve {
    let point = |at: &u64| {
        let figures = FIGURES.iter().map(|figure| (figure.name, vec![of(figure.name, *at as f64)]));
        Point { at: *at, figures: ByName::from_iter(figures) }
    };
    let (operations, clients, items) = HELD;
    Curve {
        strategy: strategy.to_owned(),
        workload: "counter".to_owned(),
        axis,
        held: Held {
            operations: (axis != Axis::Operations).then_some(operations),
            clients: (axis != Axis::Clients).then_some(clients),
            items: (axis != Axis::Items).then_some(items),
            rate_per_s: 20.0,
            network: "lan".to_owned(),
        },
        points: places.iter().map(point).collect(),
        stopped: None,
    }
}

/// All three axes of a strategy, from one closed form of a figure's name, clients, operations and items.
pub(super) fn axes(strategy: &str, of: impl Fn(&str, f64, f64, f64) -> f64) -> Vec<Curve> {
    let (operations, clients, items) = (HELD.0 as f64, HELD.1 as f64, HELD.2 as f64);
    vec![
        curve(strategy, Axis::Operations, &HISTORY, |name, n| of(name, clients, n, items)),
        curve(strategy, Axis::Clients, &CLIENTS, |name, n| of(name, n, operations, items)),
        curve(strategy, Axis::Items, &HISTORY, |name, n| of(name, clients, operations, n)),
    ]
}

/// A file of curves.
pub(super) fn curves(all: Vec<Curve>) -> Curves {
    Curves { schema: SCHEMA, environment: Environment::default(), reference_us: 100.0, budget_s: 60.0, curves: all }
}

/// A strategy whose operations are sent to everybody by a server, and forgotten.
pub(super) fn fan_out(name: &str, clients: f64, _: f64, items: f64) -> f64 {
    match name {
        "cpu_us_local" => 2.0,
        "cpu_us_remote" => 1.0,
        "cpu_us_server" => 4.0 + 0.5 * clients,
        "wire_bytes_up_per_op" => 90.0,
        "wire_bytes_down_per_op" => 80.0 * clients,
        "wire_bytes_per_op" => 90.0 + 80.0 * clients,
        "payload_bytes_per_op" => 20.0 + 16.0 * clients,
        "messages_per_op" => 1.0 + clients,
        "resident_bytes" => 2_000.0 + 50.0 * items,
        "server_resident_bytes" => 5_000.0 + 50.0 * items + 200.0 * clients,
        "stored_bytes" | "server_stored_bytes" => 40.0 * items + 100.0,
        "first_sync_bytes" => 40.0 * items + 300.0,
        "load_ms" => 0.001 * items + 0.1,
        other => panic!("a figure that no closed form has: {other}"),
    }
}

/// A strategy that keeps all of its history, at the server and at every client.
pub(super) fn keeps_history(name: &str, clients: f64, operations: f64, items: f64) -> f64 {
    let plain = fan_out(name, clients, operations, items);
    match name {
        "resident_bytes" | "server_resident_bytes" => plain + 60.0 * operations,
        "stored_bytes" | "server_stored_bytes" | "first_sync_bytes" => plain + 30.0 * operations,
        "load_ms" => plain + 0.002 * operations,
        _ => plain,
    }
}
