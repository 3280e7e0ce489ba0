//! Searching without an index: what the database can do while the index is rebuilt.

use keqiao_model::ListingState;
use keqiao_search::{Facet, Hit, Piece, SearchRequest, SearchResult};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::{Market, Result, entity::listing, listings::kind_code, text::contains};

/// Words that count; each costs a look at every listing.
const WORDS: usize = 8;
/// Characters of a word that count.
const WORD: usize = 60;
/// Characters of the summary that are shown.
const SNIPPET: usize = 160;

/// Public listings of the side that have every word in title, summary or number, newest first. Nothing is counted by property and nothing
/// is marked.
pub(super) async fn search(market: &Market, request: &SearchRequest) -> Result<SearchResult> {
    let mut wanted = Condition::all()
        .add(listing::Column::Kind.eq(kind_code(request.kind)))
        .add(listing::Column::State.is_in([ListingState::Published.code(), ListingState::InDeal.code()]));
    for word in request.query.split_whitespace().take(WORDS) {
        let (word, excluded) = word.strip_prefix('-').map_or((word, false), |word| (word, true));
        let word: String = word.chars().filter(|c| !c.is_control() && !"\"“”".contains(*c)).take(WORD).collect();
        if !word.is_empty() {
            wanted = wanted.add(if excluded { has(&word).not() } else { has(&word) });
        }
    }
    for (facet, codes) in request.filters.iter().filter(|(_, codes)| !codes.is_empty()) {
        wanted = wanted.add(match facet {
            Facet::Field => Condition::all().add(listing::Column::Field.is_in(codes)),
            Facet::Industry => Condition::all().add(listing::Column::Industry.is_in(codes)),
            Facet::Region => Condition::all().add(listing::Column::Region.is_in(codes.iter().flat_map(|code| market.codes_of(code)))),
            Facet::Trl => Condition::all().add(listing::Column::Trl.is_in(codes.iter().filter_map(|code| code.parse::<i64>().ok()))),
            Facet::Cooperation => {
                codes.iter().fold(Condition::any(), |any, code| any.add(contains(listing::Column::Cooperation, &format!("\"{code}\""))))
            }
        });
    }
    let found = listing::Entity::find().filter(wanted);
    let total = usize::try_from(found.clone().count(&market.db).await?).unwrap_or(usize::MAX);
    let rows: Vec<(Uuid, String, String)> = found
        .select_only()
        .columns([listing::Column::Id, listing::Column::Title, listing::Column::Summary])
        .order_by_desc(listing::Column::PublishedAt)
        .order_by_desc(listing::Column::Id)
        .offset(u64::try_from(request.offset).unwrap_or(u64::MAX))
        .limit(u64::try_from(request.limit).unwrap_or(u64::MAX))
        .into_tuple()
        .all(&market.db)
        .await?;
    let piece = |text: String| vec![Piece { text, hit: false }];
    let hits = rows
        .into_iter()
        .map(|(id, title, summary)| Hit { id, score: 0.0, title: piece(title), snippet: piece(summary.chars().take(SNIPPET).collect()) })
        .collect();
    Ok(SearchResult { total, hits, ..SearchResult::default() })
}

fn has(word: &str) -> Condition {
    [listing::Column::Title, listing::Column::Summary, listing::Column::Number]
        .into_iter()
        .fold(Condition::any(), |any, column| any.add(contains(column, word)))
}
