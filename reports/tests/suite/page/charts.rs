//! Charts follow the filters, and tell their figures to a pointer and to keys.

use serde_json::{Value, json};

use super::browser::Browser;
use super::{shown, small, with_facts};
use crate::support::{Plan, criterion};

/// Unfolds everything, and what the tests ask of charts.
const HELPERS: &str = r#"
    document.querySelectorAll('details').forEach((fold) => { fold.open = true; });
    const numbers = [...document.getElementById('numbers').content.querySelectorAll('ol')].map((list) => [...list.children]);
    const parts = (one) => one.dataset.m.split('|');
    const marks = (figure) => [...figure.querySelectorAll('[data-m]')].filter((one) => parts(one)[2]);
    const strategies = (one) => parts(one)[0].split(' ').map((number) => numbers[0][number].dataset.s);
    const seen = (one) => getComputedStyle(one).display !== 'none';
    const tip = () => document.getElementById('tip').hidden ? null : document.getElementById('tip').innerText;
    const filter = (name, value) => {
        const form = document.querySelector('form.filter');
        form.elements[name].value = value;
        form.dispatchEvent(new Event('input'));
    };
    0"#;

/// Each chart that has a mark that `wrong` holds of.
fn charts_with(browser: &mut Browser, wrong: &str) -> Value {
    browser.eval(&format!(
        "[...document.querySelectorAll('figure')].filter((figure) => [...figure.querySelectorAll('[data-m]')].some((one) => {wrong})).map((figure) => figure.id)"
    ))
}

#[test]
fn every_chart_hides_the_marks_of_strategies_and_families_that_are_not_wanted() {
    let results = small();
    let Some(mut browser) = Browser::open(&syncbench_reports::html::page(&results, &criterion(&results))) else {
        return;
    };
    browser.size(1280, 900);
    browser.eval(HELPERS);
    let charts = browser.eval("document.querySelectorAll('figure').length");
    let kinds = "[...new Set([...document.querySelectorAll('figure')].filter((one) => marks(one).length > 1).map((one) => one.id.split('-').pop()))].sort().join(' ')";
    assert_eq!(
        browser.eval(kinds),
        "bytes divergence estimates growth losses memory pareto throughput visibility",
        "every kind of chart has marks"
    );
    assert_eq!(charts_with(&mut browser, "!seen(one)"), json!([]));
    let axes =
        "document.querySelector('#w0-bytes svg').querySelectorAll(':scope > path, :scope > g:not([data-m])').length";
    let before = browser.eval(axes);
    for (name, value, wanted) in [("s", "ot", "/^ot$/"), ("f", "lww", "/^lww/")] {
        browser.eval(&format!("filter('{name}', '{value}')"));
        let wrong = format!("seen(one) !== strategies(one).some((name) => {wanted}.test(name))");
        assert_eq!(charts_with(&mut browser, &wrong), json!([]), "{name}");
        assert_eq!(
            browser.eval("[...document.querySelectorAll('.filtered')].filter((one) => /^Filtered: [1-9]\\d* of \\d+ marks are shown/.test(one.innerText)).length"),
            charts,
            "each chart says so"
        );
        let stops = "[...document.querySelectorAll('.chart svg [tabindex]')].every(seen)";
        assert_eq!(browser.eval(stops), true, "the tab key stops at what is seen");
        browser.eval(&format!("filter('{name}', '')"));
    }
    assert_eq!(browser.eval(axes), before, "axes stay");
    assert_eq!(charts_with(&mut browser, "!seen(one)"), json!([]));
    assert_eq!(browser.eval("[...document.querySelectorAll('.filtered')].filter((one) => one.offsetHeight).length"), 0);
    assert_eq!(browser.complaints, [""; 0]);
}

#[test]
fn charts_hide_other_networks_and_workloads_and_say_when_nothing_fits() {
    let Some(mut browser) = shown(&small()) else { return };
    browser.size(1280, 900);
    browser.eval(HELPERS);
    browser.eval("filter('n', '4g')");
    let elsewhere = "parts(one)[1] && seen(one) && numbers[1][parts(one)[1]].dataset.n !== '4g'";
    assert_eq!(charts_with(&mut browser, elsewhere), json!([]));
    assert_ne!(charts_with(&mut browser, "parts(one)[2] && seen(one)"), json!([]));
    browser.eval("filter('n', ''); filter('w', 'text')");
    assert_eq!(
        browser.eval("marks(document.getElementById('growth-growth')).filter((one) => seen(one) !== (numbers[1][parts(one)[1]].dataset.w === 'text')).length"),
        0,
        "a chart of several workloads"
    );
    browser.eval("filter('w', ''); filter('s', 'nobody')");
    assert_eq!(
        browser.eval("document.querySelector('#w0-bytes .filtered').innerText"),
        "Filtered: no mark of this chart fits."
    );
    assert_eq!(browser.eval("document.querySelector('#w0-bytes .chart').tabIndex"), 0, "what scrolls can be reached");
    assert_eq!(browser.complaints, [""; 0]);
}

#[test]
fn a_name_that_several_strategies_share_stays_while_one_of_them_is_wanted() {
    let Some(mut browser) = shown(&small()) else { return };
    browser.eval(HELPERS);
    let shared = "[...document.querySelectorAll('[data-m]')].filter((one) => strategies(one).length > 1)";
    assert_ne!(browser.eval(&format!("{shared}.length")), 0);
    browser.eval(&format!("filter('s', strategies({shared}[0])[0])"));
    assert_eq!(
        browser.eval(&format!("[seen({shared}[0]), {shared}[0].classList.contains('part')]")),
        json!([true, true])
    );
}

#[test]
fn the_tab_key_stops_once_in_each_chart_and_arrows_move_between_its_marks() {
    let Some(mut browser) = shown(&small()) else { return };
    browser.size(1280, 900);
    browser.eval(HELPERS);
    let stops = "[...document.querySelectorAll('.chart')].filter((one) => (one.tabIndex === 0) + one.querySelectorAll('[tabindex=\"0\"]').length !== 1).map((one) => one.parentElement.id)";
    assert_eq!(browser.eval(stops), json!([]));
    browser.eval("document.querySelector('#w0-bytes figcaption a').focus()");
    browser.key("Tab");
    let at = "[...strategies(document.activeElement), numbers[1][parts(document.activeElement)[1]].textContent]";
    let first = browser.eval(at);
    let told = browser.eval("tip()");
    let text = told.as_str().unwrap_or_default();
    let name = format!(
        "{}, {}: bytes per operation: ",
        first[0].as_str().unwrap_or_default(),
        first[1].as_str().unwrap_or_default()
    );
    assert!(text.starts_with(&name) && text.contains("(range ") && text.contains(" to "), "{text}");
    let described = "[document.activeElement.getAttribute('aria-describedby'), document.activeElement.getAttribute('role'), document.activeElement.getAttribute('aria-label')]";
    let label = format!("{}, {}", first[0].as_str().unwrap_or_default(), first[1].as_str().unwrap_or_default());
    assert_eq!(browser.eval(described), json!(["tip", "img", label]));
    browser.key("ArrowDown");
    let below = browser.eval(at);
    assert!(below[0] != first[0] && below[1] == first[1], "{below} is below {first}");
    browser.key("ArrowRight");
    let beside = browser.eval(at);
    assert!(beside[0] == below[0] && beside[1] != below[1], "{beside} is right of {below}");
    browser.key("ArrowLeft");
    browser.key("ArrowUp");
    assert_eq!(browser.eval(at), first);
    browser.key("ArrowUp");
    assert_eq!(browser.eval(at), first, "at the edge it stays");
    assert_eq!(browser.eval(stops), json!([]));
    browser.key("Escape");
    assert_eq!(browser.eval("tip()"), json!(null));
    browser.key("Tab");
    assert_eq!(browser.eval("document.activeElement.closest('#w0-bytes')"), json!(null), "the next stop is outside");
    assert_eq!(browser.complaints, [""; 0]);
}

#[test]
fn a_pointer_is_told_the_figures_of_every_kind_of_chart() {
    let results = small();
    let Some(mut browser) = Browser::open(&syncbench_reports::html::page(&results, &criterion(&results))) else {
        return;
    };
    browser.size(1280, 900);
    browser.eval(HELPERS);
    for (chart, says) in [
        ("w0-losses", ["operations per 1,000: refused ", "lost "]),
        ("w0-pareto", ["echo p99 in ms / not kept", " / "]),
        ("w0-visibility", ["milliseconds until visible everywhere: median ", ", 99 % "]),
        ("w0-divergence", ["chance that two clients differ", ", most "]),
        ("w0-throughput", ["operations per CPU second: ", "(range "]),
        ("w0-bytes", ["bytes per operation: ", "(range "]),
        ("w0-memory", ["bytes held: client ", ", at first "]),
        ("growth-growth", ["median processor time in µs: ", " at "]),
        ("estimates-estimates", ["nanoseconds per operation: criterion ", "(95 % interval "]),
    ] {
        browser.eval(&format!("marks(document.getElementById('{chart}')).forEach((one, index) => one.classList.toggle('probed', index === 1))"));
        browser.point(&format!("#{chart} .probed"));
        let told = browser.eval("tip()");
        let strategy = browser.eval(&format!("strategies(document.querySelector('#{chart} .probed'))[0]"));
        let text = told.as_str().unwrap_or_default();
        assert!(says.iter().all(|part| text.contains(part)), "{chart}: {told}");
        assert!(text.contains(strategy.as_str().expect("a label")), "{chart}: {told}");
    }
    browser.point("h1");
    assert_eq!(browser.eval("tip()"), json!(null));
    browser.size(390, 844);
    browser.point("#w0-memory .probed");
    let fits = "(() => { const box = document.getElementById('tip').getBoundingClientRect(); return box.width > 100 && box.left >= 0 && box.right <= innerWidth && box.top >= 0 && box.bottom <= innerHeight; })()";
    assert_eq!(browser.eval(fits), true);
    assert_eq!(browser.complaints, [""; 0]);
}

#[test]
fn the_figures_of_a_mark_are_those_of_the_table() {
    let Some(mut browser) = shown(&small()) else { return };
    browser.eval(HELPERS);
    let pairs = "(() => {
        const heads = [...document.querySelector('#g0').parentElement.querySelector('thead tr').cells];
        const column = heads.findIndex((head) => head.dataset.g === 'wire_bytes_per_op');
        const rows = [...document.querySelector('#g0').parentElement.querySelectorAll('tbody tr')];
        const title = document.querySelector('#g0').textContent;
        const own = marks(document.getElementById('w0-bytes')).filter((one) => numbers[1][parts(one)[1]].textContent === title);
        return own.map((one) => {
            const row = rows.find((row) => row.dataset.s === strategies(one)[0] && row.cells.length === heads.length);
            return [parts(one)[2].split(' ')[0], row.cells[column].dataset.v || row.cells[column].firstChild.textContent];
        });
    })()";
    let pairs: Vec<[String; 2]> = serde_json::from_value(browser.eval(pairs)).expect("pairs");
    assert_eq!(pairs.len(), 4);
    pairs.iter().for_each(|[mark, cell]| assert_eq!(mark, cell));
}

#[test]
fn without_a_script_charts_are_scrollers_with_pictures() {
    let page = syncbench_reports::html::page(&small(), &[]);
    let (before, rest) = page.split_once("<script>").expect("a script");
    let (_, after) = rest.split_once("</script>").expect("its end");
    let Some(mut browser) = Browser::open(&format!("{before}{after}")) else { return };
    browser.eval(HELPERS);
    let charts = "[...document.querySelectorAll('.chart')].filter((one) => one.tabIndex !== 0 || one.firstElementChild.getAttribute('role') !== 'img').length";
    assert_eq!(browser.eval(charts), 0);
    assert_eq!(charts_with(&mut browser, "!seen(one) || !one.getBBox().width"), json!([]));
}

#[test]
fn a_chart_says_of_how_many_seeds_a_mark_is_where_some_are_missing() {
    let plan = Plan { strategies: &["serial", "ot"], workloads: &["stack"], parts: &["calm"], sizes: &[], seeds: 3 };
    let mut results = plan.results();
    results.cells.retain(|cell| cell.strategy != "ot" || cell.seed < 3);
    let page = syncbench_reports::html::page(&with_facts(results), &[]);
    assert!(page.contains("; 2 of 3 seeds\"") && !page.contains("; 3 of 3 seeds"));
}
