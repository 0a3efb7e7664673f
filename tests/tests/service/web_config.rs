//! The file of TLS and users, changed while the service runs.

use tests::service::Service;

use super::refusals::File;
use super::{QUICK, cable};

/// The password is `secret`; bcrypt at its lowest cost.
const USERS: &str =
    "basic_auth_users:\n  ann: $2b$04$l32GUu.W3yl8iCXpnWVOFuIEwydldRMdwoO0QhNgwuiAvP3xyUfk.\n";

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_file_that_breaks_is_an_error_of_requests_and_not_the_end() {
    let cable = cable("webfile");
    let file = File::with("live-web.yml", "{}\n");
    let path = file.path();
    let arguments = [&QUICK[..], &["--web.config.file", &path]].concat();
    let mut service = Service::start(&cable.here, &arguments);

    file.write("basic_auth_usres: {}\n");
    let broken = [0; 3].map(|_| service.get("/metrics").unwrap().status);
    file.write(USERS);
    let locked = service.get("/metrics").unwrap();
    let authorization = [("Authorization", "Basic YW5uOnNlY3JldA==")];
    let open = service.request("GET /metrics", &authorization).unwrap();
    file.write("{}\n");

    assert_eq!(broken, [500; 3]);
    assert_eq!(service.said_within("Cannot use the web configuration", 1), 1, "{}", service.log());
    assert_eq!((locked.status, locked.header("www-authenticate")), (401, "Basic"));
    assert_eq!(open.status, 200);
    service.wait_for_fold();
}
