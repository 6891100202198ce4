//! Times as a file has them, one arrival in each line: `time` or `time,user`.
//!
//! A time is seconds since any moment, or a date and time as in RFC 3339. A first line that begins with neither is a heading;
//! empty lines and those that begin with `#` are left out.

use std::collections::BTreeMap;

use syncbench_strategies::names::short;

use super::moments::{Moments, Stamp};

/// Most arrivals in a file.
const MOST: usize = 10_000_000;

/// What is in a file of times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrivals {
    /// When.
    pub moments: Moments,
    /// Whose each is, where the file says.
    pub users: Option<Vec<u32>>,
}

/// Reads a file of times. The error names the line, and what was expected there.
pub fn read(bytes: &[u8]) -> Result<Arrivals, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "expected text in UTF-8".to_owned())?;
    let (mut numbers, mut dates, mut users): (Vec<Stamp>, Vec<Stamp>, Vec<u32>) = Default::default();
    let mut names: BTreeMap<&str, u32> = BTreeMap::new();
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    let mut heading = true;
    for (line, written) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let wrong = |expected: &str| format!("line {line}: `{}`: expected {expected}", short(written, 60));
        let mut fields = written.split(',').map(|field| field.trim().trim_matches('"'));
        let first = fields.next().unwrap_or_default();
        let seconds = first.parse().ok().filter(|seconds: &f64| (0.0..=LATEST_S).contains(seconds));
        match (seconds, first.parse::<Stamp>()) {
            (Some(seconds), _) if dates.is_empty() => numbers.push(Stamp((seconds * 1e9) as i64)),
            (None, Ok(date)) if numbers.is_empty() => dates.push(date),
            (None, Err(())) if std::mem::take(&mut heading) => continue,
            (None, Err(())) => return Err(wrong("seconds such as 12.5, or a time such as 2026-11-27T12:38:00Z")),
            _ => return Err(wrong("a time as in the lines before: either seconds or dates")),
        }
        heading = false;
        let count = numbers.len() + dates.len();
        if count > MOST {
            return Err(format!("expected at most {MOST} times"));
        }
        let user = fields.next().filter(|user| !user.is_empty());
        let known = users.len() + 1 == count;
        match user {
            Some(name) if known => {
                let next = names.len() as u32;
                users.push(*names.entry(name).or_insert(next));
            }
            None if users.is_empty() => {}
            _ => return Err(wrong("`time,user` in every line, or `time` in every line")),
        }
    }
    let users = (!users.is_empty()).then_some(users);
    let moments = if dates.is_empty() {
        (!numbers.is_empty()).then(|| Moments::since_first(&numbers))
    } else {
        // In the order of time: lines of a log may be in any other.
        Moments::of(&dates.into_iter().map(Some).collect::<Vec<_>>(), |_| Vec::new())
    };
    let moments = moments.ok_or("expected a time in each line: seconds such as 12.5, or 2026-11-27T12:38:00Z")?;
    Ok(Arrivals { moments, users })
}

/// The latest time in seconds: the year 2255, if since the Unix epoch.
const LATEST_S: f64 = 9e9;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn since_first(text: &str) -> Vec<u128> {
        read(text.as_bytes()).unwrap().moments.since_first.iter().map(Duration::as_millis).collect()
    }

    #[test]
    fn seconds_and_dates_are_read_with_users_or_without() {
        assert_eq!(since_first("0\n0.25\n\n# later\n1.5\n"), [0, 250, 1_500]);
        assert_eq!(since_first("time\n1700000000.5\r\n1700000000.75"), [0, 250]);
        let read =
            read(b"at,user\n\"2026-11-27T12:38:00.500Z\",ada\n2026-11-27T12:38:01Z,bob\n2026-11-27T12:38:02Z,ada");
        let read = read.unwrap();
        assert_eq!(read.users, Some(vec![0, 1, 0]));
        assert_eq!(read.moments.since_first.iter().map(Duration::as_millis).collect::<Vec<_>>(), [0, 500, 1_500]);
    }

    #[test]
    fn wrong_files_say_in_which_line() {
        for (text, expected) in [
            ("", "expected a time in each line"),
            ("time,user\n", "expected a time in each line"),
            ("0\nlate\n", "line 2: `late`: expected seconds such as 12.5"),
            ("time\nuser\n", "line 2: `user`: expected seconds"),
            ("0\n-1\n", "line 2: `-1`: expected seconds"),
            ("0\ninf\n", "line 2: `inf`: expected seconds"),
            ("0\n2026-11-27T12:38:00Z\n", "line 2: `2026-11-27T12:38:00Z`: expected a time as in the lines before"),
            ("0,ada\n1\n", "line 2: `1`: expected `time,user` in every line"),
            ("0\n1,ada\n", "line 2: `1,ada`: expected `time,user` in every line"),
        ] {
            let error = read(text.as_bytes()).unwrap_err();
            assert!(error.contains(expected), "{text:?}: {error}");
        }
        assert!(read(&[0xff]).unwrap_err().contains("UTF-8"));
    }
}
