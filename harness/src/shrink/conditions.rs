//! Plainer conditions: fewer faults, a constant network, a reliable transport.

use super::search::Search;
use crate::network::Transport;

/// Networks from the plainest on. With a delay between two instants a story shows what had not arrived yet; on `instant` it
/// shows that nothing but the order of two operations of one instant matters.
const PLAIN: [&str; 3] = ["constant:10ms", "constant", "instant"];

/// Leaves out faults, one by one.
pub(super) fn fewer_faults(search: &mut Search<'_>) {
    let mut at = 0;
    while at < search.best().settings.faults.len() {
        let without = search.take_with(|planned| drop(planned.settings.faults.remove(at)));
        at += usize::from(!without);
    }
}

/// Makes network, transport and looks at states plainer, where they are not.
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
