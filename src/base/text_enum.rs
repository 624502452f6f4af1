//! Enums that are words in the database, in JSON and in messages: one list of words for all three.

/// Declares an enum whose variants each have exactly one word.
///
/// Gives `as_str`, `ALL`, `Display`, `FromStr`, serde and the OpenAPI schema.
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        $vis enum $name { $($(#[$vmeta])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every variant, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The word for this variant.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.pad(self.as_str()) }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::base::text_enum::UnknownWord;
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::base::text_enum::UnknownWord {
                        what: stringify!($name), word: word.to_owned(), known: &[$($word),+],
                    }),
                }
            }
        }
    };
}

/// A word that is not one of an enum's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is not a {what}; known: {}", .known.join(", "))]
pub struct UnknownWord {
    /// The enum's name.
    pub what: &'static str,
    /// What was given.
    pub word: String,
    /// What would have been right.
    pub known: &'static [&'static str],
}
