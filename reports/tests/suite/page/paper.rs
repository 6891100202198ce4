//! The page on paper.

use super::{shown, small};
use crate::support::Plan;

#[test]
fn print_has_everything_unfolded_no_controls_and_no_empty_page() {
    let plan =
        Plan { strategies: &["serial", "ot"], workloads: &["stack"], parts: &["calm", "rough"], sizes: &[], seeds: 2 };
    let Some(mut browser) = shown(&plan.results()) else { return };
    browser.size(1280, 900);
    browser.call("Emulation.setEmulatedMedia", serde_json::json!({ "media": "print" }));
    let controls =
        "[...document.querySelectorAll('.filter, .switch, nav, .skip')].filter((one) => one.offsetHeight).length";
    assert_eq!(browser.eval(controls), 0);
    browser.eval("dispatchEvent(new Event('beforeprint'))");
    let folded = "[...document.querySelectorAll('details')].filter((fold) => !fold.open).length";
    assert_eq!(browser.eval(folded), 0);
    assert_eq!(browser.eval("[...document.querySelectorAll('.heat')].every((heat) => heat.offsetHeight)"), true);
    browser.eval("dispatchEvent(new Event('afterprint'))");
    assert_ne!(browser.eval(folded), 0, "and as before afterwards");
    browser.call("Emulation.setEmulatedMedia", serde_json::json!({ "media": "" }));
    let blank = "<!DOCTYPE html><title>blank</title>";
    let pages = browser.pages();
    assert!(pages.len() > 4, "{pages:?}: sections are unfolded on paper");
    browser.load(blank);
    let blank = browser.print(1).expect("one page");
    assert!(pages.iter().all(|page| *page > blank + 1000), "{pages:?}, and {blank} for an empty page");
}

/// Most sheets of a large run, printed on both sides: what a stapler holds.
const MOST: u32 = 60;

/// Tables in small type, three charts a row, no commands.
#[test]
fn a_large_run_is_printed_on_as_many_sheets_as_a_stapler_holds() {
    let Some(mut browser) = shown(&super::large()) else { return };
    assert_eq!(browser.eval("dispatchEvent(new Event('beforeprint'))"), true);
    browser.call("Emulation.setEmulatedMedia", serde_json::json!({ "media": "print" }));
    let columns = "getComputedStyle(document.querySelector('.figures')).gridTemplateColumns.split(' ').length";
    assert_eq!(browser.eval(columns), 3);
    let seen = "[...document.querySelectorAll('.commands, .filtered, .ring')].filter((one) => one.getClientRects().length && getComputedStyle(one).display !== 'none' && one.offsetHeight).length";
    assert_eq!(browser.eval(seen), 0);
    browser.call("Emulation.setEmulatedMedia", serde_json::json!({ "media": "" }));
    assert!(browser.print(20).is_some() && browser.print(MOST).is_none(), "more than {MOST} pages");
}

#[test]
fn paper_is_white_in_the_dark() {
    let Some(mut browser) = shown(&small()) else { return };
    let paper = "getComputedStyle(document.body).backgroundColor";
    let light = browser.eval(paper);
    browser.scheme("dark");
    assert_ne!(browser.eval(paper), light);
    let dark_print =
        serde_json::json!({ "media": "print", "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
    browser.call("Emulation.setEmulatedMedia", dark_print);
    assert_eq!(browser.eval(paper), light);
}
