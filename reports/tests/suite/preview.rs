//! Draws everything for the eye: `cargo test -p syncbench-reports --test preview -- --ignored`.
use std::fs;
use std::path::Path;

use syncbench_harness::stories::STORIES;
use syncbench_reports::charts::{CHARTS, Data};
use syncbench_reports::{html, table};

#[test]
#[ignore = "writes pictures to look at"]
fn preview() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("preview");
    fs::create_dir_all(&dir).expect("a folder for the preview");
    let write = |name: &str, bytes: &[u8]| fs::write(dir.join(name), bytes).expect("written");
    let story = crate::support::story().scene();
    write("story.svg", story.svg().as_bytes());
    write("story.png", &story.png());
    for story in STORIES {
        let told = (story.tell)(&story.cast().0).expect("compiled in");
        let scene = syncbench_reports::story::scene(&told);
        write(&format!("story-{}.svg", story.name), scene.svg().as_bytes());
        write(&format!("story-{}.png", story.name), &scene.png());
    }
    for (name, results) in [("small", crate::support::small()), ("large", crate::support::large())] {
        for width in [80, 100, 140, 200] {
            write(&format!("{name}-{width}.txt"), table::summary(&results, width, false).as_bytes());
        }
        let criterion = crate::support::criterion(&results);
        let data = Data::new(&results, &criterion);
        for chart in CHARTS {
            let scene = chart.scene(&data);
            write(&format!("{name}-{}.svg", chart.name), scene.svg().as_bytes());
            write(&format!("{name}-{}.png", chart.name), &scene.png());
        }
        write(&format!("{name}.html"), html::page(&results, &criterion).as_bytes());
        write(&format!("{name}-color.txt"), table::summary(&results, 100, true).as_bytes());
    }
}
