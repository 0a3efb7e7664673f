//! What the API has set: the strongest layer of the configuration.

use std::collections::BTreeMap;

use figment::value::Value;

use super::patch::{Patch, Unpatched};
use super::setting::{Origin, Setting};

/// Keys and the values that the API has set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layer(BTreeMap<String, Value>);

/// Values of JSON are equal to themselves.
impl Eq for Layer {}

impl Layer {
    /// Reads what [`Self::json`] has written.
    pub fn parse(text: &[u8]) -> Result<Self, Unpatched> {
        Self::default().patched(Patch::parse(text)?)
    }

    /// Returns the layer with a patch.
    pub fn patched(mut self, patch: Patch) -> Result<Self, Unpatched> {
        for (key, value) in patch.changes()? {
            match value {
                Some(value) => self.0.insert(key, value),
                None => self.0.remove(&key),
            };
        }

        Ok(self)
    }

    /// Writes it as a patch that makes it of an empty one.
    pub fn json(&self) -> Vec<u8> {
        let mut sections: BTreeMap<&str, BTreeMap<&str, &Value>> = BTreeMap::new();
        for (key, value) in &self.0 {
            let (section, name) = key.split_once('.').unwrap_or((key, ""));
            sections.entry(section).or_default().insert(name, value);
        }

        // Names are texts, and a vector takes all.
        let mut json = serde_json::to_vec_pretty(&sections).unwrap_or_default();
        json.push(b'\n');
        json
    }

    pub(super) fn settings(&self) -> impl Iterator<Item = Setting> {
        let setting = |(key, value): (&String, &Value)| Setting {
            key: key.clone(),
            value: value.clone(),
            origin: Origin::Api,
        };

        self.0.iter().map(setting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_read_as_it_was_written() {
        let patch = r#"{"sources": {"limit": 7, "enabled": false}, "metrics": {"exclude": ["a.*"]},
            "datapath": {"override": [{"devices": "veth.*", "mode": "tcx"}], "interval": "2s"}}"#;

        let layer = Layer::parse(patch.as_bytes()).unwrap();

        assert_eq!(Layer::parse(&layer.json()).unwrap(), layer);
        let back =
            Patch::parse(br#"{"sources": null, "datapath": null, "metrics": null}"#).unwrap();
        assert_eq!(layer.patched(back).unwrap(), Layer::default());
        assert_eq!(Layer::default().json(), b"{}\n");
    }
}
