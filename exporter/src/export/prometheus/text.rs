//! OpenMetrics as it is written, made Prometheus' text format 0.0.4.

use std::fmt::{self, Write};

/// Takes OpenMetrics from `prometheus-client` and leaves text 0.0.4 in `out`.
///
/// Samples are the same in both. Comments differ: here a family has the name of its samples,
/// infos are gauges, and there is neither a unit nor an end.
pub(super) struct Text<'a> {
    out: &'a mut String,
    /// The comment that is being written; empty within samples.
    comment: String,
    /// The last help, until the type of its family, which has the family's name.
    help: String,
    at_line_start: bool,
}

impl<'a> Text<'a> {
    pub(super) fn new(out: &'a mut String) -> Self {
        Self { out, comment: String::new(), help: String::new(), at_line_start: true }
    }

    fn finish_comment(&mut self) -> fmt::Result {
        let comment = std::mem::take(&mut self.comment);
        let Some((keyword, rest)) =
            comment.trim_end().strip_prefix("# ").and_then(|line| line.split_once(' '))
        else {
            return Ok(());
        };

        match (keyword, rest.split_once(' ')) {
            ("HELP", Some((_, help))) => self.help = help.replace('\\', r"\\"),
            ("TYPE", Some((name, kind))) => self.start_family(name, kind)?,
            _ => {}
        }

        Ok(())
    }

    fn start_family(&mut self, name: &str, kind: &str) -> fmt::Result {
        let (suffix, kind) = match kind {
            "counter" => ("_total", kind),
            "info" => ("_info", "gauge"),
            "unknown" => ("", "untyped"),
            _ => ("", kind),
        };

        writeln!(self.out, "# HELP {name}{suffix} {}", self.help)?;
        writeln!(self.out, "# TYPE {name}{suffix} {kind}")
    }
}

impl Write for Text<'_> {
    /// The encoder writes pieces of lines; none goes beyond the end of its line.
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let ends_line = piece.ends_with('\n');
        debug_assert_eq!(piece.matches('\n').count(), usize::from(ends_line), "{piece:?}");

        let in_comment = !self.comment.is_empty() || self.at_line_start && piece.starts_with('#');
        if in_comment {
            self.comment.push_str(piece);
        } else {
            self.out.push_str(piece);
        }
        if !piece.is_empty() {
            self.at_line_start = ends_line;
        }
        if in_comment && ends_line {
            self.finish_comment()?;
        }

        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_translated_and_samples_are_not() {
        let mut out = String::new();
        let pieces = [
            "# HELP ",
            "a_packets",
            " ",
            "With a \\.",
            "\n",
            "# TYPE ",
            "a_packets",
            " ",
            "counter",
            "\n",
            "# UNIT a_packets packets",
            "\n",
            "a_packets",
            "_total",
            "{of=\"",
            "# HELP",
            "\"}",
            " 1",
            "\n",
            "# HELP b B.",
            "\n",
            "# TYPE b info",
            "\n",
            "b_info",
            "{b=\"c\"} 1",
            "\n",
            "# HELP c C.",
            "\n",
            "# TYPE c unknown",
            "\n",
            "c 2",
            "\n",
            "# EOF\n",
        ];

        let mut text = Text::new(&mut out);
        for piece in pieces {
            text.write_str(piece).unwrap();
        }

        assert_eq!(
            out,
            "\
# HELP a_packets_total With a \\\\.
# TYPE a_packets_total counter
a_packets_total{of=\"# HELP\"} 1
# HELP b_info B.
# TYPE b_info gauge
b_info{b=\"c\"} 1
# HELP c C.
# TYPE c untyped
c 2
"
        );
    }
}
