//! The time that attaching and replacing may take before the next drain.

/// One slice of time.
pub(super) struct Slice<'a> {
    is_over: &'a dyn Fn() -> bool,
    /// It was over before a program that was not tried yet.
    pub(super) is_unfinished: bool,
}

impl<'a> Slice<'a> {
    pub(super) fn until(is_over: &'a dyn Fn() -> bool) -> Self {
        Self { is_over, is_unfinished: false }
    }

    /// Returns whether there is time for an attempt that is due.
    ///
    /// What has failed before can wait for the next interval: else programs that fail slowly would
    /// be tried without a pause.
    pub(super) fn has_time_for(&mut self, is_first_attempt: bool) -> bool {
        let is_over = (self.is_over)();
        self.is_unfinished |= is_over && is_first_attempt;

        !is_over
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn only_what_was_not_tried_leaves_a_slice_unfinished() {
        let left = Cell::new(2_u32);
        let is_over = || left.replace(left.get().saturating_sub(1)) == 0;
        let mut slice = Slice::until(&is_over);

        assert!(slice.has_time_for(true));
        assert!(slice.has_time_for(false));
        assert!(!slice.has_time_for(false));
        assert!(!slice.is_unfinished, "what failed before has time");
        assert!(!slice.has_time_for(true));
        assert!(slice.is_unfinished);
        assert!(!slice.has_time_for(false));
        assert!(slice.is_unfinished);
    }
}
