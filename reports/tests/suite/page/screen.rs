//! What is seen without scrolling, and that nothing is wider than the window.

use syncbench_harness::results::Results;
use syncbench_reports::aggregate::Summary;
use syncbench_reports::overview::{Overview, follow};

use super::{large, shown, small};

/// What of some selectors does not lie within the window, or is cut off by its scroller.
const OUTSIDE: &str = "(() => {
    const wanted = ['h1', '.conditions', '.filter', '.switch', '#worst', '#worst tbody tr:last-child', '#worst td.bar', '.key', 'aside'];
    return wanted.flatMap((selector) => {
        const found = [...document.querySelectorAll(selector)];
        if (!found.length) return [`${selector} is not there`];
        return found.filter((element) => {
            const box = element.getBoundingClientRect(), scroller = element.closest('.wide');
            return !box.width || box.bottom > innerHeight || box.right > innerWidth || box.left < 0 || box.top < 0
                || (scroller && box.right > scroller.getBoundingClientRect().right + 1);
        }).map(() => `${selector} is not all seen`);
    });
})()";

/// How much wider than the window the page is.
const OVERFLOW: &str = "document.documentElement.scrollWidth - innerWidth";

#[test]
fn the_first_screen_has_the_question_the_heatmap_the_bars_and_what_follows() {
    let Some(mut browser) = shown(&large()) else { return };
    browser.size(1280, 900);
    assert_eq!(browser.eval(OUTSIDE), serde_json::json!([]));
    assert_eq!(
        browser.eval("document.querySelector('h1').firstChild.textContent"),
        "Which sync model should this product use?"
    );
    let numbers = "[...document.querySelectorAll('#worst td.spot')].filter((cell) => !/^[\\\\d.k]+$/.test(cell.innerText)).length";
    assert_eq!(browser.eval(&numbers.replace("\\\\", "\\")), 0, "a number in every cell");
    assert_eq!(browser.eval(OVERFLOW), 0);
    assert_eq!((&browser.complaints, &browser.requests), (&vec![], &vec![]));
}

#[test]
fn what_follows_names_the_strategies() {
    let results = small();
    let (page, summary) = (syncbench_reports::html::page(&results, &[]), Summary::new(&results));
    let lines = follow(&Overview::new(&summary));
    assert!(lines.iter().any(|line| !line.names.is_empty()));
    for line in lines {
        let sentence = line.sentence(usize::MAX, usize::MAX);
        let (_, said) = sentence.split_once(": ").expect("a kind of data, then what holds");
        assert!(page.contains(&format!("<dd>{said}<")), "{sentence}");
    }
}

/// As a mail takes it.
#[test]
fn the_page_of_a_large_run_is_under_a_megabyte_and_a_half() {
    let page = syncbench_reports::html::page(&large(), &[]);
    assert!(page.len() < 1_500_000, "{}", page.len());
}

#[test]
fn no_width_scrolls_the_page_sideways_with_everything_unfolded() {
    let Some(mut browser) = shown(&small()) else { return };
    browser.eval("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })");
    for (width, height) in [(390, 844), (768, 1024), (1280, 900), (2560, 1440)] {
        browser.size(width, height);
        assert_eq!(browser.eval("innerWidth"), width);
        assert_eq!(browser.eval(OVERFLOW), 0, "{width}");
    }
    browser.size(390, 844);
    // The first column stays where it is while a table scrolls; the page does not.
    let stays = "(() => {
        const scroller = document.querySelector('#worst .wide'), head = scroller.querySelector('tbody th');
        const before = head.getBoundingClientRect().left;
        scroller.scrollLeft = 60;
        return [scroller.scrollLeft, head.getBoundingClientRect().left - before];
    })()";
    assert_eq!(browser.eval(stays), serde_json::json!([60, 0]));
    let beside = "(() => {
        const tops = [...document.querySelectorAll('figure')].map((figure) => figure.getBoundingClientRect());
        return tops.filter((box, index) => index && box.top < tops[index - 1].bottom).length;
    })()";
    assert_eq!(browser.eval(beside), 0, "one chart a row");
}

#[test]
fn hostile_names_run_nothing_and_break_nothing() {
    let hostile =
        "</script><script>window.broken=1</script><img src=x onerror=window.broken=1>'\"`${window.broken=1}\\&amp;<!--";
    let mut results = small();
    for cell in results.cells.iter_mut().filter(|cell| cell.strategy != "serial") {
        cell.strategy = format!("{hostile}{}", cell.strategy);
        cell.family = hostile.to_owned();
        cell.workload = format!("{hostile} {}", cell.workload);
        cell.part = hostile.to_owned();
        cell.settings.network = hostile.to_owned();
        cell.replay = hostile.to_owned();
    }
    let Some(mut browser) = shown(&results) else { return };
    browser.size(1280, 900);
    assert_eq!(browser.eval("window.broken === undefined"), true);
    assert_eq!(browser.eval("document.querySelectorAll('img, script').length"), 1);
    assert_eq!(browser.eval(OVERFLOW), 0);
    assert_eq!((&browser.complaints, &browser.requests), (&vec![], &vec![]));
}

#[test]
fn nothing_one_and_many_are_shown() {
    let none = crate::support::results(Vec::new());
    let one =
        crate::support::Plan { strategies: &["ot"], workloads: &["text"], parts: &["calm"], sizes: &[], seeds: 1 };
    let one = one.results();
    let many = many();
    let Some(mut browser) = shown(&none) else { return };
    browser.size(1280, 900);
    assert_eq!(browser.eval("document.body.innerText.includes('Nothing was measured.')"), true);
    for results in [&one, &many] {
        browser.load(&syncbench_reports::html::page(results, &[]));
        assert_eq!(browser.eval(OVERFLOW), 0);
        assert_eq!(browser.eval("document.querySelector('.heat tbody').rows.length > 0"), true);
    }
    assert_eq!(browser.eval("document.querySelectorAll('.heat').length"), 13, "twelve modes and the worst");
    assert_eq!(browser.eval("/The first 12 of 1,000 modes/.test(document.body.innerText)"), true);
    assert_eq!((&browser.complaints, &browser.requests), (&vec![], &vec![]));
}

/// A thousand conditions.
fn many() -> Results {
    let plan = crate::support::Plan {
        strategies: &["lww-document"],
        workloads: &["stack"],
        parts: &["rough"],
        sizes: &[],
        seeds: 1,
    };
    let one = plan.results();
    let with = |network: usize| {
        one.cells.iter().cloned().map(move |mut cell| {
            cell.settings.network = format!("constant:{network}ms");
            cell
        })
    };
    crate::support::results((1..=1000).flat_map(with).collect())
}
