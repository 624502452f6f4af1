//! Why a report did not move money, as a stable code and as a sentence for people in both languages.

use crate::text_enum;

text_enum! {
    /// Why a report was held, superseded or refused by our rules. (What an adapter cannot read has codes of its own.)
    pub enum Reason {
        /// The report names no payment we could know it by.
        NoKey = "no_key",
        /// The report names no click.
        NoClick = "no_click",
        /// No click of ours has that reference.
        UnknownClick = "unknown_click",
        /// The click went to another partner.
        ClickOfOtherPartner = "click_of_other_partner",
        /// The sale is older than the click.
        BeforeClick = "before_click",
        /// The sale is later than the terms' attribution window allows.
        OutsideWindow = "outside_window",
        /// The click has an order that was booked by hand after a claim, and this may be the same one.
        PerhapsClaimed = "perhaps_claimed",
        /// The shopper's account is blocked.
        ShopperBlocked = "shopper_blocked",
        /// Neither the message nor the partner's settings name a currency.
        NoCurrency = "no_currency",
        /// The message has no commission and none is known yet.
        NoCommission = "no_commission",
        /// A pending or confirmed order with a negative amount.
        NegativeAmount = "negative_amount",
        /// More digits than the currency has.
        TooPrecise = "too_precise",
        /// The amount does not fit.
        TooLarge = "too_large",
        /// More than the partner's limit.
        BeyondLimit = "beyond_limit",
        /// The order came in another currency than before.
        CurrencyChanged = "currency_changed",
        /// The rate is a percent of the order, but its amount is missing.
        NoOrderAmount = "no_order_amount",
        /// The order's currency, a cap or a fixed rate differs from the commission's currency.
        CurrencyMismatch = "currency_mismatch",
        /// The event is dated in the future.
        FromTheFuture = "from_the_future",
        /// A later event of this order is known.
        OlderEvent = "older_event",
        /// A final status is known and this one is not final.
        WeakerStatus = "weaker_status",
        /// A message that adds to an amount, seen before.
        RepeatedDelta = "repeated_delta",
        /// The call is not authentic.
        NotAuthentic = "not_authentic",
        /// The partner is paused.
        PartnerPaused = "partner_paused",
        /// The call was cut short before this report was settled.
        Interrupted = "interrupted",
        /// Several reports in one call ended differently; each has its own reason.
        SeeReports = "see_reports",
    }
}

impl Reason {
    /// A sentence for people.
    #[must_use]
    pub const fn sentence(self, language: Language) -> &'static str {
        let (en, ru) = self.sentences();
        match language {
            Language::En => en,
            Language::Ru => ru,
        }
    }

    const fn sentences(self) -> (&'static str, &'static str) {
        match self {
            Self::NoKey => ("The message names no payment or order.", "В сообщении нет номера платежа или заказа."),
            Self::NoClick => ("The message names no click.", "В сообщении нет метки клика."),
            Self::UnknownClick => ("No click with this reference is known.", "Клик с такой меткой не найден."),
            Self::ClickOfOtherPartner => ("The click led to another partner.", "Клик вёл к другому партнёру."),
            Self::BeforeClick => ("The order is older than the click.", "Заказ сделан раньше клика."),
            Self::OutsideWindow => (
                "The order came after the attribution window.",
                "Заказ сделан позже срока, в который засчитывается клик.",
            ),
            Self::PerhapsClaimed => (
                "This looks like the order that was booked by hand after a claim.",
                "Похоже на заказ, который уже записан вручную по обращению покупателя.",
            ),
            Self::ShopperBlocked => ("The shopper's account is blocked.", "Аккаунт покупателя заблокирован."),
            Self::NoCurrency => {
                ("No currency is named or set for the partner.", "Валюта не указана ни в сообщении, ни у партнёра.")
            }
            Self::NoCommission => ("The message has no commission.", "В сообщении нет вознаграждения."),
            Self::NegativeAmount => ("The amount is negative.", "Сумма отрицательна."),
            Self::TooPrecise => {
                ("The amount has more digits than its currency.", "В сумме больше знаков, чем в её валюте.")
            }
            Self::TooLarge => ("The amount is too large.", "Сумма слишком велика."),
            Self::BeyondLimit => ("The amount is beyond the partner's limit.", "Сумма больше лимита партнёра."),
            Self::CurrencyChanged => ("The order had another currency before.", "Раньше у заказа была другая валюта."),
            Self::NoOrderAmount => ("The order's amount is missing.", "Нет суммы заказа."),
            Self::CurrencyMismatch => {
                ("The order and the commission differ in currency.", "Валюты заказа и вознаграждения различаются.")
            }
            Self::FromTheFuture => ("The event is dated in the future.", "Событие датировано будущим."),
            Self::OlderEvent => {
                ("A later event of this order is known.", "Известно более позднее событие этого заказа.")
            }
            Self::WeakerStatus => {
                ("A final status of this order is known.", "Известен окончательный статус этого заказа.")
            }
            Self::RepeatedDelta => ("This change was counted before.", "Это изменение уже учтено."),
            Self::NotAuthentic => ("The call is not authentic.", "Подлинность вызова не подтверждена."),
            Self::PartnerPaused => ("The partner is paused.", "Партнёр приостановлен."),
            Self::Interrupted => (
                "The call was cut short before this part was settled.",
                "Вызов прервался до того, как дошло до этой части.",
            ),
            Self::SeeReports => ("The parts of the call ended differently.", "Части вызова обработаны по-разному."),
        }
    }
}

text_enum! {
    /// The languages that people are spoken to in.
    pub enum Language {
        /// English.
        En = "en",
        /// Russian.
        Ru = "ru",
    }
}

impl Language {
    /// The language to answer in: the first of ours that `Accept-Language` (RFC 9110) names.
    #[must_use]
    pub fn from_accept(accept: Option<&str>, default: Self) -> Self {
        let wanted = accept.unwrap_or_default().split(',').map(|part| part.trim().to_ascii_lowercase());
        let mut known = wanted.filter_map(|tag| match tag.get(..2) {
            Some("ru" | "be" | "uk" | "kk") => Some(Self::Ru),
            Some("en") => Some(Self::En),
            Some(_) | None => None,
        });
        known.next().unwrap_or(default)
    }
}
