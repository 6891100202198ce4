//! Switching, sorting, filtering, exact figures and links, by keyboard.

use serde_json::json;

use super::browser::Browser;
use super::{shown, small};

const FOCUSED: &str = "document.activeElement.innerText || document.activeElement.name || document.activeElement.id";
const ROWS: &str =
    "[...document.querySelectorAll('#worst tbody tr')].filter((row) => !row.hidden).map((row) => row.dataset.s)";

/// Goes on with the tab key until an expression about the focused element holds.
fn tab_to(browser: &mut Browser, wanted: &str) {
    for _ in 0..60 {
        browser.key("Tab");
        if browser.eval(&format!("((at) => {wanted})(document.activeElement)")) == true {
            return;
        }
    }
    panic!("the tab key never reached {wanted}; it is at {}", browser.eval(FOCUSED));
}

#[test]
fn a_column_is_sorted_by_keyboard_and_says_so() {
    let Some(mut browser) = shown(&small()) else { return };
    browser.size(1280, 900);
    let planned = browser.eval(ROWS);
    tab_to(&mut browser, "at.matches('#worst th.spot[data-w=text] button')");
    let order = "document.querySelector('#worst th[data-w=text]').getAttribute('aria-sort')";
    let figures = "[...document.querySelectorAll('#worst tbody tr')].map((row) => parseFloat(row.cells[3].dataset.v))";
    assert_eq!(browser.eval(order), json!(null));
    browser.key("Enter");
    assert_eq!(browser.eval(order), "ascending");
    let mut sorted: Vec<f64> = serde_json::from_value(browser.eval(figures)).expect("figures");
    assert!(sorted.is_sorted() && sorted.first() < sorted.last(), "{sorted:?}");
    browser.key(" ");
    assert_eq!(browser.eval(order), "descending");
    let down: Vec<f64> = serde_json::from_value(browser.eval(figures)).expect("figures");
    sorted.reverse();
    assert_eq!(down, sorted);
    browser.key("Enter");
    assert_eq!((browser.eval(order), browser.eval(ROWS)), (json!(null), planned));
    assert_eq!(browser.complaints, [""; 0]);
}

#[test]
fn strategies_families_workloads_and_networks_are_filtered_by_keyboard() {
    let Some(mut browser) = shown(&small()) else { return };
    browser.size(1280, 900);
    tab_to(&mut browser, "at.name === 's'");
    for letter in ["o", "t", ",", "l", "w", "w"] {
        browser.key(letter);
    }
    assert_eq!(browser.eval(ROWS), json!(["ot", "lww-document"]));
    let shown_rows = "[...document.querySelectorAll('[data-s]')].filter((row) => !row.hidden).every((row) => /ot|lww/.test(row.dataset.s))";
    assert_eq!(browser.eval(shown_rows), true, "in every table");
    assert_eq!(browser.eval("document.querySelector('output').innerText"), "2 of 4 strategies");
    tab_to(&mut browser, "at.name === 'f'");
    browser.key("l");
    assert_eq!(browser.eval(ROWS), json!(["lww-document"]));
    tab_to(&mut browser, "at.name === 'w'");
    browser.key("t");
    let sections = "[...document.querySelectorAll('details.section[data-w]')].filter((one) => !one.hidden).map((one) => one.dataset.w)";
    assert_eq!(browser.eval(sections), json!(["text"]));
    assert_eq!(
        browser.eval("[...document.querySelectorAll('#worst th[data-w]')].filter((head) => !head.hidden).length"),
        1
    );
    assert_eq!(browser.eval("document.querySelector('#worst tbody tr:not([hidden])').cells[2].hidden"), true);
    tab_to(&mut browser, "at.name === 'n'");
    browser.key("w");
    let conditions = "[...document.querySelectorAll('details.section > [data-n]')].filter((one) => !one.hidden).every((one) => one.dataset.n === 'wifi')";
    assert_eq!(browser.eval(conditions), true);
    assert_eq!(
        browser.eval("document.querySelector('.switch input:checked').id"),
        "show-mode0",
        "a mode of that network"
    );
    tab_to(&mut browser, "at.type === 'reset'");
    browser.key("Enter");
    browser.eval("new Promise((done) => setTimeout(done, 50))");
    assert_eq!(
        browser.eval("document.querySelectorAll('[data-s][hidden], [data-w][hidden], [data-n][hidden]').length"),
        0
    );
    assert_eq!(browser.complaints, [""; 0]);
}

#[test]
fn modes_are_switched_by_keyboard_and_one_is_shown() {
    let Some(mut browser) = shown(&small()) else { return };
    browser.size(1280, 900);
    let seen = "[...document.querySelectorAll('.heat')].filter((heat) => heat.offsetHeight).map((heat) => heat.id)";
    assert_eq!(browser.eval(seen), json!(["worst"]));
    tab_to(&mut browser, "at.type === 'radio'");
    browser.key("ArrowRight");
    assert_eq!(browser.eval(seen), json!(["mode0"]));
    browser.key("ArrowDown");
    assert_eq!(browser.eval(seen), json!(["mode1"]));
}

#[test]
fn a_focus_shows_exact_figures_with_their_interval_and_arrows_move_it() {
    let Some(mut browser) = shown(&small()) else { return };
    browser.size(1280, 900);
    tab_to(&mut browser, "at.matches('#worst td')");
    let tip = "[document.getElementById('tip').hidden, document.getElementById('tip').innerText, document.activeElement.getAttribute('aria-describedby')]";
    let first = browser.eval(tip);
    assert!(
        first[1]
            .as_str()
            .is_some_and(|text| text.starts_with("serial on stack, ") && text.contains("lost per 1,000 operations (")),
        "{first}"
    );
    assert_eq!((&first[0], &first[2]), (&json!(false), &json!("tip")));
    browser.key("ArrowDown");
    browser.key("ArrowRight");
    let moved = browser.eval(tip);
    assert!(
        moved[1].as_str().is_some_and(|text| text.starts_with("ot on text, ") && text.contains("(range ")),
        "{moved}"
    );
    browser.key("Escape");
    assert_eq!(browser.eval("document.getElementById('tip').hidden"), true);
    browser.key("Enter");
    // Browsers tell of a new address when they come to it.
    let unfolded = "new Promise((done) => {
        const look = (left) => {
            const open = document.getElementById('w1').closest('details').open;
            if (open || !left) done(open); else setTimeout(look, 20, left - 1);
        };
        look(250);
    })";
    assert_eq!(browser.eval(unfolded), true, "a cell leads to its workload");
    // In a table, figures are as exact as they were measured.
    let exact = "(() => {
        const cell = [...document.querySelectorAll('#g0 ~ .wide td[data-v], #g1 ~ .wide td[data-v]')].find((cell) => cell.querySelector('small'));
        cell.tabIndex = 0;
        cell.focus();
        return document.getElementById('tip').innerText;
    })()";
    let text = browser.eval(exact);
    assert!(text.as_str().is_some_and(|text| text.contains(": ") && text.contains("(range ")), "{text}");
    assert_eq!(browser.complaints, [""; 0]);
}

#[test]
fn every_link_leads_somewhere_and_unfolds_it() {
    let Some(mut browser) = shown(&small()) else { return };
    let nowhere = "[...document.querySelectorAll('a[href]')].map((link) => link.getAttribute('href')).filter((to) => !to.startsWith('#') || !document.getElementById(to.slice(1)))";
    assert_eq!(browser.eval(nowhere), json!([]));
    assert_eq!(browser.eval("(() => { const ids = [...document.querySelectorAll('[id]')].map((one) => one.id); return ids.length - new Set(ids).size; })()"), 0);
    let found = "(async () => {
        const link = document.querySelector('td.words a');
        link.click();
        await new Promise((done) => setTimeout(done, 100));
        const target = document.getElementById(link.getAttribute('href').slice(1));
        const folds = [];
        for (let fold = target.closest('details'); fold; fold = fold.parentElement.closest('details')) folds.push(fold.open);
        return [folds, target.parentElement.innerText.includes('syncbench demo --cell ')];
    })()";
    assert_eq!(browser.eval(found), json!([[true, true], true]), "a loss leads to what was found, and to its story");
}

#[test]
fn without_a_script_everything_is_there() {
    let page = syncbench_reports::html::page(&small(), &[]);
    let (before, rest) = page.split_once("<script>").expect("a script");
    let (_, after) = rest.split_once("</script>").expect("its end");
    let Some(mut browser) = Browser::open(&format!("{before}{after}")) else { return };
    browser.size(1280, 900);
    assert_eq!(browser.eval("document.querySelector('.filter').offsetHeight"), 0, "no dead controls");
    assert_eq!(browser.eval("document.querySelectorAll('#worst tbody tr').length"), 4);
    let switched = "(() => {
        document.getElementById('show-mode1').click();
        return [...document.querySelectorAll('.heat')].filter((heat) => heat.offsetHeight).map((heat) => heat.id);
    })()";
    assert_eq!(browser.eval(switched), json!(["mode1"]), "style sheets switch modes");
    assert_eq!(
        browser.eval("/ lost per 1,000 operations /.test(document.querySelector('#worst td.spot').title)"),
        true
    );
}
