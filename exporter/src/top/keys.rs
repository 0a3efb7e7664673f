//! What keys do.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::choice::{Direction, Order};
use super::state::State;

/// Most letters of a filter.
const FILTER: usize = 40;

/// What is to be done after a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    Quit,
    /// Something else was chosen: look again.
    Look,
    Draw,
}

impl State {
    /// Does what a key asks for.
    pub fn press(&mut self, key: KeyEvent) -> Reaction {
        if key.kind == KeyEventKind::Release {
            return Reaction::Draw;
        }
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return if key.code == KeyCode::Char('c') { Reaction::Quit } else { Reaction::Draw };
        }

        if self.is_typing { self.type_in(key.code) } else { self.choose(key.code) }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "other keys do nothing, whichever there are"
    )]
    fn type_in(&mut self, key: KeyCode) -> Reaction {
        match key {
            KeyCode::Esc => {
                self.filter.clear();
                self.is_typing = false;
            }
            KeyCode::Enter => self.is_typing = false,
            KeyCode::Backspace => {
                self.filter.pop();
            }
            KeyCode::Char(letter) if self.filter.chars().count() < FILTER => {
                self.filter.push(letter);
            }
            _ => {}
        }

        Reaction::Draw
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "other keys do nothing, whichever there are"
    )]
    fn choose(&mut self, key: KeyCode) -> Reaction {
        match key {
            KeyCode::Char('q') => return Reaction::Quit,
            KeyCode::Up => self.step_device(false),
            KeyCode::Down => self.step_device(true),
            KeyCode::Left | KeyCode::Right => {
                self.choice.direction = match self.choice.direction {
                    Direction::Received => Direction::Sent,
                    Direction::Sent => Direction::Received,
                };
            }
            KeyCode::Char('b') => {
                self.choice.order = match self.choice.order {
                    Order::Packets => Order::Bits,
                    Order::Bits => Order::Packets,
                };
            }
            KeyCode::Char('p' | ' ') => {
                self.is_paused = !self.is_paused;
                return if self.is_paused { Reaction::Draw } else { Reaction::Look };
            }
            KeyCode::Char('/') => {
                self.is_typing = true;
                return Reaction::Draw;
            }
            KeyCode::Esc => {
                self.filter.clear();
                self.shows_help = false;
                return Reaction::Draw;
            }
            KeyCode::Char('h' | '?') => {
                self.shows_help = !self.shows_help;
                return Reaction::Draw;
            }
            _ => return Reaction::Draw,
        }

        Reaction::Look
    }
}
