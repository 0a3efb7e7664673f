//! The REST API against its own document, as programs of others read it, and clients that mean no good.

mod contract {
    mod bed;
    mod bodies;
    mod captures;
    mod crowds;
    mod documents;
    mod prism;
    mod schemathesis;
    mod spec;
    mod streams;
    mod walk;
}
