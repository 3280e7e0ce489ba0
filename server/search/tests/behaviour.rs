//! What people and the market see of the index.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use keqiao_model::ListingKind::{self, Achievement, Demand};
use keqiao_model::{Fit, Indicator};
use keqiao_search::{
    Change, Document, Embedding, Facet, Hit, Match, Opened, Piece, Property, SearchError, SearchIndex, SearchRequest, SearchResult,
    Settings, Sort, WEIGHTS, Weights,
};
use uuid::Uuid;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// Listing `n`, published in second `n`.
fn listing(n: u128, kind: ListingKind, title: &str) -> Document {
    let mut document = Document::new(id(n), kind);
    document.title = title.to_owned();
    document.number = format!("{}-2026-{n:06}", if kind == Demand { "XQ" } else { "CG" });
    document.published_at = i64::try_from(n).unwrap();
    document
}

fn put(document: Document) -> Change {
    Change::Put(Box::new(document))
}

async fn index_of(documents: Vec<Document>) -> SearchIndex {
    let index = SearchIndex::in_memory().unwrap();
    index.apply(documents.into_iter().map(put).collect(), "1".to_owned()).await.unwrap();
    index
}

fn demands(index: &SearchIndex, query: &str) -> SearchResult {
    index.search(&SearchRequest::new(Demand, query)).unwrap()
}

/// The numbers of the found listings, in order.
fn found(index: &SearchIndex, query: &str) -> Vec<u128> {
    numbers(&demands(index, query).hits)
}

fn numbers(hits: &[Hit]) -> Vec<u128> {
    hits.iter().map(|hit| hit.id.as_u128()).collect()
}

fn marked(pieces: &[Piece]) -> String {
    pieces.iter().map(|piece| if piece.hit { format!("[{}]", piece.text) } else { piece.text.clone() }).collect()
}

async fn small_market() -> SearchIndex {
    let mut first = listing(1, Demand, "废旧锂离子电池回收");
    first.summary = "从废旧电池中回收钴和镍。".to_owned();
    first.organisation = "科桥新能源有限公司".to_owned();
    let mut second = listing(2, Demand, "磷酸铁锂正极材料 LiFePO4");
    second.text = "能量密度≥300Wh/kg, battery recycling 不在范围内。电池的安全。".to_owned();
    let mut third = listing(3, Demand, "涤纶面料数码印花");
    third.keywords = vec!["活性染料".to_owned(), "machine learning".to_owned()];
    third.indicators = "色牢度 级\n幅宽 mm".to_owned();
    index_of(vec![first, second, third, listing(4, Achievement, "锂离子电池回收技术")]).await
}

#[tokio::test]
async fn each_part_is_found_on_its_own_side_only() {
    let index = small_market().await;
    assert_eq!((index.len(), index.count(Demand), index.count(Achievement)), (4, 3, 1));
    for (query, expected) in [
        ("电池回收", vec![1, 2]),
        ("\"电池回收\"", vec![1]),
        ("锂离子电池", vec![1]),
        ("LIFEPO4 正极", vec![2]),
        ("300Wh/kg", vec![2]),
        ("３００ｗｈ／ｋｇ", vec![2]),
        // Said in Chinese in the title of the first.
        ("batteries", vec![1, 2]),
        ("活性染料", vec![3]),
        ("色牢度", vec![3]),
        ("幅宽mm", vec![3]),
        ("科桥新能源", vec![1]),
        ("XQ-2026-000003", vec![3]),
        ("xq-2026-000002", vec![2]),
        ("CG-2026-000004", vec![]),
        ("量子计算", vec![]),
        ("", vec![3, 2, 1]),
        ("  、!? ", vec![3, 2, 1]),
    ] {
        assert_eq!(found(&index, query), expected, "{query}");
    }
}

#[tokio::test]
async fn weights_in_force_order_matches_and_what_is_learnt_from_does_not_depend_on_them() {
    let offer = |n: u128, field: &str, region: &str| {
        let mut offer = listing(n, Achievement, "锂离子电池回收技术");
        (offer.field, offer.region, offer.published_at) = (field.to_owned(), region.to_owned(), 9);
        offer
    };
    let mut demand = listing(3, Demand, "废旧锂离子电池回收");
    (demand.field, demand.region) = ("energy".to_owned(), "990102".to_owned());
    let index = index_of(vec![offer(1, "energy", "990103"), offer(2, "materials", "990102"), demand.clone()]).await;
    let others = [id(1), id(2)];
    let order = || index.rank(&demand, 10).unwrap().into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    let features = index.features(&demand, &others).unwrap();
    assert_eq!(features.iter().map(|(id, _)| *id).collect::<Vec<_>>(), others);
    assert_ne!(features[0].1, features[1].1);
    assert_eq!(order(), [id(1), id(2)]);
    index.weigh(Weights { field: 0.0, ..WEIGHTS });
    assert_eq!(order(), [id(2), id(1)]);
    index.matches(&demand, 10).unwrap().iter().for_each(check_sums);
    assert_eq!(index.features(&demand, &others).unwrap(), features);
}

#[tokio::test]
async fn nothing_is_learnt_from_what_is_not_looked_at_closely() {
    let mut listings: Vec<_> = (1..=250).map(|n| listing(n, Achievement, "锂离子电池回收技术")).collect();
    listings.push(listing(900, Achievement, "电池外壳的冲压与焊接成套设备"));
    let demand = listing(901, Demand, "锂离子电池回收");
    let index = index_of(listings).await;
    let best = index.rank(&demand, 1).unwrap()[0].0;
    let of = [best, id(900)];
    let explained: Vec<_> = index.explain_each(&demand, &of).unwrap().into_iter().map(|one| one.id).collect();
    assert_eq!(explained, of, "it shares a word and is explained");
    let features: Vec<_> = index.features(&demand, &of).unwrap().into_iter().map(|(id, _)| id).collect();
    assert_eq!(features, [best], "but two hundred are nearer");
}

#[tokio::test]
async fn all_of_few_words_are_required_where_anything_has_them_and_else_any() {
    let index = small_market().await;
    let asked = |query: &str| SearchRequest::new(ListingKind::Demand, query);
    let partly = index.search(&asked("电池 印花")).unwrap();
    assert!(partly.partly && partly.correction.is_none());
    assert_eq!(partly.hits.iter().map(|hit| hit.id.as_u128()).collect::<Vec<_>>(), [1, 3, 2]);
    let second = index.search(&SearchRequest { offset: 2, ..asked("电池 印花") }).unwrap();
    assert_eq!((second.total, second.hits.len(), second.partly), (3, 1, true), "on every page");
    for nothing in [asked("电池 印花 -电池 -印花"), asked("量子 纠缠"), SearchRequest { exact: true, ..asked("电池 印花") }]
    {
        let found = index.search(&nothing).unwrap();
        assert_eq!((found.total, found.partly), (0, false), "{}", nothing.query);
    }
    assert!(!index.search(&asked("电池 安全")).unwrap().partly);
    assert_eq!(found(&index, "电池 安全"), [2]);
    // Of many words a share is enough.
    assert_eq!(found(&index, "涤纶 面料 数码印花 活性染料 量子 激光"), [3]);
}

#[tokio::test]
async fn all_words_before_few_and_neighbours_before_strangers() {
    let mut scattered = listing(1, Demand, "材料回收");
    scattered.text = "电池".to_owned();
    let together = listing(2, Demand, "电池回收材料");
    let index = index_of(vec![scattered, together, listing(3, Demand, "电池")]).await;
    assert_eq!(found(&index, "电池回收"), [2, 1]);

    let partly = listing(11, Demand, "激光 焊接 切割 熔覆 激光 焊接 切割 熔覆");
    let mut wholly = listing(12, Demand, "其他");
    wholly.text = format!("激光焊接切割熔覆机床 {}", "无关内容".repeat(50));
    let index = index_of(vec![partly, wholly]).await;
    assert_eq!(found(&index, "激光 焊接 切割 熔覆 机床"), [12, 11]);
}

#[tokio::test]
async fn quotes_require_and_a_minus_excludes() {
    let index = index_of(vec![
        listing(1, Demand, "电池回收"),
        listing(2, Demand, "电池、回收"),
        listing(3, Demand, "回收电池"),
        listing(4, Demand, "machine learning batteries"),
        listing(5, Demand, "learning machines"),
    ])
    .await;
    assert_eq!(found(&index, "\"电池回收\""), [1]);
    assert_eq!(found(&index, "“电池回收”"), [1]);
    assert_eq!(found(&index, "\"machine learning\""), [4]);
    let mut rest = found(&index, "回收 -\"电池回收\"");
    rest.sort_unstable();
    assert_eq!(rest, [2, 3]);
    assert_eq!(found(&index, "-电池 -回收"), [5, 4]);
    assert_eq!(found(&index, "learning -battery"), [5]);
}

#[tokio::test]
async fn nothing_typed_is_an_error() {
    let index = small_market().await;
    let long = "锂电池 ".repeat(3_000);
    let quotes = "\"".repeat(2_001);
    let nonsense: String = (1_u32..4_000).filter_map(|n| char::from_u32(n.wrapping_mul(7_919) % 0x11_0000)).collect();
    for junk in [
        "field:[* TO",
        "title:",
        "AND",
        "OR NOT",
        "(((",
        "a AND (b",
        "^2.0",
        "电池~2",
        "*",
        "?*",
        "\\",
        "\\\"",
        "\"",
        "\"\"",
        "-",
        "--",
        "- -",
        "-\"",
        "-\"\"",
        "\u{0}",
        "\u{feff}",
        "\u{202e}电池",
        "/*",
        "'; DROP TABLE",
        "<script>",
        "5G/6G:通信",
        "%",
        "💥💥",
        "的",
        "the",
        "a",
        "-a",
        "𠀀𠀁",
        "한국어",
        "がく",
        "e\u{301}",
        "1.2.3-4..5//6",
        "....",
        "x:y:z",
        "{\"a\":1}",
        "+电池 -",
        "“",
        "”“",
        &long,
        &quotes,
        &nonsense,
    ] {
        for sort in Sort::all() {
            let mut request = SearchRequest::new(Demand, junk);
            request.sort = sort;
            request.limit = usize::MAX;
            index.search(&request).unwrap_or_else(|error| panic!("{junk:?}: {error}"));
        }
        let mut document = listing(99, Demand, junk);
        document.keywords = vec![junk.to_owned()];
        index.matches(&document, 5).unwrap();
        index.apply(vec![put(document)], "2".to_owned()).await.unwrap();
    }
}

#[tokio::test]
async fn facets_count_with_the_filters_of_the_others() {
    let mut documents = Vec::new();
    for (n, field, region, trl, cooperation) in [
        (1, "energy", "keqiao", Some(4), vec!["license", "develop"]),
        (2, "energy", "yuecheng", Some(6), vec!["license", "license"]),
        (3, "textile", "keqiao", None, vec![]),
        (4, "textile", "keqiao", Some(6), vec!["develop"]),
    ] {
        let mut document = listing(n, Demand, if n == 4 { "其他" } else { "电池" });
        document.field = field.to_owned();
        document.region = region.to_owned();
        document.trl = trl;
        document.cooperation = cooperation.into_iter().map(str::to_owned).collect();
        documents.push(document);
    }
    let index = index_of(documents).await;
    let mut request = SearchRequest::new(Demand, "电池");
    let counts = |result: &SearchResult, facet: Facet| -> Vec<String> {
        result.facets[&facet].iter().map(|(code, count)| format!("{code} {count}")).collect()
    };
    let result = index.search(&request).unwrap();
    assert_eq!(result.total, 3);
    assert_eq!(counts(&result, Facet::Field), ["energy 2", "textile 1"]);
    assert_eq!(counts(&result, Facet::Region), ["keqiao 2", "yuecheng 1"]);
    assert_eq!(counts(&result, Facet::Trl), ["4 1", "6 1"]);
    assert_eq!(counts(&result, Facet::Cooperation), ["license 2", "develop 1"]);
    assert_eq!(counts(&result, Facet::Industry), Vec::<String>::new());

    request.filters = BTreeMap::from([
        (Facet::Region, BTreeSet::from(["keqiao".to_owned()])),
        (Facet::Field, BTreeSet::from(["energy".to_owned(), "unknown".to_owned()])),
        (Facet::Industry, BTreeSet::new()),
    ]);
    let result = index.search(&request).unwrap();
    assert_eq!(numbers(&result.hits), [1]);
    assert_eq!(counts(&result, Facet::Field), ["energy 1", "textile 1"]);
    assert_eq!(counts(&result, Facet::Region), ["keqiao 1", "yuecheng 1"]);
    assert_eq!(counts(&result, Facet::Trl), ["4 1"]);

    request.filters = BTreeMap::from([(Facet::Industry, BTreeSet::from(["none".to_owned()]))]);
    assert_eq!(index.search(&request).unwrap().total, 0);
}

#[tokio::test]
async fn order_and_pages_are_stable() {
    let mut documents: Vec<Document> = (1..=7).map(|n| listing(n, Demand, "电池")).collect();
    for (document, deadline) in documents.iter_mut().zip([Some(30), None, Some(10), Some(20), None, Some(-5), Some(10)]) {
        document.deadline = deadline;
    }
    documents[1].published_at = 5;
    // Two commits make two segments: their borders must not show.
    let index = SearchIndex::in_memory().unwrap();
    let late = documents.split_off(4);
    for (position, batch) in [("1", documents), ("2", late)] {
        index.apply(batch.into_iter().map(put).collect(), position.to_owned()).await.unwrap();
    }
    for (query, sort, expected) in [
        ("电池", Sort::Relevance, [7, 6, 2, 5, 4, 3, 1]),
        ("", Sort::Relevance, [7, 6, 2, 5, 4, 3, 1]),
        ("电池", Sort::Newest, [7, 6, 2, 5, 4, 3, 1]),
        ("电池", Sort::Deadline, [6, 7, 3, 4, 1, 2, 5]),
    ] {
        let mut paged = Vec::new();
        for offset in (0..9).step_by(3) {
            let request = SearchRequest { sort, offset, limit: 3, ..SearchRequest::new(Demand, query) };
            let result = index.search(&request).unwrap();
            assert_eq!(result.total, 7);
            paged.extend(numbers(&result.hits));
        }
        assert_eq!(paged, expected, "{query:?} {sort:?}");
    }
    let only_count = SearchRequest { limit: 0, ..SearchRequest::new(Demand, "电池") };
    assert_eq!(index.search(&only_count).unwrap().total, 7);
}

#[tokio::test]
async fn marks_are_pieces_of_plain_text() {
    let mut document = listing(1, Demand, "<b>电池</b>的回收");
    document.summary = "a & b".to_owned();
    document.text = "此处谈电池。".to_owned();
    let index = index_of(vec![document]).await;
    let result = demands(&index, "电池 回收");
    assert_eq!(marked(&result.hits[0].title), "<b>[电池]</b>的[回收]");
    assert_eq!(marked(&result.hits[0].snippet), "此处谈[电池]。");
    let plain = SearchRequest { mark: false, ..SearchRequest::new(Demand, "电池 回收") };
    let result = index.search(&plain).unwrap();
    assert_eq!(result.hits[0].title, [Piece { text: "<b>电池</b>的回收".to_owned(), hit: false }]);
    assert_eq!(marked(&result.hits[0].snippet), "a & b");
}

#[tokio::test]
async fn changes_show_when_apply_returns() {
    let index = small_market().await;
    index.apply(vec![put(listing(1, Demand, "气凝胶保温")), Change::Remove(id(3)), Change::Remove(id(77))], "2".to_owned()).await.unwrap();
    assert_eq!(found(&index, "钴镍"), Vec::<u128>::new());
    assert_eq!(found(&index, "气凝胶"), [1]);
    assert_eq!(found(&index, ""), [2, 1]);
    assert_eq!(index.count(Demand), 2);
    assert_eq!(index.position().as_deref(), Some("2"));
    // Of several changes to one listing in a batch the last counts.
    let batch = vec![
        put(listing(5, Demand, "钛合金")),
        Change::Remove(id(5)),
        put(listing(6, Demand, "镁合金")),
        put(listing(6, Demand, "铝合金")),
    ];
    index.apply(batch, "3".to_owned()).await.unwrap();
    assert_eq!(found(&index, "合金"), [6]);
    assert_eq!(found(&index, "铝合金"), [6]);
    index.clear().await.unwrap();
    assert!(index.is_empty() && index.position().is_none());
}

#[tokio::test]
async fn deletions_leave_no_trace_in_ranking() {
    let wanted = || (1..40).map(|n| listing(n, Achievement, &format!("电池回收 方法{n} {}", "材料".repeat(n as usize % 5))));
    let rebuilt = index_of(wanted().collect()).await;
    let worn = index_of((1..80).map(|n| listing(n, Achievement, "电池材料与回收方法")).collect()).await;
    worn.apply((40..80).map(|n| Change::Remove(id(n))).collect(), "2".to_owned()).await.unwrap();
    worn.apply(wanted().map(put).collect(), "3".to_owned()).await.unwrap();
    let demand = listing(100, Demand, "废旧电池材料回收");
    assert_eq!(worn.matches(&demand, 50).unwrap(), rebuilt.matches(&demand, 50).unwrap());
}

fn close(a: f32, b: f32) -> bool {
    (a - b).abs() <= 1e-3 * a.abs().max(1.0)
}

fn check_sums(found: &Match) {
    let explanation = &found.explanation;
    let parts = explanation.text_score + explanation.facet_score + explanation.indicator_score + explanation.kin;
    assert!(close(found.score, parts));
    let words: f32 = explanation.words.iter().map(|word| word.weight).sum();
    assert!(close(words + explanation.other, explanation.text_score), "{explanation:?}");
    let facets: f32 = explanation.facets.iter().map(|facet| facet.weight).sum();
    let properties: f32 = explanation.properties.iter().map(|property| property.weight).sum();
    assert!(close(facets + properties, explanation.facet_score), "{explanation:?}");
    assert!(explanation.words.len() <= 12);
    assert!(explanation.words.is_sorted_by(|a, b| a.weight >= b.weight));
    assert!(explanation.words.iter().all(|word| !word.fields.is_empty()), "{explanation:?}");
}

fn indicator(name: &str, value: &str, unit: &str) -> Indicator {
    Indicator { name: name.to_owned(), value: value.to_owned(), unit: unit.to_owned(), ..Indicator::default() }
}

#[tokio::test]
async fn numbers_and_prices_decide_between_equal_texts() {
    let offer = |n: u128, density: &str, price: i64| {
        let mut offer = listing(n, Achievement, "高能量密度锂离子电池");
        offer.requirements = vec![indicator("能量密度", density, "Wh/kg")];
        offer.price_min = Some(price);
        offer
    };
    let index = index_of(vec![offer(1, "250", 10), offer(2, "300", 10), offer(3, "300", 1_000)]).await;
    let mut demand = listing(9, Demand, "高能量密度锂离子电池");
    demand.requirements = vec![indicator("能量密度", "280", "Wh/kg")];
    demand.price_max = Some(100);
    let matches = index.matches(&demand, 10).unwrap();
    assert_eq!(matches.iter().map(|found| found.id).collect::<Vec<_>>(), [id(2), id(3), id(1)]);
    matches.iter().for_each(check_sums);
    let fits: Vec<Fit> = matches.iter().map(|found| found.explanation.indicators[0].fit).collect();
    assert_eq!(fits, [Fit::Met, Fit::Met, Fit::Missed]);
    let priced: Vec<bool> =
        matches.iter().map(|found| found.explanation.properties.iter().any(|p| p.property == Property::Price)).collect();
    assert_eq!(priced, [true, false, true]);
    assert_eq!(index.explain(&demand, id(1)).unwrap().as_ref(), Some(&matches[2]));
}

#[tokio::test]
async fn the_link_of_the_chain_and_ready_answers_decide_between_equal_texts() {
    let with = |n: u128, text: &str, response: Option<u8>| {
        let mut offer = listing(n, Achievement, "石墨烯涂层");
        offer.text = text.to_owned();
        offer.response = response;
        offer
    };
    let path = |n: u128, path: &str| {
        let mut demand = listing(n, Demand, "石墨烯涂层");
        demand.chain_node = path.to_owned();
        demand
    };
    let offers = [
        with(1, "用于消费电子。", None),
        with(2, "用于海洋工程。", None),
        with(3, "用于海洋工程的船舶螺旋桨。", None),
        with(4, "用于消费电子！", Some(90)),
    ];
    let demands = [path(11, ""), path(12, "储能/船舶螺旋桨"), path(13, "海洋工程/船舶螺旋桨")];
    let index = index_of(offers.iter().chain(&demands).cloned().collect()).await;
    let weights = |matches: &[Match], property: Property| -> Vec<(Uuid, f32)> {
        let reason = |found: &Match| found.explanation.properties.iter().find(|reason| reason.property == property).map(|r| r.weight);
        let best = matches.iter().map(|found| found.explanation.text_score).fold(0.0, f32::max);
        let mut told: Vec<(Uuid, f32)> =
            matches.iter().filter_map(|found| Some((found.id, (reason(found)? / best * 1e4).round() / 1e4))).collect();
        told.sort_by_key(|(id, _)| *id);
        told
    };

    let matches = index.matches(&demands[2], 10).unwrap();
    matches.iter().for_each(check_sums);
    assert_eq!(matches[0].id, id(3));
    assert_eq!(weights(&matches, Property::ChainNode), [(id(2), WEIGHTS.chain_node / 2.0), (id(3), WEIGHTS.chain_node)]);
    assert_eq!(weights(&matches, Property::Response), [(id(4), WEIGHTS.response * 0.9)]);
    let silent = index.matches(&demands[0], 10).unwrap();
    assert_eq!(silent[0].id, id(4), "all else is equal");
    assert!(weights(&silent, Property::ChainNode).is_empty());

    // The achievement looks for demands by the same rule.
    let matches = index.matches(&offers[2], 10).unwrap();
    matches.iter().for_each(check_sums);
    assert_eq!(weights(&matches, Property::ChainNode), [(id(12), WEIGHTS.chain_node / 2.0), (id(13), WEIGHTS.chain_node)]);
}

#[tokio::test]
async fn what_means_the_like_is_found_without_a_shared_word() {
    let (asked, said, other) =
        (listing(1, Demand, "猪饲料替抗"), listing(11, Achievement, "Phage feed"), listing(12, Achievement, "猪饲料设备"));
    let wordless = listing(2, Demand, "噬菌体");
    let strange = (13..21).map(|n| listing(n, Achievement, "Bridge inspection"));
    let all: Vec<Document> = [&asked, &wordless, &said, &other].into_iter().cloned().chain(strange).collect();
    let index = index_of(all.clone()).await;
    let ids = |matches: &[Match]| matches.iter().map(|found| found.id.as_u128()).collect::<Vec<_>>();
    assert_eq!(ids(&index.matches(&asked, 10).unwrap()), [12]);

    let toward = |degrees: f32| Embedding::new(&[degrees.to_radians().cos(), degrees.to_radians().sin()]);
    let degrees = |document: &Document| match document.id.as_u128() {
        1 | 2 => 0.0,
        11 => 5.0,
        12 => 40.0,
        n => 80.0 + n as f32,
    };
    index.embed(all.iter().map(|document| (document.kind, document.id, toward(degrees(document)))).collect());
    // What has left the market, or was never there, is not found by its meaning either.
    index.embed(vec![(Achievement, id(99), toward(0.0))]);
    assert_eq!(index.embedded(), 13);
    let matches = index.matches(&asked, 10).unwrap();
    assert_eq!(ids(&matches), [12, 11], "words and meaning, and the nearest; what points elsewhere is not near");
    matches.iter().for_each(check_sums);
    let meanings: Vec<f32> = matches
        .iter()
        .map(|found| found.explanation.properties.iter().find(|reason| reason.property == Property::Meaning).unwrap().weight)
        .collect();
    assert!(meanings[1] > meanings[0], "{meanings:?}");
    let ranked: Vec<(Uuid, f32)> = matches.iter().map(|found| (found.id, found.score)).collect();
    assert_eq!(index.rank(&asked, 10).unwrap(), ranked);
    assert_eq!(index.rank(&asked, 1).unwrap(), ranked[..1], "however few are asked for");
    assert_eq!(index.explain(&asked, id(11)).unwrap().unwrap().score, ranked[1].1);
    assert_eq!(ids(&index.matches(&wordless, 10).unwrap()), [11, 12], "where no word is shared at all");
    assert!(index.matches(&said, 10).unwrap().is_empty(), "of two demands it cannot be told which is near");

    index.weigh(Weights { meaning: 0.0, ..WEIGHTS });
    assert_eq!(ids(&index.matches(&asked, 10).unwrap()), [12], "what is worth nothing finds nothing");
    index.weigh(WEIGHTS);
    index.embed(vec![(Demand, asked.id, None)]);
    assert_eq!(ids(&index.matches(&asked, 10).unwrap()), [12], "words alone again");
}

#[tokio::test]
async fn a_word_of_the_thesaurus_leads_to_what_others_call_it() {
    let index = index_of(vec![listing(1, Achievement, "仔猪腹泻防控"), listing(2, Achievement, "数码印花")]).await;
    let matches = index.matches(&listing(9, Demand, "小猪拉稀"), 10).unwrap();
    assert_eq!(matches.first().map(|found| found.id), Some(id(1)));
    let reason = matches[0].explanation.words.iter().find(|word| word.word == "腹泻").unwrap();
    assert_eq!(reason.stands_for.as_deref(), Some("拉稀"));
    check_sums(&matches[0]);
}

#[tokio::test]
async fn matches_say_why_and_it_adds_up() {
    let mut good = listing(1, Achievement, "废旧锂离子电池回收方法");
    good.summary = "湿法浸出提取钴和镍".to_owned();
    good.text = "用于新能源汽车退役电池, recycled batteries。".to_owned();
    good.field = "energy".to_owned();
    good.region = "keqiao".to_owned();
    good.cooperation = vec!["license".to_owned(), "develop".to_owned()];
    good.trl = Some(6);
    let mut early = good.clone();
    early.id = id(2);
    early.trl = Some(5);
    early.region = "elsewhere".to_owned();
    let other = listing(3, Achievement, "涤纶面料数码印花");
    let mut weak = listing(4, Achievement, "电池外壳");
    weak.field = "energy".to_owned();
    let index = index_of(vec![good, early, other, weak, listing(5, Demand, "锂离子电池回收")]).await;

    let mut demand = listing(9, Demand, "退役锂离子电池回收");
    demand.text = "提取镍、钴;battery recycling。浸出率高。".to_owned();
    demand.field = "energy".to_owned();
    demand.region = "keqiao".to_owned();
    demand.cooperation = vec!["develop".to_owned()];
    demand.trl = Some(6);
    let matches = index.matches(&demand, 10).unwrap();
    assert_eq!(matches.iter().map(|found| found.id).collect::<Vec<_>>(), [id(1), id(2), id(4)]);
    matches.iter().for_each(check_sums);

    let best = &matches[0];
    let facets: Vec<_> = best.explanation.facets.iter().map(|facet| (facet.facet, facet.code.as_str())).collect();
    assert_eq!(facets, [(Facet::Field, "energy"), (Facet::Cooperation, "develop"), (Facet::Region, "keqiao"), (Facet::Trl, "6")]);
    let all = WEIGHTS.field + WEIGHTS.cooperation + WEIGHTS.region + WEIGHTS.trl + WEIGHTS.freshness;
    assert!(close(best.explanation.facet_score, all * best.explanation.text_score));
    let half = matches[1].explanation.facets.iter().find(|facet| facet.facet == Facet::Trl).unwrap();
    assert!(close(half.weight, WEIGHTS.trl / 2.0 * best.explanation.text_score));
    let word = |name: &str| best.explanation.words.iter().find(|word| word.word == name).unwrap_or_else(|| panic!("{name}: {best:?}"));
    assert_eq!(word("锂离子电池").fields, ["title", "text"]);
    assert_eq!(word("浸出").fields, ["summary"]);
    assert_eq!(word("battery").fields, ["text"]);

    for found in &matches {
        assert_eq!(index.explain(&demand, found.id).unwrap().as_ref(), Some(found));
    }
    assert_eq!(index.explain(&demand, id(5)).unwrap(), None);
    assert_eq!(index.explain(&demand, id(3)).unwrap(), None);
    assert_eq!(index.explain(&demand, id(1234)).unwrap(), None);
    assert_eq!(index.matches(&demand, 1).unwrap(), matches[..1]);
    assert_eq!(index.matches(&demand, 0).unwrap(), []);
}

#[tokio::test]
async fn an_agreeing_property_settles_what_text_leaves_open() {
    let mut documents: Vec<Document> = (1..=30).map(|n| listing(n, Achievement, "锂电池回收")).collect();
    documents[3].field = "energy".to_owned();
    documents[3].published_at = 0;
    let index = index_of(documents).await;
    let mut demand = listing(99, Demand, "锂电池回收");
    demand.field = "energy".to_owned();
    let best: Vec<_> = index.matches(&demand, 3).unwrap().iter().map(|found| found.id).collect();
    assert_eq!(best, [id(4), id(30), id(29)]);
}

fn index_directory(dir: &Path) -> PathBuf {
    let mut found = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let path = found.next().unwrap();
    assert!(found.next().is_none());
    path
}

#[tokio::test]
async fn position_and_listings_survive_reopening() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("index-v0-old")).unwrap();
    std::fs::create_dir(dir.path().join("keep")).unwrap();
    let (index, opened) = SearchIndex::open(dir.path(), Settings::default()).unwrap();
    assert_eq!((opened, index.position()), (Opened::Fresh, None));
    index.apply(vec![put(listing(1, Demand, "电池"))], "gap 17".to_owned()).await.unwrap();
    assert!(matches!(SearchIndex::open(dir.path(), Settings::default()), Err(SearchError::Locked(_))));
    drop(index);
    assert!(dir.path().join("keep").exists() && !dir.path().join("index-v0-old").exists());
    let (index, opened) = SearchIndex::open(dir.path(), Settings::default()).unwrap();
    assert_eq!((opened, index.position().as_deref()), (Opened::Existing, Some("gap 17")));
    assert_eq!(found(&index, "电池"), [1]);
    index.clear().await.unwrap();
    drop(index);
    let (index, opened) = SearchIndex::open(dir.path(), Settings::default()).unwrap();
    assert_eq!((opened, index.position(), index.len()), (Opened::Existing, None, 0));
}

/// Damages the files of a freshly written index and expects an empty one that works.
async fn is_rebuilt(what: &str, damage: impl Fn(&Path)) {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = SearchIndex::open(dir.path(), Settings::default()).unwrap();
    index.apply(vec![put(listing(1, Demand, "电池"))], "1".to_owned()).await.unwrap();
    drop(index);
    damage(&index_directory(dir.path()));
    let (index, opened) = SearchIndex::open(dir.path(), Settings::default()).unwrap();
    assert_eq!((opened, index.position(), index.len()), (Opened::Fresh, None, 0), "{what}");
    index.apply(vec![put(listing(2, Demand, "电池"))], "2".to_owned()).await.unwrap();
    assert_eq!(found(&index, "电池"), [2], "{what}");
}

fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let all = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> = all.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    assert!(!files.is_empty(), "no .{extension}");
    files
}

#[tokio::test]
async fn damage_of_any_kind_is_rebuilt() {
    is_rebuilt("bad meta", |dir| std::fs::write(dir.join("meta.json"), "{").unwrap()).await;
    is_rebuilt("missing meta", |dir| std::fs::remove_file(dir.join("meta.json")).unwrap()).await;
    for extension in ["store", "term", "idx", "pos", "fast", "fieldnorm"] {
        is_rebuilt(&format!("missing {extension}"), |dir| {
            files(dir, extension).iter().for_each(|path| std::fs::remove_file(path).unwrap());
        })
        .await;
        is_rebuilt(&format!("truncated {extension}"), |dir| {
            for path in files(dir, extension) {
                let bytes = std::fs::read(&path).unwrap();
                std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
            }
        })
        .await;
        is_rebuilt(&format!("flipped bit in {extension}"), |dir| {
            for path in files(dir, extension) {
                let mut bytes = std::fs::read(&path).unwrap();
                bytes[0] ^= 1;
                std::fs::write(&path, bytes).unwrap();
            }
        })
        .await;
    }
}

#[tokio::test]
async fn parallel_writers_and_readers_agree_in_the_end() {
    let index = SearchIndex::in_memory().unwrap();
    let mut writers = Vec::new();
    for n in 1..=20 {
        let index = index.clone();
        writers.push(tokio::spawn(async move { index.apply(vec![put(listing(n, Demand, "电池"))], n.to_string()).await }));
    }
    for writer in writers {
        demands(&index, "电池");
        writer.await.unwrap().unwrap();
    }
    assert_eq!(demands(&index, "电池").total, 20);
}
