//! Text as JSON and JavaScript have it: UTF-16, in which half of a surrogate pair may stand alone.
//!
//! A string of ours cannot hold such a half. While a trace is read and checked a private character stands for each, which
//! counts one unit as the half does; afterwards it becomes U+FFFD.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// What the positions of a trace count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Units {
    /// Unicode code points, as the traces of josephg/editing-traces do.
    #[default]
    CodePoints,
    /// UTF-16 units, as JavaScript's strings do and most editors in a browser.
    Utf16,
}

/// Private characters, one for each of the 2,048 halves.
const STAND_INS: std::ops::RangeInclusive<char> = '\u{10F000}'..='\u{10F7FF}';
const FIRST_STAND_IN: u32 = 0x10_F000;
const FIRST_SURROGATE: u32 = 0xD800;

/// A string of a trace, with stand-ins.
#[derive(Debug, Default)]
pub(super) struct Text(pub(super) String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl Visitor<'_> for Reader {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Text, E> {
                decode(bytes).map(Text).map_err(E::custom)
            }
        }

        // The parser gives lone halves to those who ask for bytes, encoded as if they were characters (WTF-8).
        deserializer.deserialize_bytes(Reader)
    }
}

fn decode(bytes: &[u8]) -> Result<String, &'static str> {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        let error = match std::str::from_utf8(rest) {
            Ok(valid) => {
                push(&mut text, valid)?;
                return Ok(text);
            }
            Err(error) => error,
        };
        let (valid, wrong) = rest.split_at(error.valid_up_to());
        push(&mut text, std::str::from_utf8(valid).unwrap_or_default())?;
        let &[0xED, second @ 0xA0..=0xBF, third @ 0x80..=0xBF, ..] = wrong else {
            return Err("a string that is not UTF-8");
        };
        text.push(stand_in(0xD000 | (u16::from(second) & 0x3F) << 6 | (u16::from(third) & 0x3F)));
        rest = &wrong[3..];
    }
}

fn push(text: &mut String, valid: &str) -> Result<(), &'static str> {
    // All stand-ins begin with this byte.
    if valid.as_bytes().contains(&0xF4) && valid.contains(is_stand_in) {
        return Err("a private character from U+10F000 to U+10F7FF: expected none, they stand for lone surrogates");
    }
    text.push_str(valid);
    Ok(())
}

fn is_stand_in(char: char) -> bool {
    STAND_INS.contains(&char)
}

/// How many UTF-16 units the character takes, a stand-in being half a pair.
pub(super) fn units(char: char) -> usize {
    if is_stand_in(char) { 1 } else { char.len_utf16() }
}

/// The stand-ins of a surrogate pair's two halves.
pub(super) fn halves(pair: char) -> [char; 2] {
    let mut units = [0; 2];
    pair.encode_utf16(&mut units);
    units.map(stand_in)
}

fn stand_in(half: u16) -> char {
    // A half is one of 2,048, and so many stand-ins there are.
    char::from_u32(u32::from(half) - FIRST_SURROGATE + FIRST_STAND_IN).expect("a private character")
}

/// Whether two texts are one in UTF-16: halves that meet are a character.
pub(super) fn same(a: &str, b: &str) -> bool {
    a == b || utf16(a).eq(utf16(b))
}

/// The UTF-16 units of a text with stand-ins.
fn utf16(text: &str) -> impl Iterator<Item = u16> + '_ {
    text.chars().flat_map(|char| {
        let mut units = [0; 2];
        if is_stand_in(char) {
            units[0] = (u32::from(char) - FIRST_STAND_IN + FIRST_SURROGATE) as u16;
            units.into_iter().take(1)
        } else {
            let len = char.encode_utf16(&mut units).len();
            units.into_iter().take(len)
        }
    })
}

/// Replaces the stand-ins; how many there were.
pub(super) fn replace_stand_ins(text: &mut String) -> u64 {
    if !text.as_bytes().contains(&0xF4) {
        return 0;
    }
    let count = text.chars().filter(|char| is_stand_in(*char)).count() as u64;
    if count > 0 {
        *text = text.replace(is_stand_in, "\u{FFFD}");
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<String, String> {
        serde_json::from_str::<Text>(json).map(|text| text.0).map_err(|error| error.to_string())
    }

    #[test]
    fn pairs_are_characters_and_halves_are_stand_ins() {
        assert_eq!(parse(r#""a\ud83d\ude00😀""#).unwrap(), "a😀😀");
        let mut halves = parse(r#""a\ud83db\ude00\ude00\ud83d""#).unwrap();
        let units = [97, 0xd83d, 98, 0xde00, 0xde00, 0xd83d];
        assert_eq!(utf16(&halves).collect::<Vec<_>>(), units);
        assert_eq!(halves.chars().map(super::units).sum::<usize>(), units.len());
        assert_eq!(replace_stand_ins(&mut halves), 4);
        assert_eq!(halves, "a\u{FFFD}b\u{FFFD}\u{FFFD}\u{FFFD}");
        assert_eq!(replace_stand_ins(&mut "😀\u{10FFFF}".to_owned()), 0);
    }

    #[test]
    fn every_half_has_its_stand_in() {
        for half in 0xD800..=0xDFFFu16 {
            let text = parse(&format!(r#""\u{half:04x}""#)).unwrap();
            assert_eq!(utf16(&text).collect::<Vec<_>>(), [half]);
        }
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert!(parse("\"\u{10F123}\"").unwrap_err().contains("U+10F000"));
        assert!(parse("7").unwrap_err().contains("expected a string"));
        for wrong in [b"\"\xff\"".as_slice(), b"\"a\xed\x9f\"", b"\"\xc3\""] {
            assert!(serde_json::from_slice::<Text>(wrong).unwrap_err().to_string().contains("not UTF-8"));
        }
    }
}
