//! Where panels are.

use super::*;

/// Left, top, right and bottom.
#[derive(Clone, Copy, Debug)]
struct Area {
    left: u64,
    top: u64,
    right: u64,
    bottom: u64,
}

impl Area {
    fn of(panel: &Value) -> Self {
        let [x, y, width, height] =
            ["x", "y", "w", "h"].map(|name| panel["gridPos"][name].as_u64().unwrap());

        Self { left: x, top: y, right: x + width, bottom: y + height }
    }

    fn overlaps(self, other: Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

#[test]
fn panels_have_an_id_and_a_title_of_their_own() {
    for Written { board, json } in written() {
        let panels = list(&json["panels"]);
        let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
        let titles: BTreeSet<_> = panels
            .iter()
            .filter(|panel| panel["type"] != "row")
            .map(|panel| (text(&panel["title"]), text(&panel["type"])))
            .collect();

        assert_eq!(ids.len(), panels.len(), "{board:?}");
        let rows = panels.iter().filter(|panel| panel["type"] == "row").count();
        assert_eq!(titles.len(), panels.len() - rows, "{board:?}");
        assert!(!ids.contains(&0), "{board:?}");
    }
}

#[test]
fn panels_do_not_overlap_and_are_within_the_grid() {
    for Written { board, json } in written() {
        let areas: Vec<_> = list(&json["panels"])
            .iter()
            .map(|panel| (text(&panel["title"]), Area::of(panel)))
            .collect();

        for (at, (title, area)) in areas.iter().enumerate() {
            assert!(area.right <= 24 && area.left < area.right, "{board:?} {title} {area:?}");
            assert!(area.top < area.bottom, "{board:?} {title} {area:?}");
            for (other, beside) in &areas[..at] {
                assert!(!area.overlaps(*beside), "{board:?}: {title} and {other}");
            }
        }
    }
}

#[test]
fn lines_of_panels_have_no_gaps_at_their_ends() {
    for Written { board, json } in written() {
        let areas: Vec<_> = list(&json["panels"]).iter().map(Area::of).collect();
        let tops: BTreeSet<_> = areas.iter().map(|area| area.top).collect();

        for top in tops {
            let line: Vec<_> = areas.iter().filter(|area| area.top == top).collect();
            let right = line.iter().map(|area| area.right).max();
            let heights: BTreeSet<_> = line.iter().map(|area| area.bottom).collect();
            assert_eq!((right, heights.len()), (Some(24), 1), "{board:?} at {top}");
        }
    }
}
