//! "This order is missing": what a shopper claims and how it is answered.

use crate::text_enum;

text_enum! {
    /// Where a claim stands.
    pub enum ClaimState {
        /// Nobody has answered yet.
        Open = "open",
        /// The partner or an operator agrees; the order itself comes as a postback.
        Accepted = "accepted",
        /// It was looked into and turned down.
        Declined = "declined",
    }
}

text_enum! {
    /// What a file beside a claim may be.
    pub enum FileKind {
        /// A document.
        Pdf = "pdf",
        /// A photograph.
        Jpeg = "jpeg",
        /// A picture of a screen.
        Png = "png",
        /// Either, as phones make them.
        Webp = "webp",
    }
}

impl FileKind {
    /// The kind of these bytes, told from how they begin; `None` for anything else. What a browser says of them does not count.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let begins = |mark: &[u8]| bytes.starts_with(mark);
        if begins(b"%PDF-") {
            return Some(Self::Pdf);
        }
        if begins(&[0xff, 0xd8, 0xff]) {
            return Some(Self::Jpeg);
        }
        if begins(b"\x89PNG\r\n\x1a\n") {
            return Some(Self::Png);
        }
        (begins(b"RIFF") && bytes.get(8..12) == Some(b"WEBP")).then_some(Self::Webp)
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }
}
