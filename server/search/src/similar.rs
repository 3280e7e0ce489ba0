//! What of its own side says the same as a listing?

use std::collections::HashMap;

use uuid::Uuid;

use crate::analysis::analyse;
use crate::document::Document;
use crate::error::SearchError;
use crate::schema::{Channel, Fields, Part};
use crate::scoring::{QueryTerm, frequency, idf, resolve, score_segment};
use crate::snapshot::Snapshot;
use crate::top::{Keys, Top, score_key};

/// Terms by which candidates are looked for.
const TERMS: usize = 60;
/// Candidates compared in full for each listing wanted.
const CANDIDATES: usize = 3;

/// The words of a listing's title and prose, and how often each occurs.
fn counts(title: &str, summary: &str, text: &str) -> HashMap<String, f32> {
    let mut counts = HashMap::new();
    for token in [title, summary, text].into_iter().flat_map(|text| analyse(text).words) {
        *counts.entry(token.text).or_insert(0.0) += 1.0;
    }
    counts
}

fn damped(count: f32) -> f32 {
    1.0 + count.ln()
}

/// The listings of the document's own side that are most like it, most alike first: the cosine of the words of title and prose, weighed by
/// their rarity on that side. 1 is the same text. The document itself is left out; it need not be indexed.
pub(crate) fn similar(snapshot: &Snapshot, fields: &Fields, document: &Document, limit: usize) -> Result<Vec<(Uuid, f32)>, SearchError> {
    let side = snapshot.side(document.kind).documents;
    let own = counts(&document.title, &document.summary, &document.text);
    if limit == 0 || side == 0 || own.is_empty() {
        return Ok(Vec::new());
    }
    let mut rarity = HashMap::new();
    for text in own.keys() {
        // A word of this document is known to occur once, whether or not the document is indexed yet.
        let found = frequency(snapshot, fields, document.kind, Channel::Words, text)?;
        rarity.insert(text.as_str(), (idf(side + 1, found.max(1)), found > 0));
    }
    let weight = |text: &str, count: f32| rarity.get(text).map(|(idf, _)| damped(count) * idf);
    let mut terms: Vec<QueryTerm> = own
        .iter()
        .filter(|(text, _)| rarity.get(text.as_str()).is_some_and(|(_, found)| *found))
        .map(|(text, count)| QueryTerm { channel: Channel::Words, text: text.clone(), weight: damped(*count) })
        .collect();
    let worth = |term: &QueryTerm| term.weight * rarity.get(term.text.as_str()).map_or(0.0, |(idf, _)| *idf);
    terms.sort_by(|a, b| worth(b).total_cmp(&worth(a)).then_with(|| a.text.cmp(&b.text)));
    terms.truncate(TERMS);
    let resolved = resolve(snapshot, fields, document.kind, &[Part::Title, Part::Text], &terms)?;
    let mut top = Top::new(limit.saturating_mul(CANDIDATES).saturating_add(1));
    for segment in snapshot.segments() {
        let keys = Keys::open(segment)?;
        for (doc, score) in (0_u32..).zip(score_segment(segment, &resolved)?) {
            if score > 0.0 {
                top.show(&keys, doc, score_key(score), score);
            }
        }
    }
    // Of words that only the other one has, rarity is not looked up, which would cost more than all the rest: the mean stands for it.
    let mean = rarity.values().map(|(idf, _)| idf).sum::<f32>() / rarity.len() as f32;
    let length = |counts: &HashMap<String, f32>| {
        let squares = counts.iter().map(|(text, &count)| weight(text, count).unwrap_or_else(|| damped(count) * mean).powi(2));
        squares.map(f64::from).sum::<f64>().sqrt()
    };
    let own_length = length(&own);
    let mut found = Vec::new();
    for ranked in top.finish().into_iter().filter(|ranked| ranked.id() != document.id) {
        let entry: tantivy::TantivyDocument = snapshot.searcher.doc(ranked.address)?;
        let text = |field| fields.stored_text(&entry, field);
        let other = counts(&text(fields.title), &text(fields.summary), &text(fields.text));
        let mut shared: Vec<f64> = own
            .iter()
            .filter_map(|(text, &count)| {
                let there = other.get(text)?;
                Some(f64::from(weight(text, count)? * weight(text, *there)?))
            })
            .collect();
        // Summed in one order, so that the same two texts are equally alike in every run.
        shared.sort_by(f64::total_cmp);
        let cosine = shared.iter().sum::<f64>() / (own_length * length(&other)).max(f64::MIN_POSITIVE);
        found.push((ranked.id(), cosine.clamp(0.0, 1.0) as f32));
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    found.truncate(limit);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use keqiao_model::ListingKind;

    use crate::{Change, Document, SearchIndex};

    fn listing(n: u128, kind: ListingKind, title: &str, text: &str) -> Document {
        let mut document = Document::new(uuid::Uuid::from_u128(n), kind);
        document.title = title.to_owned();
        document.text = text.to_owned();
        document
    }

    #[tokio::test]
    async fn the_same_text_is_wholly_alike_and_another_subject_is_not() {
        use ListingKind::{Achievement, Demand};
        let text = "高转速下保持架磨损，润滑脂流失，温升超过 25 ℃，寻求陶瓷轴承与润滑方案。公司每年生产数控机床 600 台，主轴故障占售后\
                    的四成，现用钢制角接触球轴承，油脂润滑，试过进口油脂，寿命只提高一成。";
        let index = SearchIndex::in_memory().unwrap();
        let documents = [
            listing(1, Demand, "主轴轴承寿命不足", text),
            listing(2, Demand, "主轴轴承寿命不足", text),
            listing(3, Demand, "主轴轴承润滑", "寻求高转速轴承的润滑方案。"),
            listing(4, Demand, "印染废水处理", "废水色度高，膜污染严重。"),
            listing(5, Achievement, "主轴轴承寿命不足", text),
        ];
        let changes = documents.iter().map(|d| Change::Put(Box::new(d.clone()))).collect();
        index.apply(changes, "1".to_owned()).await.unwrap();
        let found = index.similar(&documents[0], 5).unwrap();
        let ids: Vec<u128> = found.iter().map(|(id, _)| id.as_u128()).collect();
        assert_eq!(ids, [2, 3], "neither itself nor the other side nor what shares no word");
        assert!(found[0].1 > 0.999 && found[1].1 < 0.7, "{found:?}");
        // It need not be indexed, and a little more text is still a near duplicate.
        let longer = listing(9, Demand, "主轴轴承寿命不足", &format!("{text}希望合作。"));
        let found = index.similar(&longer, 1).unwrap();
        assert!(found.len() == 1 && found[0].1 > 0.8 && found[0].1 < 1.0, "{found:?}");
        assert!(index.similar(&listing(9, Demand, "", ""), 5).unwrap().is_empty());
    }
}
