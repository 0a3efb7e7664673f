//! What all that is sent comes from.

use std::fmt::Write;
use std::path::Path;

use opentelemetry::KeyValue;
use opentelemetry_proto::tonic::resource::v1;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_sdk::Resource;
use ring::digest;

use crate::config::{attributes, unquoted};
use crate::files;
use crate::version::Build;

const MACHINE_ID: [&str; 2] = ["/etc/machine-id", "/var/lib/dbus/machine-id"];
const HOST_NAME: &str = "/proc/sys/kernel/hostname";
const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";

/// This process on this host, with what `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say.
#[derive(Clone, Debug)]
pub struct HostResource(pub(super) Resource);

impl HostResource {
    /// Reads the resource of this host from its files and the environment.
    pub fn detect() -> Self {
        let variable = |name| std::env::var_os(name).unwrap_or_default();
        let text = variable(ATTRIBUTES);
        let attributes = attributes(&text.to_string_lossy()).valid.into_iter();
        let attributes = attributes.map(|(key, value)| KeyValue::new(key, value));
        let name = variable(SERVICE_NAME);
        let name = Some(unquoted(&name.to_string_lossy()).to_owned());
        let name = name.filter(|name| !name.is_empty());

        let named = name.map(|name| KeyValue::new("service.name", name));
        Self::of(&Host::read(), attributes.chain(named))
    }

    fn of(host: &Host, stronger: impl IntoIterator<Item = KeyValue>) -> Self {
        let ours = [
            ("service.name", Some("packet-exporter".to_owned())),
            ("service.version", Some(Build::THIS.version.to_owned())),
            ("service.instance.id", host.instance_id()),
            ("host.name", host.name.clone()),
            ("host.id", host.id.clone()),
            ("os.type", Some("linux".to_owned())),
        ];
        let ours = ours.into_iter().filter_map(|(key, value)| Some(KeyValue::new(key, value?)));

        let builder = Resource::builder_empty().with_attributes(ours);
        Self(builder.with_attributes(stronger).build())
    }

    pub(super) fn resource(&self) -> v1::Resource {
        let attributes = ResourceAttributesWithSchema::from(&self.0).attributes.0;

        v1::Resource { attributes, ..v1::Resource::default() }
    }
}

/// What names a host.
struct Host {
    name: Option<String>,
    /// The machine id: `man 5 machine-id`.
    id: Option<String>,
}

impl Host {
    fn read() -> Self {
        let read = |path: &&str| {
            let text = files::text(Path::new(path)).ok()?.trim().to_owned();
            Some(text).filter(|text| !text.is_empty())
        };

        Self { name: read(&HOST_NAME), id: MACHINE_ID.iter().find_map(read) }
    }

    /// Returns a UUID that a host keeps: version 5 of the machine id, or of the host's name where
    /// there is none. Source: OpenTelemetry semantic conventions, `service.instance.id`, which has
    /// the namespace.
    fn instance_id(&self) -> Option<String> {
        const NAMESPACE: u128 = 0x4d63_009a_8d0f_11ee_aad7_4c79_6ed8_e320;

        let name = self.id.as_ref().or(self.name.as_ref())?;
        let mut hashing = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
        hashing.update(&NAMESPACE.to_be_bytes());
        hashing.update(name.as_bytes());
        let mut bytes: [u8; 16] = hashing.finish().as_ref().get(..16)?.try_into().ok()?;
        // Version and variant. Source: RFC 9562, section 5.5.
        bytes[6] = bytes[6] & 0x0f | 0x50;
        bytes[8] = bytes[8] & 0x3f | 0x80;

        let mut text = String::with_capacity(36);
        for (index, byte) in bytes.iter().enumerate() {
            let dash = if matches!(index, 4 | 6 | 8 | 10) { "-" } else { "" };
            let _infallible = write!(text, "{dash}{byte:02x}");
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: Option<&str>, id: Option<&str>) -> Host {
        Host { name: name.map(Into::into), id: id.map(Into::into) }
    }

    fn texts(origin: &HostResource) -> Vec<String> {
        let mut texts: Vec<_> =
            origin.0.iter().map(|(key, value)| format!("{key}={value}")).collect();
        texts.sort();

        texts
    }

    #[test]
    fn a_host_keeps_its_instance_and_others_have_another() {
        let id = |name, id| host(name, id).instance_id().unwrap();

        assert_eq!(id(Some("a"), Some("1")), id(Some("b"), Some("1")));
        assert_ne!(id(Some("a"), Some("1")), id(Some("a"), Some("2")));
        assert_eq!(id(Some("a"), None).len(), 36);
        assert_eq!(id(Some("a"), None).as_bytes()[14], b'5');
        assert_eq!(host(None, None).instance_id(), None);
    }

    #[test]
    fn the_environment_is_stronger_than_what_the_host_says() {
        let said = [KeyValue::new("host.name", "b"), KeyValue::new("service.name", "c")];

        let origin = HostResource::of(&host(Some("a"), None), said);

        let instance = host(Some("a"), None).instance_id().unwrap();
        assert_eq!(
            texts(&origin),
            [
                "host.name=b".to_owned(),
                "os.type=linux".into(),
                format!("service.instance.id={instance}"),
                "service.name=c".into(),
                format!("service.version={}", Build::THIS.version),
            ]
        );
    }

    #[test]
    fn this_host_has_a_name() {
        let texts = texts(&HostResource::detect());

        assert!(texts.iter().any(|text| text.starts_with("host.name=")), "{texts:?}");
        assert!(texts.iter().any(|text| text.starts_with("service.instance.id=")), "{texts:?}");
    }
}
