//! A headless Chromium, spoken to through pipes by the DevTools protocol.

use std::env;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Where a browser may be, beside what `SYNCBENCH_CHROMIUM` names.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Longest that a browser runs: a hung one fails its test.
const SECONDS: &str = "180";

/// A browser with one page.
pub(super) struct Browser {
    child: Child,
    to: File,
    from: BufReader<File>,
    session: String,
    calls: u64,
    /// How many pages were loaded.
    loaded: u64,
    /// Errors on the console, and uncaught ones.
    pub(super) complaints: Vec<String>,
    /// Everything that was asked for over a network or from a disk, but for the page itself.
    pub(super) requests: Vec<String>,
    dir: TempDir,
}

/// Says what was not tested, past the test harness, so that CI lists it.
pub(super) fn skipped(what: &str) {
    io::stderr().write_all(format!("skipped: {what}\n").as_bytes()).expect("standard error is open");
}

fn program() -> Option<PathBuf> {
    let named = env::var_os("SYNCBENCH_CHROMIUM").map(PathBuf::from);
    let path = env::var_os("PATH").unwrap_or_default();
    let known = env::split_paths(&path).flat_map(|folder| NAMES.map(|name| folder.join(name)));
    named.into_iter().chain(known).find(|file| file.is_file())
}

impl Browser {
    /// Opens `html`. `None` where there is no browser, which is said.
    pub(super) fn open(html: &str) -> Option<Self> {
        let Some(program) = program() else {
            skipped("the page in a browser: no chromium");
            return None;
        };
        let dir = tempfile::tempdir().expect("a folder");
        let [into, out] = ["into", "out"].map(|name| dir.path().join(name));
        let made = Command::new("mkfifo").args([&into, &out]).status().expect("mkfifo");
        assert!(made.success());
        let child = Command::new("sh")
            .args(["-c", "exec timeout -k 5 \"$3\" sh \"$4\" 3<\"$1\" 4>\"$2\" 2>/dev/null", "sh"])
            .args([into.as_os_str(), out.as_os_str(), SECONDS.as_ref(), script(&program, dir.path()).as_os_str()])
            .stdout(Stdio::null())
            .spawn()
            .expect("a shell");
        // In the order in which the shell opens them.
        let to = File::options().write(true).open(&into).expect("a pipe");
        let from = BufReader::new(File::open(&out).expect("a pipe"));
        let (session, calls, loaded) = (String::new(), 0, 0);
        let mut browser =
            Self { child, to, from, session, calls, loaded, complaints: Vec::new(), requests: Vec::new(), dir };
        browser.attach();
        browser.load(html);
        Some(browser)
    }

    fn attach(&mut self) {
        let target = self.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attached = self.call("Target.attachToTarget", json!({ "targetId": target["targetId"], "flatten": true }));
        self.session = attached["sessionId"].as_str().expect("a session").to_owned();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            self.call(&format!("{domain}.enable"), json!({}));
        }
    }

    /// Shows `html` in place of what was shown.
    pub(super) fn load(&mut self, html: &str) {
        let file = self.dir.path().join("page.html");
        fs::write(&file, html).expect("a file");
        let url = format!("file://{}", file.display());
        let before = self.loaded;
        self.call("Page.navigate", json!({ "url": url }));
        // The empty page that a browser begins with may be told late.
        while self.loaded == before || self.eval("location.protocol === 'file:'") != true {
            let event = self.read();
            self.note(&event);
        }
    }

    /// One command of the protocol, and its result.
    pub(super) fn call(&mut self, method: &str, params: Value) -> Value {
        self.try_call(method, params).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    fn try_call(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.calls += 1;
        let id = self.calls;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        self.to.write_all(format!("{message}\0").as_bytes()).expect("the browser listens");
        loop {
            let answer = self.read();
            if answer["id"] == id {
                let error = &answer["error"];
                return if error.is_null() { Ok(answer["result"].clone()) } else { Err(error.clone()) };
            }
            self.note(&answer);
        }
    }

    fn read(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.from.read_until(0, &mut bytes).expect("the browser speaks");
        bytes.pop();
        serde_json::from_slice(&bytes).expect("the browser lives, and speaks JSON")
    }

    fn note(&mut self, event: &Value) {
        let params = &event["params"];
        match event["method"].as_str() {
            Some("Runtime.exceptionThrown" | "Runtime.consoleAPICalled" | "Log.entryAdded") => {
                self.complaints.push(params.to_string());
            }
            Some("Page.loadEventFired") => self.loaded += 1,
            Some("Network.requestWillBeSent") => {
                let url = params["request"]["url"].as_str().unwrap_or_default();
                if !url.ends_with("/page.html") {
                    self.requests.push(url.to_owned());
                }
            }
            _ => {}
        }
    }

    /// The value of an expression, awaited if it is a promise.
    pub(super) fn eval(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let result = self.call("Runtime.evaluate", asked);
        assert!(result["exceptionDetails"].is_null(), "{expression}: {}", result["exceptionDetails"]);
        result["result"]["value"].clone()
    }

    /// The size of the window.
    pub(super) fn size(&mut self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.call("Emulation.setDeviceMetricsOverride", size);
    }

    /// A dark or a light screen.
    pub(super) fn scheme(&mut self, scheme: &str) {
        let scheme = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", scheme);
    }

    /// Presses a key and lets it go, as a person does.
    pub(super) fn key(&mut self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            " " => (32, " "),
            "ArrowLeft" => (37, ""),
            "ArrowUp" => (38, ""),
            "ArrowRight" => (39, ""),
            "ArrowDown" => (40, ""),
            letter => (letter.to_uppercase().as_bytes()[0], letter),
        };
        let pressed =
            |kind: &str, text: &str| json!({ "type": kind, "key": key, "windowsVirtualKeyCode": code, "text": text });
        self.call("Input.dispatchKeyEvent", pressed(if text.is_empty() { "rawKeyDown" } else { "keyDown" }, text));
        self.call("Input.dispatchKeyEvent", pressed("keyUp", ""));
    }

    /// Moves the pointer to the middle of what a selector finds.
    pub(super) fn point(&mut self, selector: &str) {
        let middle = format!(
            "(() => {{
                const one = document.querySelector('{selector}');
                one.scrollIntoView({{ block: 'center' }});
                const box = one.getBoundingClientRect();
                return [box.x + box.width / 2, box.y + box.height / 2];
            }})()"
        );
        let middle = self.eval(&middle);
        let moved = json!({ "type": "mouseMoved", "x": middle[0], "y": middle[1] });
        self.call("Input.dispatchMouseEvent", moved);
    }

    /// How long one page of the printed document is, in letters of base64; `None` where there are fewer pages.
    pub(super) fn print(&mut self, page: u32) -> Option<usize> {
        let paper = json!({ "paperWidth": 8.27, "paperHeight": 11.69, "pageRanges": page.to_string(), "printBackground": true });
        let printed = self.try_call("Page.printToPDF", paper).ok()?;
        printed["data"].as_str().map(str::len)
    }

    /// The length of every printed page.
    pub(super) fn pages(&mut self) -> Vec<usize> {
        (1..).map_while(|page| self.print(page)).collect()
    }
}

/// A script that starts the browser: a shell's `exec` takes no list from outside.
fn script(program: &Path, dir: &Path) -> PathBuf {
    let file = dir.join("start");
    let flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
                 --disable-component-update --disable-sync --hide-scrollbars --remote-debugging-pipe";
    let profile = dir.join("profile");
    fs::write(&file, format!("exec '{}' {flags} '--user-data-dir={}'\n", program.display(), profile.display()))
        .expect("a file");
    file
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A browser closes when its pipe does; this waits for it.
        let closed = format!("{}\0", json!({ "id": 0, "method": "Browser.close" }));
        _ = self.to.write_all(closed.as_bytes());
        _ = self.child.wait();
    }
}
