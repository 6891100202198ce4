//! Simpler conditions: fewer faults, a constant network, a reliable transport.

use std::time::Duration;

use syncbench_strategies::selector::{Selector, format_span, parse_span};
use syncbench_strategies::spec::ParamKind;

use super::search::Search;
use super::times::SPANS_MS;
use crate::network::Transport;

/// Networks from the simplest on. With a delay between two instants a story shows what had not arrived yet; on `instant` it
/// shows that only the order of two operations of one instant matters.
const PLAIN: [&str; 3] = ["constant:10ms", "constant", "instant"];

/// Replaces faults that draw from the seed by what they draw, so that each can be left out by itself.
pub(super) fn write_down(search: &mut Search<'_>) {
    let settings = &search.best().settings;
    let Ok(armed) = settings.armed(&search.best().product.known) else { return };
    let written: Vec<String> = armed.iter().map(|armed| armed.label.clone()).collect();
    if written != settings.faults {
        search.take_with(|planned| planned.settings.faults = written);
    }
}

/// Leaves out faults, one by one, and shortens the spans in their parameters.
pub(super) fn fewer_faults(search: &mut Search<'_>) {
    let mut at = 0;
    while at < search.best().settings.faults.len() {
        let without = search.take_with(|planned| drop(planned.settings.faults.remove(at)));
        at += usize::from(!without);
    }
    for at in 0..search.best().settings.faults.len() {
        shorter_spans(search, at);
    }
}

fn shorter_spans(search: &mut Search<'_>, at: usize) {
    let Ok(selector) = search.best().settings.faults[at].parse::<Selector>() else { return };
    let known = &search.best().product.known.faults;
    let Some(spec) = known.iter().copied().find(|spec| spec.name == selector.name) else { return };
    for param in spec.params.iter().filter(|param| param.kind == ParamKind::Span) {
        let Ok(mut selector) = search.best().settings.faults[at].parse::<Selector>() else { return };
        // A value without a key belongs to the first parameter.
        if let (Some(first), Some(value)) = (spec.params.first(), selector.values.pop()) {
            selector.named.insert(first.name.to_owned(), value);
        }
        let written = selector.named.get(param.name).map_or(param.default, String::as_str);
        let Ok(span) = parse_span(written) else { continue };
        for shorter in SPANS_MS.map(Duration::from_millis).into_iter().take_while(|shorter| *shorter < span) {
            selector.named.insert(param.name.to_owned(), format_span(shorter));
            if search.take_with(|planned| planned.settings.faults[at] = selector.to_string()) {
                break;
            }
        }
    }
}

/// Simplifies network, transport and sampling of states, where they are not simple yet.
pub(super) fn plainer(search: &mut Search<'_>) {
    let network = search.best().settings.network.clone();
    let worth = PLAIN.iter().position(|plain| *plain == network).unwrap_or(PLAIN.len());
    for plain in &PLAIN[..worth] {
        if search.take_with(|planned| planned.settings.network = (*plain).to_owned()) {
            break;
        }
    }
    if search.best().settings.transport != Transport::Stream {
        search.take_with(|planned| planned.settings.transport = Transport::Stream);
    }
    if search.best().settings.undo > 0.0 && search.best().script.is_some() {
        search.take_with(|planned| planned.settings.undo = 0.0);
    }
    if search.best().settings.sample_every.is_some() && search.best().settings.usual_sampling().is_none() {
        search.take_with(|planned| planned.settings.sample_every = None);
    }
}
