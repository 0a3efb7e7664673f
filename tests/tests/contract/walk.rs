//! Every parameter of every operation, out of its range, unknown and doubled; tokens where they may not be.

use tests::http::request;
use tests::service::PORT;

use super::bed::{Bed, cable};
use super::spec::encoded;

#[test]
#[ignore = "needs root: `cargo xtask test contract`"]
fn each_parameter_that_is_wrong_unknown_or_doubled_is_refused_by_its_name() {
    let cable = cable("contract-walk");
    let bed = Bed::start(&cable, &[]);
    let mut requests = 0;

    for operation in bed.operations() {
        let mut refused = |query: &str, kind: &str, name: &str| {
            requests += 1;
            let answer = bed.ask(&operation.method, &operation.asking(query));
            operation.assert_promised(&answer, query);
            let problem = operation.assert_refused(&answer, 400, kind);
            assert_eq!(problem["errors"][0]["parameter"], name, "{operation} {query}: {problem}");
        };
        for parameter in operation.of("query") {
            let (name, good) = (parameter.name(), encoded(&parameter.good()));
            for bad in parameter.bad() {
                refused(&format!("{name}={}", encoded(&bad)), "invalid-parameter", name);
            }
            refused(&format!("{name}={good}&{name}={good}"), "doubled-parameter", name);
            refused(
                &format!("{name}={good}&{name}x={good}"),
                "unknown-parameter",
                &format!("{name}x"),
            );
        }
        refused("nonsense=1", "unknown-parameter", "nonsense");
        // Bytes that are no text: a device may be called nearly anything, so this is the name of one.
        for parameter in operation.of("query") {
            let query = format!("{}=%FF%FE", parameter.name());
            let answer = bed.ask(&operation.method, &operation.asking(&query));
            operation.assert_promised(&answer, &query);
            assert!(answer.status >= 400, "{operation} {query}: {}", answer.status);
        }
    }

    println!("{requests} requests were refused by name");
    assert_eq!(bed.service.said("level=error"), 0, "{}", bed.service.log());
}

#[test]
#[ignore = "needs root: `cargo xtask test contract`"]
fn a_token_in_a_query_is_refused_everywhere_and_no_token_is_in_the_log() {
    let cable = cable("contract-token");
    let bed = Bed::start(&cable, &[]);
    let secret = &bed.token[4..];
    let unknown = "u".repeat(43);
    let login = bed.login();

    for operation in bed.operations() {
        for token in [secret, &unknown] {
            for query in [
                format!("access_token=pxt_{token}"),
                format!("nonsense=a%20pxt_{token}&x=1"),
                format!("pxt_{token}"),
                format!("a=%70%78%74%5F{token}"),
            ] {
                let line = format!("{} {}", operation.method, operation.asking(&query));
                for headers in [&[][..], &[("Authorization", login.as_str())]] {
                    let answer = request(&cable.here, PORT, &line, headers).unwrap();
                    operation.assert_promised(&answer, &query);
                    operation.assert_refused(&answer, 400, "token-in-query");
                    assert!(!answer.text().contains(token), "{line}: the answer has the token");
                }
            }
            let twice = [("Authorization", "Bearer nonsense"), ("Authorization", &*login)];
            for headers in
                [&twice[..], &[("Authorization", &*format!("Bearer pxt_{token}, {token}"))]]
            {
                let line = format!("{} {}", operation.method, operation.asking("nonsense=1"));
                let answer = request(&cable.here, PORT, &line, headers).unwrap();
                operation.assert_promised(&answer, &line);
                assert!(!answer.text().contains(token), "{line}: the answer has the token");
            }
        }
    }

    let log = bed.service.log();
    assert!(log.contains("level=debug"), "{log}");
    assert!(!log.contains(secret) && !log.contains(&unknown), "a token is in the log");
}
