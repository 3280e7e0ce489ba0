//! What happens inside the demo's deals: messages, signatures, documents, terms, public notices, contracts.

use keqiao_market::{
    Actor, commissions, contracts, deals,
    room::{documents, messages, nda, terms},
};
use keqiao_model::{DealMove, Fields, TermMove};
use time::Duration;

use super::{
    Story,
    content::City,
    history::{DEALS, LATEST, PAPER, contract_fields, register},
    people::People,
    pricing,
};

fn fields<const N: usize>(pairs: [(&str, &str); N]) -> Fields {
    pairs.into_iter().collect()
}

/// Both sides sign the confidentiality agreement.
async fn sign(story: &Story, number: &str, sides: [&Actor; 2]) -> anyhow::Result<()> {
    for side in sides {
        let shown = nda::nda(&story.market, side, number).await?;
        let name = side.person().map(|p| p.name.as_str()).unwrap_or_default();
        let signed = fields([("name", name), ("agree", "yes"), ("hash", &shown.text_hash)]);
        nda::sign_nda(&story.market, side, number, &signed, "", None).await?;
        story.wait(Duration::hours(5));
    }
    Ok(())
}

/// The broker of a deal proposes what it gets, and both sides agree.
async fn commission(story: &Story, number: &str, broker: &Actor, sides: [&Actor; 2]) -> anyhow::Result<()> {
    let wanted = fields([("way", "percent"), ("rate", "3"), ("buyer_share", "50")]);
    commissions::propose(&story.market, broker, number, &wanted, 0, None).await?;
    story.wait(Duration::hours(8));
    for side in sides {
        let edition = commissions::commission(&story.market, side, number).await?.edition;
        commissions::agree(&story.market, side, number, edition, None).await?;
    }
    Ok(())
}

/// Carries a deal as far as its place in the story says.
pub(crate) async fn negotiate(
    story: &mut Story,
    city: &City,
    people: &People,
    place: usize,
    number: &str,
    buyer: &Actor,
    seller: &Actor,
) -> anyhow::Result<()> {
    let market = story.market.clone();
    let words = &city.words;
    let go = async |by: DealMove, fields: &Fields| -> anyhow::Result<()> {
        let version = deals::deal(&market, buyer, number).await?.version;
        deals::move_deal(&market, buyer, number, by, fields, version, None).await?;
        Ok(())
    };
    for (i, text) in words.messages.iter().enumerate().take(1 + place % words.messages.len()) {
        story.wait(Duration::hours(26));
        messages::write_message(&market, if i % 2 == 0 { seller } else { buyer }, number, &fields([("body", text)]), None, None).await?;
    }
    let none = Fields::default();
    if place % 7 == 6 {
        return Ok(());
    }
    sign(story, number, [seller, buyer]).await?;
    let paper = documents::DocumentFile { name: "technical.pdf", bytes: PAPER.to_vec() };
    let about = fields([("title", &words.document_title), ("document_kind", "technical")]);
    documents::add_document(&market, seller, number, None, &about, Some(paper), None).await?;
    story.wait(Duration::hours(40));
    if place % 7 == 5 {
        return Ok(());
    }
    if place % 7 == 2 {
        return go(DealMove::Lose, &fields([("code", "advantage_unclear"), ("reason", &words.lost_reason)])).await;
    }
    let deal = deals::deal(&market, seller, number).await?;
    if deal.broker.is_some() {
        commission(story, number, &people.broker, [buyer, seller]).await?;
    }
    go(DealMove::OpenTerms, &none).await?;
    story.wait(Duration::days(3));
    let yuan = deal.demand.as_ref().and_then(|d| d.price.1).map_or(800_000, |p| u64::try_from(p.fen()).unwrap_or(0) / 100);
    let proposal = |price: u64, edition: &str| {
        fields([
            ("kind", "development"),
            ("price", &price.to_string()),
            ("payment", "lump"),
            ("ip", "joint"),
            ("benefit", &words.terms_benefit),
            ("acceptance", &words.terms_acceptance),
            ("edition", edition),
        ])
    };
    terms::propose_terms(&market, seller, number, &proposal(yuan + yuan / 5, "0"), None).await?;
    story.wait(Duration::days(2));
    if place % 7 == 3 {
        return Ok(());
    }
    terms::propose_terms(&market, buyer, number, &proposal(yuan, "1"), None).await?;
    story.wait(Duration::days(1));
    terms::move_terms(&market, seller, number, 2, TermMove::Accept, &none, None).await?;
    // The latest ones still stand on public notice.
    if pricing::on_notice(story, city, number, seller, place + LATEST >= DEALS).await? {
        return Ok(());
    }
    let field = deal.achievement.as_ref().or(deal.demand.as_ref()).and_then(|l| l.field).map_or("manufacturing", |f| f.code());
    let fields = contract_fields(story, city, &deal.summary.title, field, yuan);
    let contract = contracts::create_contract(&market, seller, Some(number), &fields, None).await?;
    if place % 7 == 4 {
        return Ok(());
    }
    register(story, city, people, seller, &contract).await?;
    if place.is_multiple_of(2) {
        go(DealMove::Perform, &none).await?;
    }
    Ok(())
}
