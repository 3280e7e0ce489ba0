//! How do our index and a plain tantivy query on the same index answer?

use std::collections::BTreeSet;

use anyhow::ensure;
use jieba_rs::Jieba;
use keqiao_model::{Field, ListingKind};
use keqiao_search::{Document, Facet, SearchIndex, SearchRequest};
use tantivy::{
    Searcher, TantivyDocument, Term,
    collector::{Count, TopDocs},
    query::{BooleanQuery, Occur, Query, TermQuery},
    schema::{Field as IndexField, IndexRecordOption},
};

use crate::{
    listings::{REGIONS, whole},
    report::Race,
    timing::{Way, race},
};

/// Hits on a page.
pub const PAGE: usize = 20;
/// Matches on a page.
pub const MATCHES: usize = 10;
/// Matches that the market stores of each listing.
pub const STORED: usize = 50;

/// A bare OR query over the fields of words of the achievements, in an index of ours.
pub struct Plain {
    searcher: Searcher,
    words: Vec<IndexField>,
    jieba: Jieba,
}

impl Plain {
    /// Reads the index as it is now.
    pub fn open(index: &SearchIndex) -> anyhow::Result<Self> {
        let index = index.engine();
        let fields = index.schema();
        let words: Vec<_> = fields
            .fields()
            .filter(|(_, field)| field.name().contains("achievement") && field.name().contains("words"))
            .map(|(field, _)| field)
            .collect();
        ensure!(!words.is_empty(), "the index has no word fields");
        Ok(Self { searcher: index.reader()?.searcher(), words, jieba: Jieba::new() })
    }

    fn query(&self, text: &str) -> BooleanQuery {
        let words: BTreeSet<&str> = self.jieba.cut(text, false).into_iter().map(|word| word.word).collect();
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for word in words.into_iter().filter(|word| word.chars().any(char::is_alphanumeric)) {
            for field in &self.words {
                let term = Term::from_field_text(*field, word);
                clauses.push((Occur::Should, Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))));
            }
        }
        BooleanQuery::new(clauses)
    }

    /// The best, without looking at them.
    pub fn top(&self, text: &str, limit: usize) -> anyhow::Result<usize> {
        Ok(self.searcher.search(&self.query(text), &TopDocs::with_limit(limit).order_by_score())?.len())
    }

    /// The best, their stored texts read.
    pub fn read(&self, text: &str, limit: usize) -> anyhow::Result<usize> {
        let found = self.searcher.search(&self.query(text), &TopDocs::with_limit(limit).order_by_score())?;
        for (_, address) in &found {
            let _: TantivyDocument = self.searcher.doc(*address)?;
        }
        Ok(found.len())
    }

    /// The best with everything scored: counting keeps tantivy from leaving listings out.
    fn exhaustive(&self, text: &str, limit: usize) -> anyhow::Result<usize> {
        Ok(self.searcher.search(&self.query(text), &(TopDocs::with_limit(limit).order_by_score(), Count))?.0.len())
    }
}

/// A person's search for achievements. It always ranks, counts every facet, and marks titles and snippets; `filtered` narrows it by
/// fields and regions besides.
fn request(query: &str, filtered: bool) -> SearchRequest {
    let mut request = SearchRequest::new(ListingKind::Achievement, query);
    if filtered {
        let fields = Field::ALL.iter().take(4).map(|field| field.code().to_owned()).collect();
        let regions = REGIONS.iter().take(3).map(|region| (*region).to_owned()).collect();
        request.filters.extend([(Facet::Field, fields), (Facet::Region, regions)]);
    }
    request
}

/// One of our searches: the hits on its first page.
pub fn search(index: &SearchIndex, query: &str, filtered: bool) -> anyhow::Result<usize> {
    Ok(index.search(&request(query, filtered))?.hits.len())
}

/// A search that only ranks.
fn bare(index: &SearchIndex, query: &str) -> anyhow::Result<usize> {
    let request = SearchRequest { mark: false, count: false, exact: true, ..request(query, false) };
    Ok(index.search(&request)?.hits.len())
}

/// Searches beside plain ones.
pub fn searches(index: &SearchIndex, plain: &Plain, name: &str, queries: &[String], seconds: u64) -> anyhow::Result<Race> {
    let mut ways = vec![
        Way::<String>::new("plain tantivy OR, top 20, stored texts read", |query| plain.read(query, PAGE)),
        Way::<String>::new("plain tantivy OR, top 20, addresses only", |query| plain.top(query, PAGE)),
        Way::<String>::new("Keqiao search: counts of all facets, marked snippets", |query| search(index, query, false)),
        Way::<String>::new("Keqiao search: the same without counts and marks", |query| bare(index, query)),
        Way::<String>::new("Keqiao search: counts and marks, filtered by field and region", |query| search(index, query, true)),
    ];
    Ok(Race::new(name, index.len() as u64, race(queries, &mut ways, seconds)?))
}

/// A demand, and all that it says.
type Asked<'a> = (&'a Document, String);

/// Matches of whole demands beside plain queries of their words.
pub fn matches(index: &SearchIndex, plain: &Plain, name: &str, demands: &[Document], seconds: u64) -> anyhow::Result<Race> {
    let questions: Vec<Asked> = demands.iter().map(|demand| (demand, whole(demand))).collect();
    let mut ways = vec![
        Way::<Asked>::new("plain tantivy OR of all words, top 10, pruned", |(_, text)| plain.top(text, MATCHES)),
        Way::<Asked>::new("plain tantivy OR of all words, top 10, everything scored", |(_, text)| plain.exhaustive(text, MATCHES)),
        Way::<Asked>::new("Keqiao match: best 10", |(demand, _)| Ok(index.rank(demand, MATCHES)?.len())),
        Way::<Asked>::new("Keqiao match: best 50, as stored", |(demand, _)| Ok(index.rank(demand, STORED)?.len())),
        Way::<Asked>::new("Keqiao match: best 10, explained", |(demand, _)| Ok(index.matches(demand, MATCHES)?.len())),
    ];
    Ok(Race::new(name, index.len() as u64, race(&questions, &mut ways, seconds)?))
}
