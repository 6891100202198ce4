//! Where unique characters come from: typed ones and those of the initial document, which never meet.

/// The ranges of typed characters, ends included, in this order: CJK ideographs, Hangul, extension A (three bytes each in
/// UTF-8, enough for 38,756 keystrokes), then the ideographic planes, the private ones, and unassigned planes (four bytes):
/// half of a run of a million keystrokes may be typing.
const TYPED: &[(u32, u32)] = &[
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7A3),
    (0x3400, 0x4DBF),
    (0x2_0000, 0x2_FFFD),
    (0x3_0000, 0x3_FFFD),
    (0xF_0000, 0xF_FFFD),
    (0x10_0000, 0x10_FFFD),
    (0x8_0000, 0xD_FFFF),
];

/// The ranges of the initial document's characters: the private area (three bytes), then unassigned planes.
const ORIGINAL: &[(u32, u32)] = &[(0xE000, 0xF8FF), (0x4_0000, 0x7_FFFF)];

fn pick(ranges: &[(u32, u32)], mut index: u64) -> Option<char> {
    for (first, last) in ranges {
        let size = u64::from(last - first) + 1;
        if index < size {
            return char::from_u32(first + index as u32);
        }
        index -= size;
    }
    None
}

/// The `index`-th character that is typed in a run; `None` after 694,108 of them.
pub(super) fn glyph(index: u64) -> Option<char> {
    pick(TYPED, index)
}

/// A text of `size` characters from the `from`-th on, no two the same; there are 268,544.
pub(crate) fn original(from: u64, size: u64) -> String {
    (from..from.saturating_add(size)).map_while(|index| pick(ORIGINAL, index)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_character_is_unique() {
        let typed: BTreeSet<char> = (0..694_108).map_while(glyph).collect();
        let original: BTreeSet<char> = original(0, 700_000).chars().collect();
        assert_eq!((typed.len(), glyph(694_108)), (694_108, None));
        assert_eq!(original.len(), 268_544);
        assert!(typed.is_disjoint(&original));
        assert!((0..38_756).filter_map(glyph).all(|char| char.len_utf8() == 3));
    }
}
