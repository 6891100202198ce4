//! Traces as JavaScript: `const edits = [[position, deleted, "inserted", ...], ...]` and `const finalText = "..."`, the form
//! of automerge/automerge-perf. Its values become JSON, in which strings have one kind of quotes and lists no last comma.

/// The values of `edits` and `finalText` as one JSON object; `None` where the text does not declare `edits`.
pub(super) fn as_json(script: &[u8]) -> Option<Result<Vec<u8>, String>> {
    let mut reader = Reader { script, at: 0 };
    let mut json = Vec::with_capacity(script.len() + 64);
    let mut found = false;
    while let Some(name) = reader.declared() {
        if name != b"edits" && name != b"finalText" {
            continue;
        }
        json.extend_from_slice(if json.is_empty() { b"{\"" } else { b",\"" });
        json.extend_from_slice(name);
        json.extend_from_slice(b"\":");
        found |= name == b"edits";
        if let Err(wrong) = reader.value(&mut json) {
            return Some(Err(format!("{}: {wrong}", String::from_utf8_lossy(name))));
        }
    }
    json.push(b'}');
    found.then_some(Ok(json))
}

struct Reader<'a> {
    script: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a [u8] {
        self.script.get(self.at..).unwrap_or(&[])
    }

    /// Passes over spaces and comments.
    fn space(&mut self) {
        loop {
            let rest = self.rest();
            let until = |end: &[u8]| {
                rest.windows(end.len()).position(|part| part == end).map_or(rest.len(), |at| at + end.len())
            };
            let skip = match rest {
                [b'/', b'/', ..] => until(b"\n"),
                [b'/', b'*', ..] => until(b"*/"),
                [0xEF, 0xBB, 0xBF, ..] => 3,
                [byte, ..] if byte.is_ascii_whitespace() => 1,
                _ => return,
            };
            self.at += skip;
        }
    }

    fn word(&mut self) -> &'a [u8] {
        let rest = self.rest();
        let name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'.');
        let len = rest.iter().position(|byte| !name(byte)).unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }

    /// The next name that gets a value, with the reader in front of the value.
    fn declared(&mut self) -> Option<&'a [u8]> {
        loop {
            self.space();
            if self.rest().is_empty() {
                return None;
            }
            match self.word() {
                b"export" | b"const" | b"let" | b"var" => continue,
                b"" => self.at += 1,
                name => {
                    self.space();
                    if self.rest().first() == Some(&b'=') && self.rest().get(1) != Some(&b'=') {
                        self.at += 1;
                        return Some(
                            name.strip_prefix(b"exports.").or(name.strip_prefix(b"module.exports.")).unwrap_or(name),
                        );
                    }
                }
            }
        }
    }

    /// Copies a value: a string, a number, or a list of values.
    fn value(&mut self, json: &mut Vec<u8>) -> Result<(), String> {
        let mut depth = 0usize;
        loop {
            self.space();
            match self.rest() {
                [quote @ (b'"' | b'\'' | b'`'), ..] => self.string(*quote, json)?,
                [b'[', ..] => {
                    depth += 1;
                    json.push(b'[');
                    self.at += 1;
                }
                [b']', ..] if depth > 0 => {
                    depth -= 1;
                    json.pop_if(|last| *last == b',');
                    json.push(b']');
                    self.at += 1;
                }
                [b',', ..] if depth > 0 => {
                    json.push(b',');
                    self.at += 1;
                }
                [byte, ..] if byte.is_ascii_digit() || *byte == b'-' => {
                    json.push(*byte);
                    self.at += 1;
                    json.extend_from_slice(self.word());
                }
                [] => return Err("the file is cut off, expected a whole value".into()),
                [..] => return Err(format!("byte {}: expected a list, a string or a number", self.at)),
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    fn string(&mut self, quote: u8, json: &mut Vec<u8>) -> Result<(), String> {
        self.at += 1;
        json.push(b'"');
        loop {
            let rest = self.rest();
            let (byte, more) = rest.split_first().ok_or("the file is cut off within a string")?;
            self.at += 1;
            match *byte {
                byte if byte == quote => break,
                b'"' => json.extend_from_slice(b"\\\""),
                b'\\' => {
                    let (escaped, more) = more.split_first().ok_or("the file is cut off within a string")?;
                    self.at += 1;
                    self.escape(*escaped, more, json)?;
                }
                b'$' if quote == b'`' && more.first() == Some(&b'{') => {
                    return Err(format!("byte {}: expected text that is written out", self.at));
                }
                byte @ 0..=0x1F => json.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
                byte => json.push(byte),
            }
        }
        json.push(b'"');
        Ok(())
    }

    fn escape(&mut self, escaped: u8, more: &[u8], json: &mut Vec<u8>) -> Result<(), String> {
        let at = self.at;
        let wrong = || format!("byte {at}: expected a whole escape");
        let hex = |digits: &[u8]| {
            let digits =
                std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
            digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).ok_or_else(wrong)
        };
        match escaped {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => json.extend_from_slice(&[b'\\', escaped]),
            b'\n' => {}
            b'0' => json.extend_from_slice(b"\\u0000"),
            b'v' => json.extend_from_slice(b"\\u000b"),
            b'x' => {
                let code = hex(more.get(..2).ok_or_else(wrong)?)?;
                json.extend_from_slice(format!("\\u{code:04x}").as_bytes());
                self.at += 2;
            }
            b'u' if more.first() == Some(&b'{') => {
                let len = more.iter().take(9).position(|byte| *byte == b'}').ok_or_else(wrong)?;
                let code = char::from_u32(hex(&more[1..len])?).ok_or_else(wrong)?;
                for unit in code.encode_utf16(&mut [0; 2]) {
                    json.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
                }
                self.at += len + 1;
            }
            b'u' => json.extend_from_slice(b"\\u"),
            other => json.push(other),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(script: &str) -> Option<Result<String, String>> {
        as_json(script.as_bytes()).map(|json| json.map(|json| String::from_utf8(json).unwrap()))
    }

    #[test]
    fn values_become_json() {
        for (script, json) in [
            ("const edits = [[0,0,\"a\"]]\nconst finalText = \"a\"\n", r#"{"edits":[[0,0,"a"]],"finalText":"a"}"#),
            ("export const edits=[[0,0,'\"','b'],[1,1],];", r#"{"edits":[[0,0,"\"","b"],[1,1]]}"#),
            (
                "// x = 1\n/* edits = 2 */ var finalText = `a\nb`, edits = [\n]",
                r#"{"finalText":"a\u000ab","edits":[]}"#,
            ),
            (
                "let n = 3; let edits = []; if (typeof module == 'object') module.exports = {edits, finalText}",
                r#"{"edits":[]}"#,
            ),
            (
                r"exports.edits = [[0,0,'\x41\'\v\0\u{1F600}\u0041\
']]",
                r#"{"edits":[[0,0,"\u0041'\u000b\u0000\ud83d\ude00\u0041"]]}"#,
            ),
        ] {
            assert_eq!(read(script).unwrap().unwrap(), json, "{script}");
            assert!(serde_json::from_str::<serde_json::Value>(json).is_ok());
        }
    }

    #[test]
    fn what_is_cut_off_or_computed_is_refused() {
        assert_eq!(read("const finalText = 'a'"), None);
        assert_eq!(read("no script"), None);
        for (script, words) in [
            ("const edits = [[0,0,'a'", "cut off"),
            ("const edits = [[0,0,'a", "cut off"),
            ("const edits = [[0,0,'\\", "cut off"),
            ("const edits = load()", "expected a list"),
            ("const edits = [[0,0,`${x}`]]", "written out"),
            ("const edits = [[0,0,'\\x4']]", "whole escape"),
            ("const edits = [[0,0,'\\u{110000}']]", "whole escape"),
        ] {
            let error = read(script).unwrap().unwrap_err();
            assert!(error.starts_with("edits: ") && error.contains(words), "{script}: {error}");
        }
    }
}
