//! Enums that are indexes in the kernel and label values in the service.

/// Declares a closed set: the variants count from 0, each with its label value.
macro_rules! closed_set {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $( $(#[$variant_meta:meta])* $variant:ident = $label:literal, )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name {
            $( $(#[$variant_meta])* $variant, )+
        }

        impl $name {
            /// Every member, in the order of its index.
            pub const ALL: &[Self] = &[$( Self::$variant, )+];

            /// The label of every member, in the order of its index.
            pub const LABELS: &[&'static str] = &[$( $label, )+];

            /// The value of the label that names this member.
            pub const fn label(self) -> &'static str {
                match self {
                    $( Self::$variant => $label, )+
                }
            }

            /// The place of this member in an array of counters.
            pub const fn index(self) -> usize {
                self as usize
            }
        }
    };
}

pub(crate) use closed_set;
