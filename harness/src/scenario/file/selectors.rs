//! Tables for names with parameters: `{ name = "crdt-yrs", window = "50ms" }` is `crdt-yrs:window=50ms`.

use std::collections::BTreeMap;
use std::ops::Range;

use syncbench_strategies::selector::Selector;
use toml::de::{DeTable, DeValue};

use super::{Wrong, key_names, plain, shown};
use crate::network::{self, NETWORKS};

/// The key of the name.
const NAME: &str = "name";
/// The key of a network's profile, where the network has a name of its own.
const PROFILE: &str = "profile";
/// The key of a fault's window.
const AT: &str = "at";

/// The selector that a table stands for.
pub(super) fn of_table(table: &DeTable<'_>, span: Range<usize>) -> Result<String, Wrong> {
    let mut fields = fields(table)?;
    let expected = || (span, format!("expected a table with the key `{NAME}`, such as {{ name = \"…\" }}"));
    let name = fields.remove(NAME).ok_or_else(expected)?;
    Ok(written(&name, fields))
}

/// The same for a network. A name that no profile has is that of a network with numbers of its own.
pub(super) fn network(table: &DeTable<'_>, span: Range<usize>) -> Result<String, Wrong> {
    let mut fields = fields(table)?;
    let profile = fields.remove(PROFILE);
    let name = fields.remove(NAME);
    match (profile, name) {
        (Some(profile), None) => Ok(written(&profile, fields)),
        (None, Some(name)) if NETWORKS.iter().any(|spec| spec.name == name) => Ok(written(&name, fields)),
        (profile, Some(name)) if profile.as_deref().is_none_or(|profile| profile == network::CUSTOM) => {
            fields.insert(NAME.to_owned(), name);
            Ok(written(network::CUSTOM, fields))
        }
        (Some(profile), Some(_)) => {
            Err((span, format!("expected `{NAME}` or `{PROFILE}`: only a custom network has a name, not `{profile}`")))
        }
        _ => Err((span, format!("expected a table with `{NAME}`, and with its numbers or a `{PROFILE}`"))),
    }
}

/// All values as texts.
fn fields(table: &DeTable<'_>) -> Result<BTreeMap<String, String>, Wrong> {
    let field = |(key, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
        let key: &std::borrow::Cow<'_, str> = key.get_ref();
        // What stands below `[[network]]` belongs to it.
        if key != NAME && key_names().any(|other| other == key) {
            let reason = format!("`{key}` stands in this table: write it above the table's heading");
            return Err((value.span(), reason));
        }
        let text = plain(value.get_ref()).filter(|text| {
            // A value may have a colon, as in `zipf:1.2`; a name ends there.
            let named = key == NAME || key == PROFILE;
            key == AT || !(text.contains([',', '@', '=']) || (named && text.contains(':')))
        });
        let text = text.ok_or_else(|| {
            (value.span(), format!("`{key}`: expected a text or a number, not {}", shown(value.get_ref())))
        })?;
        Ok((key.to_string(), text))
    };
    table.iter().map(field).collect()
}

fn written(name: &str, mut fields: BTreeMap<String, String>) -> String {
    let at = fields.remove(AT).map_or(String::new(), |window| format!("@{window}"));
    let selector = Selector { name: name.to_owned(), values: Vec::new(), named: fields, window: None };
    format!("{selector}{at}")
}
