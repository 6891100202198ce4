//! A decision as people read it: on a terminal, as a page of Markdown or HTML, as JSON, and as the files of a folder.

mod charts;
mod html;
mod markdown;
mod possible;
mod text;
mod words;

use serde_json::{Value, json};

use super::decision::Decision;
use super::read;

pub use html::html;
pub use markdown::markdown;
pub use text::text;

/// A file of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFile {
    /// Its path below the record's folder, with `/` between folders.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The version of [`json`].
const SCHEMA: u32 = 1;

/// The decision as JSON, with the version of its form. As a file of answers it gives its answers.
pub fn json(decision: &Decision) -> Value {
    let mut document = json!({ "schema": SCHEMA });
    // Plain data with names for keys: nothing that JSON has no form for.
    if let (Ok(Value::Object(fields)), Some(document)) = (serde_json::to_value(decision), document.as_object_mut()) {
        document.extend(fields);
    }
    document
}

/// The files of a record's folder: the pages, the data, the answers, and each chart as SVG and PNG.
pub fn files(decision: &Decision) -> Vec<RecordFile> {
    let file = |path: String, bytes: Vec<u8>| RecordFile { path, bytes };
    let data = format!("{:#}\n", json(decision));
    let mut files = vec![
        file("decision.md".to_owned(), markdown(decision).into_bytes()),
        file("decision.html".to_owned(), html(decision).into_bytes()),
        file("decision.json".to_owned(), data.into_bytes()),
        file("answers.toml".to_owned(), read::write(&decision.answers, &decision.program).into_bytes()),
    ];
    for (name, scene) in charts::pictures(decision, false) {
        files.push(file(format!("charts/{name}.svg"), scene.svg().into_bytes()));
        files.push(file(format!("charts/{name}.png"), scene.png()));
    }
    files
}
