//! Certificates that vouch for others, and those that may not.

use super::*;

type Change = fn(&mut CertificateParams);

/// What is trusted for more than itself, and what is not.
const ISSUERS: [(&str, Change, bool); 11] = [
    ("an authority", may_sign, true),
    ("one with the right usages", |it| usages(it, KeyUsagePurpose::KeyCertSign), true),
    ("one for clients", |it| extended(it, ExtendedKeyUsagePurpose::ClientAuth), true),
    ("one for no authorities below", |it| it.is_ca = within(0), true),
    ("one that signs nothing", |_| (), false),
    ("one that says so", |it| it.is_ca = IsCa::ExplicitNoCa, false),
    ("one that signs lists", |it| usages(it, KeyUsagePurpose::CrlSign), false),
    ("one for servers", |it| extended(it, ExtendedKeyUsagePurpose::ServerAuth), false),
    ("one that has expired", expired, false),
    (
        "one of the future",
        |it| {
            may_sign(it);
            it.not_before = date_time_ymd(4000, 1, 1);
        },
        false,
    ),
    (
        "one with an unknown critical extension",
        |it| {
            may_sign(it);
            let mut extension = CustomExtension::from_oid_content(&[1, 2, 3], vec![5, 0]);
            extension.set_criticality(true);
            it.custom_extensions.push(extension);
        },
        false,
    ),
];

fn expired(params: &mut CertificateParams) {
    may_sign(params);
    params.not_after = date_time_ymd(2020, 1, 1);
}

fn usages(params: &mut CertificateParams, usage: KeyUsagePurpose) {
    may_sign(params);
    params.key_usages = vec![usage];
}

fn extended(params: &mut CertificateParams, usage: ExtendedKeyUsagePurpose) {
    may_sign(params);
    params.extended_key_usages = vec![usage];
}

fn within(between: u8) -> IsCa {
    IsCa::Ca(BasicConstraints::Constrained(between))
}

#[tokio::test]
async fn only_a_certificate_that_may_issue_others_vouches_for_them() {
    for (name, change, is_taken) in ISSUERS {
        let (issuer, leaf) = Presented::issuer_and_leaf(change);
        let answered = is_answered(VERIFIED, &issuer, &leaf).await;
        assert_eq!(answered, [is_taken; 2], "{name}");
    }
}

#[tokio::test]
async fn an_authority_of_version_1_vouches() {
    let issuer = Presented::v1();
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    let leaf = Presented::leaf(&Issuer::from_params(&params, &issuer.key));

    assert_eq!(is_answered(VERIFIED, &issuer, &leaf).await, [true; 2]);
}

#[tokio::test]
async fn the_holder_of_one_trusted_certificate_cannot_take_the_name_of_another() {
    let alice = Presented::signed(|_| ());
    let (bob, forged) = Presented::issuer_and_leaf(|_| ());
    let more = format!("{VERIFIED}  client_allowed_sans: [prometheus.example]\n");

    assert_eq!(is_answered_among(&more, &[&alice, &bob], &alice).await, [true; 2]);
    assert_eq!(is_answered_among(&more, &[&alice, &bob], &forged).await, [false; 2]);
}

#[tokio::test]
async fn an_authority_that_renewed_its_certificate_vouches_by_the_new_one() {
    let mut params = issuer_params("issuer");
    may_sign(&mut params);
    let new = Presented::signed(|it| *it = params.clone());
    expired(&mut params);
    let old = Presented {
        certificate: params.self_signed(&new.key).unwrap().der().clone(),
        ..new.stolen()
    };
    let leaf = Presented::leaf(&Issuer::from_params(&params, &new.key));

    for trusted in [[&old, &new], [&new, &old]] {
        assert_eq!(is_answered_among(VERIFIED, &trusted, &leaf).await, [true; 2]);
    }
    assert_eq!(is_answered(VERIFIED, &old, &leaf).await, [false; 2]);
}

#[tokio::test]
async fn an_authority_vouches_over_as_many_others_as_it_allows() {
    for (most, is_taken) in [(0, false), (1, true)] {
        let mut params = issuer_params("root");
        params.is_ca = within(most);
        let root = Presented::signed(|it| *it = params.clone());
        let mut below = issuer_params("below");
        may_sign(&mut below);
        let below = CertifiedIssuer::signed_by(
            below,
            KeyPair::generate().unwrap(),
            &Issuer::from_params(&params, &root.key),
        );
        let below = below.unwrap();
        let leaf =
            Presented { intermediates: vec![below.der().clone()], ..Presented::leaf(&below) };

        assert_eq!(is_answered(VERIFIED, &root, &leaf).await, [is_taken; 2], "{most}");
    }
}
