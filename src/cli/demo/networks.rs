//! The other networks, each in its own words: JSON in a form field, signed bodies and queries, decimal commas, times in
//! the network's own zone, no currency, no status.

use super::journey::{Scene, same};
use super::play::{Play, Played};
use crate::simulator::networks::{Sale, Told};

/// What a network tells in turn, and what Anna has after each.
struct Turn {
    name: &'static str,
    title: &'static str,
    store: &'static str,
    says: &'static [(Told, &'static str)],
}

const TURNS: &[Turn] = &[
    Turn {
        name: "awin",
        title: "Awin posts JSON in a form field: 60 % of 4.21 GBP, rounded down",
        store: "moss-and-wool",
        says: &[(Told::Pending, "EUR confirmed 7.50; GBP pending 2.52; RUB available 50.25")],
    },
    Turn {
        name: "adtraction",
        title: "Adtraction names no order, only the click and the time: 70 % of 12.50 SEK",
        store: "fjallboden",
        says: &[
            (Told::Pending, "EUR confirmed 7.50; GBP pending 2.52; RUB available 50.25; SEK pending 8.75"),
            (Told::Confirmed, "EUR confirmed 7.50; GBP pending 2.52; RUB available 50.25; SEK available 8.75"),
        ],
    },
    Turn {
        name: "tradedoubler",
        title: "Tradedoubler tells of a sale of 95.00 EUR without a currency or a status",
        store: "fahrwerk",
        says: &[(
            Told::Pending,
            "EUR pending 3.80; EUR confirmed 7.50; GBP pending 2.52; RUB available 50.25; SEK available 8.75",
        )],
    },
    Turn {
        name: "tune",
        title: "TUNE writes New York's time and 1.20000 USD; the cashback is a fixed 0.80",
        store: "hudson-games",
        says: &[(
            Told::Confirmed,
            "EUR pending 3.80; EUR confirmed 7.50; GBP pending 2.52; RUB available 50.25; SEK available 8.75; USD available 0.80",
        )],
    },
    Turn {
        name: "gdeslon",
        title: "GdeSlon: 2.5 % of 2810.00 would be 70.25, but 50.00 is the most for one order",
        store: "domovoy",
        says: &[
            (
                Told::Pending,
                "EUR pending 3.80; EUR confirmed 7.50; GBP pending 2.52; RUB pending 50.00; RUB available 50.25; SEK available 8.75; USD available 0.80",
            ),
            (
                Told::Confirmed,
                "EUR pending 3.80; EUR confirmed 7.50; GBP pending 2.52; RUB available 100.25; SEK available 8.75; USD available 0.80",
            ),
        ],
    },
    Turn {
        name: "actionpay",
        title: "ActionPay writes 37,50 with a comma; the cashback is a fixed 25.00",
        store: "bilet-da",
        says: &[
            (
                Told::Pending,
                "EUR pending 3.80; EUR confirmed 7.50; GBP pending 2.52; RUB pending 25.00; RUB available 100.25; SEK available 8.75; USD available 0.80",
            ),
            (
                Told::Confirmed,
                "EUR pending 3.80; EUR confirmed 7.50; GBP pending 2.52; RUB available 125.25; SEK available 8.75; USD available 0.80",
            ),
        ],
    },
    Turn {
        name: "seven_offers",
        title: "7offers names no currency; for a first order 80 % of 100.00 is Anna's",
        store: "kredo",
        says: &[
            (
                Told::Pending,
                "EUR pending 3.80; EUR confirmed 7.50; GBP pending 2.52; RUB pending 80.00; RUB available 125.25; SEK available 8.75; USD available 0.80",
            ),
            (
                Told::Confirmed,
                "EUR pending 3.80; EUR confirmed 7.50; GBP pending 2.52; RUB available 205.25; SEK available 8.75; USD available 0.80",
            ),
        ],
    },
    Turn {
        name: "ayet_studios",
        title: "ayeT-Studios signs its query: a reward of 0.36 USD, and later a chargeback",
        store: "pixel-quest",
        says: &[
            (
                Told::Confirmed,
                "EUR pending 3.80; EUR confirmed 7.50; GBP pending 2.52; RUB available 205.25; SEK available 8.75; USD available 0.98",
            ),
            (Told::Declined, AFTER),
        ],
    },
];

/// What Anna has when all have spoken.
const AFTER: &str = "EUR pending 3.80; EUR confirmed 7.50; GBP pending 2.52; RUB available 205.25; SEK available 8.75; USD available 0.80";

pub(super) async fn play(play: &mut Play, scene: &mut Scene<'_>) {
    for turn in TURNS {
        let told = take_turn(scene, turn).await;
        play.note(turn.name, turn.title, told);
    }
    let told = dub(scene).await;
    play.note("dub", "Dub signs its body but names no click: the sale is kept, and never guessed", told);
}

async fn take_turn(scene: &mut Scene<'_>, turn: &Turn) -> Played {
    let mut click = String::new();
    let mut lines = scene.follow(turn.store, &mut click).await?;
    let sale = scene.sale(turn.store, &click, 2);
    for (told, balances) in turn.says {
        lines.extend(scene.tell_sale(&sale, turn.store, *told, "applied", balances).await?);
    }
    Ok(lines)
}

async fn dub(scene: &mut Scene<'_>) -> Played {
    let mut click = String::new();
    scene.follow("shortlink-studio", &mut click).await?;
    let sale: Sale = scene.sale("shortlink-studio", &click, 2)?;
    let answer = scene.tell("shortlink-studio", &sale, Told::Pending, None).await?.wants(200)?;
    same("the verdict", &answer.at("/verdict"), "held")?;
    let mut lines = vec![format!("held: {}", answer.at("/detail"))];
    let forged = scene.tell("shortlink-studio", &sale, Told::Pending, Some("a-guess")).await?.wants(401)?;
    same("the verdict on a wrong signature", &forged.at("/verdict"), "refused")?;
    lines.extend(scene.after(AFTER).await?);
    Ok(lines)
}
