//! What a screen reader is told: axe-core's rules, and those that only people know.

use std::{env, fs};

use serde_json::json;

use super::browser::skipped;
use super::{shown, small};

#[test]
fn axe_core_finds_no_violation() {
    let Some(axe) = env::var_os("SYNCBENCH_AXE") else {
        skipped("accessibility of the page: SYNCBENCH_AXE names no axe.min.js");
        return;
    };
    let axe = fs::read_to_string(axe).expect("SYNCBENCH_AXE names a file");
    let Some(mut browser) = shown(&small()) else { return };
    browser.eval(&format!("{axe}\n; 0"));
    let run = "axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${one.help}: ${node.html.slice(0, 160)}: ${node.failureSummary.slice(0, 300)}`)))";
    browser.eval("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })");
    for scheme in ["light", "dark"] {
        browser.scheme(scheme);
        for (width, height) in [(1280, 900), (390, 844)] {
            browser.size(width, height);
            assert_eq!(browser.eval(run), json!([]), "{scheme}, {width}");
        }
    }
    // A rule that is broken is found.
    browser.eval("document.querySelector('html').removeAttribute('lang')");
    assert_ne!(browser.eval(run), json!([]));
}

#[test]
fn tables_charts_and_scrollers_say_what_they_are() {
    let Some(mut browser) = shown(&small()) else { return };
    let without = |browser: &mut super::Browser, selector: &str, test: &str| {
        browser.eval(&format!("[...document.querySelectorAll('{selector}')].filter((one) => !({test})).map((one) => one.outerHTML.slice(0, 120))"))
    };
    for (selector, test) in [
        ("table", "one.caption && one.caption.textContent.trim()"),
        ("th", "one.scope"),
        (
            ".wide, .chart",
            "(one.tabIndex === 0 || one.querySelectorAll(\"[tabindex=\\\"0\\\"]\").length === 1) && one.getAttribute(\"role\") === \"region\" && (one.getAttribute(\"aria-label\") || one.getAttribute(\"aria-labelledby\"))",
        ),
        (".chart svg", "one.getAttribute(\"role\") === \"group\" && one.querySelector(\"title\")"),
        (
            ".chart svg [tabindex=\"0\"]",
            "one.getAttribute(\"role\") === \"img\" && one.getAttribute(\"aria-label\").includes(\", \")",
        ),
        ("figure", "document.getElementById(one.getAttribute(\"aria-describedby\")).querySelector(\"a\")"),
    ] {
        assert_eq!(without(&mut browser, selector, test), json!([]), "{selector}");
    }
    browser.key("Tab");
    assert_eq!(browser.eval("document.activeElement.className"), "skip", "the first stop skips to the figures");
    browser.key("Enter");
    assert_eq!(browser.eval("location.hash"), "#main");
}
