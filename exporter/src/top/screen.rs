//! The screen.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, Borders, Cell, Clear, Paragraph, Row as TableRow, Sparkline, Table};

use super::choice::Direction;
use super::number::{bits, packets};
use super::seen::{List, Rates, Row};
use super::state::State;

/// The least that shows something of everything.
const SMALLEST: (u16, u16) = (40, 14);
const HELP_LINES: u16 = 8;
const HELP: [&str; HELP_LINES as usize] = [
    "q, Ctrl-C   quit",
    "up, down    another device, or all",
    "left, right received or sent",
    "b           order by bits or packets",
    "/           list only names with a text",
    "Esc         list all names again",
    "p, space    pause",
    "h, ?        these keys",
];

/// Draws everything.
pub fn draw(state: &State, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!("At least {} columns and {} lines, please.", SMALLEST.0, SMALLEST.1);
        frame.render_widget(Paragraph::new(text), area);
        return;
    }
    let [head, rates, lists, foot] = Layout::vertical([
        Constraint::Length(2),
        Constraint::Length(if area.height < 24 { 3 } else { 5 }),
        Constraint::Min(4),
        Constraint::Length(1),
    ])
    .areas(area);

    frame.render_widget(self::head(state), head);
    draw_rates(state, frame, rates);
    draw_lists(state, frame, lists);
    frame.render_widget(self::foot(state), foot);
    if state.shows_help {
        draw_help(frame, area);
    }
}

fn head(state: &State) -> Text<'_> {
    let fold = state.seen.as_ref().and_then(|seen| seen.fold.as_ref());
    let of = fold.map_or_else(
        || "no fold yet".into(),
        |fold| format!("fold {} of {}", fold.number, fold.time),
    );
    let problem = state.seen.as_ref().and_then(|seen| seen.problem.as_deref());
    let (word, color) = match (&state.trouble, problem) {
        (Some(_), _) => ("No answer", Color::Red),
        (None, Some(_)) => ("Not ready", Color::Red),
        (None, None) if state.is_paused => ("Paused", Color::Yellow),
        (None, None) => ("Live", Color::Green),
    };
    let detail = state.trouble.as_deref().or(problem);
    let device = state.choice.device.as_deref().unwrap_or("all devices");
    let shown =
        format!("{device}, {}, by {}", state.choice.direction.word(), state.choice.order.word());

    Text::from(vec![
        Line::from(vec![
            Span::from(word).fg(color).bold(),
            Span::from(format!(" · {of} · {}", state.place)),
        ]),
        detail.map_or_else(|| Line::from(shown.bold()), |text| Line::from(text.fg(Color::Red))),
    ])
}

fn draw_rates(state: &State, frame: &mut Frame<'_>, area: Rect) {
    let halves = Layout::horizontal([Constraint::Fill(1); 2]).spacing(1).areas::<2>(area);
    let now = state.seen.as_ref().map(|seen| seen.totals(state.choice.device.as_deref()));
    for (place, direction) in [Direction::Received, Direction::Sent].into_iter().enumerate() {
        let Rates { packets: per_second, bits: in_bits } =
            now.map(|it| it[place]).unwrap_or_default();
        let title = format!(" {} {}, {} ", direction.word(), packets(per_second), bits(in_bits));
        let block = Block::new().borders(Borders::TOP).title(title.bold());
        let width = usize::from(halves[place].width);
        let from = state.past.len().saturating_sub(width);
        let past = state.past.iter().skip(from).map(|it| whole(it[place].by(state.choice.order)));
        let line = Sparkline::default()
            .block(block)
            .data(past.collect::<Vec<u64>>())
            .style(Style::new().fg(color(direction)));
        frame.render_widget(line, halves[place]);
    }
}

fn draw_lists(state: &State, frame: &mut Frame<'_>, area: Rect) {
    let Some(seen) = &state.seen else { return };
    let [left, right] = Layout::horizontal([Constraint::Fill(1); 2]).spacing(1).areas(area);
    let [top_left, bottom_left] =
        Layout::vertical([Constraint::Fill(3), Constraint::Fill(2)]).areas(left);
    let [top_right, bottom_right] =
        Layout::vertical([Constraint::Fill(3), Constraint::Fill(2)]).areas(right);
    let addresses = match state.choice.direction {
        Direction::Received => "Sources",
        Direction::Sent => "Destinations",
    };
    let place = usize::from(state.choice.direction == Direction::Sent);
    let mut devices: Vec<_> = seen
        .devices
        .iter()
        .map(|it| Row { name: it.name.clone(), rates: it.rates[place] })
        .collect();
    let rate = |row: &Row| row.rates.by(state.choice.order).unwrap_or(-1.0);
    devices.sort_by(|a, b| rate(b).total_cmp(&rate(a)));

    draw_list(state, frame, top_left, addresses, &seen.addresses);
    draw_list(state, frame, top_right, "Ports", &seen.ports);
    draw_list(state, frame, bottom_left, "Protocols", &seen.protocols);
    draw_list(state, frame, bottom_right, "Devices", &List::Rows(devices));
}

fn draw_list(state: &State, frame: &mut Frame<'_>, area: Rect, title: &str, list: &List) {
    let block = Block::new().borders(Borders::TOP).title(format!(" {title} ").bold());
    let rows = match list {
        List::Rows(rows) => rows,
        List::Refused(why) => {
            let text = Paragraph::new(why.as_str()).wrap(ratatui::widgets::Wrap { trim: true });
            frame.render_widget(text.block(block), area);
            return;
        }
    };
    let filter = state.filter.to_lowercase();
    let fitting = rows.iter().filter(|row| row.name.to_lowercase().contains(&filter));
    let chosen = state.choice.device.as_deref();
    let lines = fitting.map(|row| {
        let style = if title == "Devices" && chosen == Some(&row.name) {
            Style::new().reversed()
        } else {
            Style::new()
        };
        let number = |text: String| Cell::from(Line::from(text).right_aligned());
        TableRow::new([
            Cell::from(row.name.as_str()),
            number(packets(row.rates.packets)),
            number(bits(row.rates.bits)),
        ])
        .style(style)
    });
    let widths = [Constraint::Fill(1), Constraint::Length(9), Constraint::Length(12)];

    frame.render_widget(Table::new(lines, widths).block(block), area);
}

fn foot(state: &State) -> Line<'_> {
    if state.is_typing {
        return Line::from(format!("/{}▏ Enter keeps it, Esc lists all", state.filter));
    }
    let keys = "q quit · ↑↓ device · ←→ direction · b bits · / filter · p pause · h keys";
    if state.filter.is_empty() {
        return Line::from(keys.dim());
    }

    Line::from(format!("only names with “{}”; Esc lists all", state.filter))
}

fn draw_help(frame: &mut Frame<'_>, area: Rect) {
    let [_, rows, _] = Layout::vertical([
        Constraint::Fill(1),
        Constraint::Length(HELP_LINES + 2),
        Constraint::Fill(1),
    ])
    .areas(area);
    let [_, place, _] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Length(42), Constraint::Fill(1)])
            .areas(rows);

    frame.render_widget(Clear, place);
    frame.render_widget(
        Paragraph::new(HELP.join("\n")).block(Block::bordered().title(" Keys ")),
        place,
    );
}

fn color(direction: Direction) -> Color {
    match direction {
        Direction::Received => Color::Blue,
        Direction::Sent => Color::Yellow,
    }
}

/// Returns a rate as a chart takes it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it saturates, and a chart is no more exact than its lines"
)]
fn whole(rate: Option<f64>) -> u64 {
    rate.unwrap_or_default().round() as u64
}
