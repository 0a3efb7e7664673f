//! Values for the log that are those for the metrics where the log has none of its own: `same`.

use serde::de::value::StringDeserializer;
use serde::de::{Error, IntoDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(super) const SAME: &str = "same";

#[expect(clippy::ref_option, reason = "serde asks for it")]
pub(super) fn serialize<T: Serialize, S: Serializer>(
    own: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match own {
        Some(own) => own.serialize(serializer),
        None => serializer.serialize_str(SAME),
    }
}

pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    read(deserializer, T::deserialize)
}

fn read<'de, T, D: Deserializer<'de>>(
    deserializer: D,
    own: impl FnOnce(StringDeserializer<D::Error>) -> Result<T, D::Error>,
) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(deserializer)?;

    if text == SAME { Ok(None) } else { own(text.into_deserializer()).map(Some) }
}

pub(super) mod duration {
    use std::time::Duration;

    use super::{Deserializer, SAME, Serializer};

    #[expect(clippy::ref_option, reason = "serde asks for it")]
    pub(in crate::config) fn serialize<S: Serializer>(
        own: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match own {
            Some(own) => humantime_serde::serialize(own, serializer),
            None => serializer.serialize_str(SAME),
        }
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        super::read(deserializer, humantime_serde::deserialize)
    }
}

pub(super) mod headers {
    use super::{Deserializer, Error, SAME, Serialize, Serializer};
    use crate::config::header::Header;
    use crate::config::text::one_or_many;

    #[expect(clippy::ref_option, reason = "serde asks for it")]
    pub(in crate::config) fn serialize<S: Serializer>(
        own: &Option<Vec<Header>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match own {
            Some(own) => own.serialize(serializer),
            None => [SAME].serialize(serializer),
        }
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Vec<Header>>, D::Error> {
        let texts: Vec<String> = one_or_many(deserializer)?;
        if texts == [SAME] {
            return Ok(None);
        }

        let headers = texts.iter().map(|text| text.parse().map_err(D::Error::custom));
        headers.collect::<Result<_, _>>().map(Some)
    }
}
