use std::collections::BTreeSet;

use super::*;

/// Returns what stands between `before` and the next quotation mark, wherever `before` stands.
fn named<'a>(text: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split('"').next())
}

#[test]
fn the_page_names_its_version_and_links_other_pages() {
    let html = page("1.2.3 <&>", &[("/metrics?a&b", "Metrics"), ("/x", "\"<X>\"")]);

    assert!(html.contains("Version 1.2.3 &lt;&amp;&gt;."), "{html}");
    assert!(html.contains("<li><a href=\"/metrics?a&amp;b\">Metrics</a></li>\n"), "{html}");
    assert!(html.contains("<li><a href=\"/x\">&quot;&lt;X&gt;&quot;</a></li>\n"), "{html}");
}

#[test]
fn whatever_is_loaded_is_there_and_whatever_is_there_is_loaded() {
    let html = page("", &[]);
    let links = named(&html, "<link rel=\"stylesheet\" href=\"")
        .chain(named(&html, "<link rel=\"icon\" href=\""))
        .chain(named(&html, "src=\""))
        .map(|path| format!("/{path}"));
    let imports = FILES.iter().flat_map(|file| named(file.text, "from \"./"));
    let loaded: BTreeSet<_> = links.chain(imports.map(|name| format!("/page/{name}"))).collect();

    let there: BTreeSet<_> = FILES.iter().map(|file| file.path.to_owned()).collect();

    assert_eq!(loaded, there);
}

#[test]
fn nothing_comes_from_elsewhere_and_no_text_is_read_as_html() {
    for File { path, text, .. } in &FILES {
        let address = text.replace("http://www.w3.org/2000/svg", "");
        assert!(!address.contains("://"), "{path}");
        for name in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
            assert!(!text.contains(name), "{path}: {name}");
        }
    }
    let html = page("", &[]);
    assert!(!html.contains("://") && !html.contains("style=") && !html.contains("onclick"));
}

#[test]
fn a_script_looks_only_for_elements_that_the_page_has() {
    let html = page("", &[]);
    let ids: BTreeSet<_> = named(&html, " id=\"").collect();

    for File { path, text, .. } in &FILES {
        for id in named(text, "find(\"") {
            assert!(ids.contains(id), "{path}: {id}");
        }
    }
    let titles: BTreeSet<_> = named(&html, "aria-labelledby=\"").collect();
    assert!(titles.len() > 5 && titles.is_subset(&ids), "{titles:?}");
}

#[test]
fn all_of_it_is_small() {
    let sizes = FILES.iter().map(|file| file.text.len());
    let all = sizes.sum::<usize>() + page("", &[]).len();

    // Not compressed; the bound of 100 KiB is meant for what goes over the wire.
    assert!(all < 64 << 10, "{all} bytes");
}
